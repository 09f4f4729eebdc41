import React, { useId } from 'react';
import { t } from '@grafana/i18n';
import { AccessoryButton, EditorList, InputGroup } from '@grafana/plugin-ui';
import { Combobox, MultiCombobox } from '@grafana/ui';

import { operatorOption } from '../components/labels';
import { variableOptions, visuallyHidden, wrapping } from '../components/valueOptions';
import type { MetricLabel } from '../types';
import { type LabelFilter, MATCHINGS } from './built';

interface Props {
  filters: LabelFilter[];
  labels: MetricLabel[];
  loadValues: (edited: LabelFilter, search: string) => Promise<string[]>;
  onChange: (filters: LabelFilter[]) => void;
}

/** What series have to be labelled with, all of it. */
export function LabelFilters({ filters, labels, loadValues, onChange }: Props) {
  const unused = labels.find(({ name }) => !filters.some(({ label }) => label === name)) ?? labels[0];
  const completeAdded = (items: Array<Partial<LabelFilter>>): LabelFilter[] =>
    items.map((item) =>
      item.label ? (item as LabelFilter) : { label: unused?.name ?? '', matching: '=', values: [] }
    );

  return (
    <EditorList
      items={filters}
      onChange={(items) => onChange(completeAdded(items as Array<Partial<LabelFilter>>))}
      renderItem={(filter, onChangeItem, onDelete) => (
        <LabelFilterEditor
          filter={filter as LabelFilter}
          labels={labels}
          loadValues={(search) => loadValues(filter as LabelFilter, search)}
          onChange={onChangeItem}
          onDelete={onDelete}
        />
      )}
    />
  );
}

interface FilterProps {
  filter: LabelFilter;
  labels: MetricLabel[];
  loadValues: (search: string) => Promise<string[]>;
  onChange: (filter: LabelFilter) => void;
  onDelete: () => void;
}

function LabelFilterEditor({ filter, labels, loadValues, onChange, onDelete }: FilterProps) {
  const id = useId();
  const { label, matching, values } = filter;
  const several = matching === 'in' || matching === 'notIn';
  const valuesLabel = t('query-editor.filter.values', 'Values for {{field}}', { field: label });
  const suggest = async (search: string) => [
    ...variableOptions(search),
    ...(await loadValues(search)).filter(Boolean).map((value) => ({ value, label: value })),
  ];

  return (
    <div className={wrapping}>
      <InputGroup>
        <Combobox
          aria-label={t('query-editor.filter.field', 'Filter by')}
          width={24}
          options={labelOptions(labels)}
          value={{ value: label, label }}
          onChange={({ value }) => onChange({ label: value, matching, values: [] })}
        />
        <Combobox
          aria-label={t('query-editor.filter.operator', 'Comparison for {{field}}', { field: label })}
          width={16}
          options={MATCHINGS.map(operatorOption)}
          value={matching}
          onChange={({ value }) =>
            onChange({
              ...filter,
              matching: value,
              values: value === 'in' || value === 'notIn' ? values : values.slice(0, 1),
            })
          }
        />
        {several ? (
          // MultiCombobox knows no aria-label.
          <div>
            <span id={`${id}-values`} className={visuallyHidden}>
              {valuesLabel}
            </span>
            <MultiCombobox
              key={label}
              aria-labelledby={`${id}-values`}
              width="auto"
              minWidth={20}
              maxWidth={60}
              placeholder={t('query-editor.filter.any', 'any')}
              createCustomValue
              options={suggest}
              value={values}
              onChange={(options) => onChange({ ...filter, values: options.map(({ value }) => value) })}
            />
          </div>
        ) : (
          <Combobox
            key={label}
            aria-label={valuesLabel}
            width={28}
            placeholder={t('query-editor.filter.any', 'any')}
            createCustomValue
            isClearable
            options={suggest}
            value={values[0] ?? null}
            onChange={(option) => onChange({ ...filter, values: option ? [option.value] : [] })}
          />
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

export function labelOptions(labels: MetricLabel[]) {
  return labels.map(({ name, description }) => ({ value: name, label: name, ...(description && { description }) }));
}
