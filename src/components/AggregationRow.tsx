import React, { useId } from 'react';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { InlineSwitch, MultiCombobox } from '@grafana/ui';

import { Combobox } from './Combobox';
import { hasPart, MAX_GROUP_FIELDS, measuresFor, withMeasure } from '../query/views';
import type { CatalogKind, EntraQuery } from '../types';
import { fieldOptions } from './fieldOptions';
import { intervalOptions, offsetOptions, seenOptions } from './labels';
import { LimitField } from './LimitField';
import { NumberInput } from './NumberInput';

interface Props {
  query: EntraQuery;
  kind: CatalogKind;
  onChange: (query: EntraQuery) => void;
}

/** What is computed, for which groups, in which steps. */
export function AggregationRow({ query, kind, onChange }: Props) {
  const id = useId();
  const { view, groupBy = [], top = 0 } = query;
  const groupable = kind.fields.filter((field) => field.groupable);
  const full = groupBy.length >= MAX_GROUP_FIELDS;

  return (
    <EditorRow>
      <EditorField label={t('query-editor.measure.label', 'Measure')}>
        <Combobox
          id={`${id}-measure`}
          width={20}
          options={measuresFor(kind, view).map(({ name, label }) => ({ value: name, label }))}
          value={query.measure}
          onChange={({ value: measure }) => onChange(withMeasure(query, measure, kind))}
        />
      </EditorField>
      {query.measure === 'distinctValues' && (
        <EditorField
          label={t('query-editor.of.label', 'Of')}
          tooltip={t('query-editor.of.tooltip', 'The field whose different values are counted')}
        >
          <Combobox
            id={`${id}-of`}
            width={25}
            options={fieldOptions(groupable)}
            value={query.of ?? null}
            onChange={({ value: of }) => onChange({ ...query, of })}
          />
        </EditorField>
      )}
      {hasPart(view, 'groupBy') && (
        <EditorField
          label={t('query-editor.group-by.label', 'Group by')}
          width={50}
          tooltip={t('query-editor.group-by.tooltip', 'Up to {{max}} fields', { max: MAX_GROUP_FIELDS })}
        >
          <MultiCombobox
            id={`${id}-group-by`}
            placeholder={t('query-editor.group-by.none', 'nothing')}
            options={fieldOptions(full ? groupable.filter(({ name }) => groupBy.includes(name)) : groupable)}
            value={groupBy}
            onChange={(options) => onChange({ ...query, groupBy: options.map(({ value }) => value) })}
          />
        </EditorField>
      )}
      {hasPart(view, 'top') && groupBy.length > 0 && (
        <EditorField
          label={t('query-editor.top.label', 'Top')}
          tooltip={t('query-editor.top.tooltip', 'Keep only so many groups: the largest ones')}
        >
          <NumberInput
            id={`${id}-top`}
            placeholder={t('query-editor.top.all', 'all')}
            value={top || undefined}
            onCommit={(count = 0) => onChange({ ...query, top: count })}
          />
        </EditorField>
      )}
      {hasPart(view, 'other') && groupBy.length > 0 && top > 0 && (
        <EditorField
          label={t('query-editor.other.label', 'Other')}
          tooltip={t('query-editor.other.tooltip', 'Add up the remaining groups in one called "other"')}
        >
          <InlineSwitch
            transparent
            id={`${id}-other`}
            value={query.other}
            onChange={(event) => onChange({ ...query, other: event.currentTarget.checked })}
          />
        </EditorField>
      )}
      {hasPart(view, 'seen') && kind.seen && groupBy.length > 0 && (
        <EditorField
          label={t('query-editor.seen.label', 'Seen')}
          tooltip={t('query-editor.seen.tooltip', 'Only groups that are new in the time range, or no longer used')}
        >
          <Combobox
            id={`${id}-seen`}
            width={16}
            options={seenOptions()}
            value={query.seen}
            onChange={({ value: seen }) => onChange({ ...query, seen })}
          />
        </EditorField>
      )}
      {hasPart(view, 'interval') && (
        <EditorField label={t('query-editor.interval.label', 'Interval')}>
          <Combobox
            id={`${id}-interval`}
            width={16}
            options={intervalOptions()}
            value={query.interval}
            onChange={({ value: interval }) => onChange({ ...query, interval })}
          />
        </EditorField>
      )}
      {hasPart(view, 'offset') && (
        <EditorField
          label={t('query-editor.offset.label', 'Offset')}
          tooltip={t('query-editor.offset.tooltip', 'Ask about an earlier time, to compare with')}
        >
          <Combobox
            id={`${id}-offset`}
            width={16}
            createCustomValue
            options={offsetOptions()}
            value={query.offset}
            onChange={({ value: offset }) => onChange({ ...query, offset })}
          />
        </EditorField>
      )}
      {hasPart(view, 'limit') && <LimitField query={query} onChange={onChange} />}
    </EditorRow>
  );
}
