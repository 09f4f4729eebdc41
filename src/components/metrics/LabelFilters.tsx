import React from 'react';
import { t } from '@grafana/i18n';
import { AccessoryButton, EditorList, InputGroup } from '@grafana/plugin-ui';

import { Combobox } from '../Combobox';
import { operatorOption } from '../labels';
import { variableOptions, wrapping } from '../valueOptions';
import { ValuesField } from '../ValuesField';
import type { MetricLabel } from '../../types';
import { type LabelFilter, MATCHINGS } from '../../metrics/built';

interface Props {
  filters: LabelFilter[];
  labels: MetricLabel[];
  loadValues: (edited: LabelFilter, search: string) => Promise<string[]>;
  onChange: (filters: LabelFilter[]) => void;
}

/** What series have to be labeled with, all of it. */
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

const takesSeveral = (matching: LabelFilter['matching']) => matching === 'in' || matching === 'notIn';

function LabelFilterEditor({ filter, labels, loadValues, onChange, onDelete }: FilterProps) {
  const { label, matching, values } = filter;
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
              values: takesSeveral(value) ? values : values.slice(0, 1),
            })
          }
        />
        <ValuesField
          key={label}
          label={label}
          several={takesSeveral(matching)}
          values={values}
          suggest={suggest}
          onChange={(values) => onChange({ ...filter, values })}
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

export function labelOptions(labels: MetricLabel[]) {
  return labels.map(({ name, description }) => ({ value: name, label: name, ...(description && { description }) }));
}
