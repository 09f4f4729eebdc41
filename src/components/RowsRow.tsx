import React, { useId } from 'react';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { RadioButtonGroup } from '@grafana/ui';

import { hasPart } from '../query/views';
import type { EntraQuery } from '../types';
import { orderOptions } from './labels';
import { LimitField } from './LimitField';

interface Props {
  query: EntraQuery;
  onChange: (query: EntraQuery) => void;
}

/** Which records come first, and how many. */
export function RowsRow({ query, onChange }: Props) {
  const id = useId();
  const label = t('query-editor.order.label', 'Order');

  return (
    <EditorRow>
      {hasPart(query.view, 'order') && (
        <EditorField label={label}>
          <RadioButtonGroup
            id={id}
            aria-label={label}
            options={orderOptions()}
            value={query.order}
            onChange={(order) => onChange({ ...query, order })}
          />
        </EditorField>
      )}
      <LimitField query={query} onChange={onChange} />
    </EditorRow>
  );
}
