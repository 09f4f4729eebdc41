import React, { useId } from 'react';
import { t } from '@grafana/i18n';
import { EditorField } from '@grafana/plugin-ui';

import { DEFAULT_LIMIT } from '../query/views';
import type { EntraQuery } from '../types';
import { NumberInput } from './NumberInput';

interface Props {
  query: EntraQuery;
  onChange: (query: EntraQuery) => void;
}

/** At most how many rows are wanted. */
export function LimitField({ query, onChange }: Props) {
  const id = useId();
  return (
    <EditorField
      label={t('query-editor.limit.label', 'Limit')}
      tooltip={t('query-editor.limit.tooltip', 'At most so many rows; a notice tells when there are more')}
    >
      <NumberInput
        id={id}
        placeholder={String(DEFAULT_LIMIT)}
        value={query.limit}
        onCommit={(limit) => onChange({ ...query, limit: limit || DEFAULT_LIMIT })}
      />
    </EditorField>
  );
}
