import React, { useId } from 'react';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { MultiCombobox } from '@grafana/ui';

import type { CatalogueKind, EntraQuery } from '../types';
import { fieldOptions } from './fieldOptions';
import { LimitField } from './LimitField';

interface Props {
  query: EntraQuery;
  kind: CatalogueKind;
  onChange: (query: EntraQuery) => void;
}

/** Which columns of how many records. */
export function ListRow({ query, kind, onChange }: Props) {
  const id = useId();
  const defaults = kind.fields.filter((field) => field.default);

  return (
    <EditorRow>
      <EditorField
        label={t('query-editor.columns.label', 'Columns')}
        width={70}
        tooltip={t('query-editor.columns.tooltip', 'Without a choice: {{columns}}', {
          columns: defaults.map(({ label }) => label).join(', '),
        })}
      >
        <MultiCombobox
          id={id}
          isClearable
          placeholder={t('query-editor.columns.default', 'Default columns')}
          options={fieldOptions(kind.fields)}
          value={query.columns ?? []}
          onChange={(options) => onChange({ ...query, columns: options.map(({ value }) => value) })}
        />
      </EditorField>
      <LimitField query={query} onChange={onChange} />
    </EditorRow>
  );
}
