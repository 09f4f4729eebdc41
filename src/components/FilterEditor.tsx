import React from 'react';
import { t } from '@grafana/i18n';
import { AccessoryButton, InputGroup } from '@grafana/plugin-ui';

import { Combobox } from './Combobox';
import { takesOneValue, withField, withOperator, withValues } from '../query/filters';
import type { CatalogField, FieldValue, Filter } from '../types';
import { fieldOptions } from './fieldOptions';
import { operatorOption } from './labels';
import { matching, variableOptions, wrapping } from './valueOptions';
import { ValuesField } from './ValuesField';

interface Props {
  filter: Filter;
  fields: CatalogField[];
  loadValues: (search: string) => Promise<FieldValue[]>;
  onChange: (filter: Filter) => void;
  onDelete: () => void;
}

/** One condition: a field, a comparison, and values. */
export function FilterEditor({ filter, fields, loadValues, onChange, onDelete }: Props) {
  const field = fields.find(({ name }) => name === filter.field);
  const label = field?.label ?? filter.field;

  // The values of a closed list are in the catalog; those of others are searched for in the records.
  const suggest = async (search: string) => {
    const values = field?.values?.length
      ? matching(
          field.values.map((value) => ({ value, label: value })),
          search
        )
      : await loadValues(search);
    return [...variableOptions(search), ...values];
  };

  return (
    <div className={wrapping}>
      <InputGroup>
        <Combobox
          aria-label={t('query-editor.filter.field', 'Filter by')}
          width={26}
          options={fieldOptions(fields)}
          value={{ value: filter.field, label }}
          onChange={({ value }) => {
            const chosen = fields.find(({ name }) => name === value);
            if (chosen) {
              onChange(withField(filter, chosen));
            }
          }}
        />
        <Combobox
          aria-label={t('query-editor.filter.operator', 'Comparison for {{field}}', { field: label })}
          width={18}
          options={(field?.operators ?? [filter.operator]).map(operatorOption)}
          value={filter.operator}
          onChange={({ value }) => onChange(withOperator(filter, value))}
        />
        <ValuesField
          key={filter.field}
          label={label}
          several={!takesOneValue(filter.operator)}
          values={filter.values}
          suggest={suggest}
          onChange={(values) => onChange(withValues(filter, values))}
        />
        <AccessoryButton
          aria-label={t('query-editor.filter.remove', 'Remove filter on {{field}}', { field: label })}
          icon="times"
          variant="secondary"
          type="button"
          onClick={onDelete}
        />
      </InputGroup>
    </div>
  );
}
