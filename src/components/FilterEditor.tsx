import React, { useId } from 'react';
import { t } from '@grafana/i18n';
import { AccessoryButton, InputGroup } from '@grafana/plugin-ui';
import { Combobox, MultiCombobox } from '@grafana/ui';

import { takesOneValue, withField, withOperator, withValues } from '../query/filters';
import type { CatalogueField, FieldValue, Filter } from '../types';
import { fieldOptions } from './fieldOptions';
import { operatorOption } from './labels';
import { matching, variableOptions, visuallyHidden, wrapping } from './valueOptions';

interface Props {
  filter: Filter;
  fields: CatalogueField[];
  loadValues: (search: string) => Promise<FieldValue[]>;
  onChange: (filter: Filter) => void;
  onDelete: () => void;
}

/** One condition: a field, a comparison, and values that are suggested but may be any text. */
export function FilterEditor({ filter, fields, loadValues, onChange, onDelete }: Props) {
  const id = useId();
  const field = fields.find(({ name }) => name === filter.field);
  const label = field?.label ?? filter.field;
  const valuesLabel = t('query-editor.filter.values', 'Values for {{field}}', { field: label });

  // The values of a closed list are in the catalogue; those of others are searched for in the records.
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
        {takesOneValue(filter.operator) ? (
          <Combobox
            key={filter.field}
            aria-label={valuesLabel}
            width={30}
            placeholder={t('query-editor.filter.any', 'any')}
            createCustomValue
            isClearable
            options={suggest}
            value={filter.values[0] ?? null}
            onChange={(option) => onChange(withValues(filter, option ? [option.value] : []))}
          />
        ) : (
          // MultiCombobox knows no aria-label.
          <div>
            <span id={`${id}-values`} className={visuallyHidden}>
              {valuesLabel}
            </span>
            <MultiCombobox
              key={filter.field}
              aria-labelledby={`${id}-values`}
              width="auto"
              minWidth={20}
              maxWidth={80}
              placeholder={t('query-editor.filter.any', 'any')}
              createCustomValue
              options={suggest}
              value={filter.values}
              onChange={(options) =>
                onChange(
                  withValues(
                    filter,
                    options.map(({ value }) => value)
                  )
                )
              }
            />
          </div>
        )}
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
