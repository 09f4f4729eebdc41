import React, { useId, useState } from 'react';
import type { TimeRange } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { InlineSwitch, Input, MultiCombobox, Text } from '@grafana/ui';

import { Combobox } from '../Combobox';
import { NumberInput } from '../NumberInput';
import type { MetricsVocabulary } from '../../types';
import {
  AGGREGATIONS,
  type Built,
  COMPARISONS,
  FIRST,
  type LabelFilter,
  read,
  ROLLUPS,
  write,
  writeFilters,
} from '../../metrics/built';
import { interpolateExpression } from '../../metrics/interpolate';
import { LabelFilters, labelOptions } from './LabelFilters';
import type { MetricsApi } from '../../metrics/MetricsApi';

interface Props {
  expr: string;
  vocabulary: MetricsVocabulary;
  api: MetricsApi;
  range?: TimeRange;
  onChange: (expr: string) => void;
}

const WINDOWS = ['5m', '1h', '1d', '$__interval', '$__range'];

/** Builds an expression of one of the common shapes. */
export function Builder({ expr, vocabulary, api, range, onChange }: Props) {
  const id = useId();
  const [built, build] = useBuilt(expr, onChange);
  const { metric: name, filters, rollup, window, aggregation, by, shareOf, top, threshold } = built;

  const metric = vocabulary.metrics.find((candidate) => candidate.name === name);
  const labels = metric?.labels ?? [];
  const rollups = metric ? ROLLUPS[metric.type] : [rollup];
  const signature = (called: string) => vocabulary.functions.find((each) => each.name === called)?.help;

  // Values are suggested that the other filters leave.
  const loadValues = (among: LabelFilter[]) => (edited: LabelFilter, text: string) => {
    const match = writeFilters(among.filter((filter) => filter !== edited));
    return api.values(name, edited.label, { text, range, match: match && interpolateExpression(`{${match}}`) });
  };

  const chooseMetric = (chosen: string) => {
    const found = vocabulary.metrics.find((candidate) => candidate.name === chosen);
    const has = (label: string) => !found || found.labels.some((each) => each.name === label);
    const offered = found ? ROLLUPS[found.type] : [rollup];
    build({
      ...built,
      metric: chosen,
      rollup: offered.includes(rollup) ? rollup : offered[0],
      filters: filters.filter(({ label }) => has(label)),
      by: by.filter(has),
      ...(shareOf && { shareOf: shareOf.filter(({ label }) => has(label)) }),
    });
  };

  return (
    <>
      <EditorRow>
        <EditorField label={t('metrics-editor.metric.label', 'Metric')} tooltip={metric?.help}>
          <Combobox
            id={`${id}-metric`}
            width={40}
            options={vocabulary.metrics
              .filter(({ type }) => ROLLUPS[type].length > 0)
              .map(({ name: value, help }) => ({ value, label: value, description: help }))}
            value={{ value: name, label: name }}
            onChange={({ value }) => chooseMetric(value)}
          />
        </EditorField>
        <EditorField label={t('metrics-editor.labels.label', 'Label filters')}>
          <LabelFilters
            filters={filters}
            labels={labels}
            loadValues={loadValues(filters)}
            onChange={(changed) => build({ ...built, filters: changed })}
          />
        </EditorField>
      </EditorRow>
      <EditorRow>
        <EditorField label={t('metrics-editor.rollup.label', 'Function')} tooltip={signature(rollup)}>
          <Combobox
            id={`${id}-rollup`}
            width={22}
            options={rollups.map((value) => ({ value, label: value, description: signature(value) }))}
            value={rollup}
            onChange={({ value }) => build({ ...built, rollup: value })}
          />
        </EditorField>
        <EditorField
          label={t('metrics-editor.window.label', 'Window')}
          tooltip={t('metrics-editor.window.tooltip', 'How far each point looks back; as far as the step unless told')}
        >
          <Combobox
            id={`${id}-window`}
            width={16}
            placeholder={t('metrics-editor.window.step', 'step')}
            createCustomValue
            isClearable
            options={WINDOWS.map((value) => ({ value, label: value }))}
            value={window ? { value: window, label: window } : null}
            onChange={(option) => build({ ...built, window: option?.value.trim() ?? '' })}
          />
        </EditorField>
        <EditorField label={t('metrics-editor.aggregation.label', 'Aggregation')} tooltip={signature(aggregation)}>
          <Combobox
            id={`${id}-aggregation`}
            width={18}
            options={[
              { value: '', label: t('metrics-editor.aggregation.none', 'each series') },
              ...AGGREGATIONS.map((value) => ({ value, label: value, description: signature(value) })),
            ]}
            value={aggregation}
            onChange={({ value }) => build({ ...built, aggregation: value, by: value ? by : [] })}
          />
        </EditorField>
        {aggregation && (
          <EditorField label={t('metrics-editor.by.label', 'By labels')} width={40}>
            <MultiCombobox
              id={`${id}-by`}
              placeholder={t('query-editor.group-by.none', 'nothing')}
              options={labelOptions(labels)}
              value={by}
              onChange={(options) => build({ ...built, by: options.map(({ value }) => value) })}
            />
          </EditorField>
        )}
      </EditorRow>
      <EditorRow>
        <EditorField
          label={t('metrics-editor.share.label', 'Share')}
          tooltip={t(
            'metrics-editor.share.tooltip',
            'Divides by the same number with other filters: of failures by all sign-ins, for the share that fails'
          )}
        >
          <InlineSwitch
            transparent
            id={`${id}-share`}
            value={shareOf !== undefined}
            onChange={(event) => build({ ...built, shareOf: event.currentTarget.checked ? [] : undefined })}
          />
        </EditorField>
        {shareOf && (
          <EditorField label={t('metrics-editor.share.of', 'Of those with')}>
            <LabelFilters
              filters={shareOf}
              labels={labels}
              loadValues={loadValues(shareOf)}
              onChange={(changed) => build({ ...built, shareOf: changed })}
            />
          </EditorField>
        )}
        <EditorField label={t('metrics-editor.keep.label', 'Keep')}>
          <Combobox
            id={`${id}-keep`}
            width={18}
            options={[
              { value: '', label: t('metrics-editor.keep.all', 'all series') },
              { value: 'topk', label: t('metrics-editor.keep.largest', 'the largest') },
              { value: 'bottomk', label: t('metrics-editor.keep.smallest', 'the smallest') },
            ]}
            value={top?.keep ?? ''}
            onChange={({ value }) => {
              const keep = value === 'topk' || value === 'bottomk' ? value : undefined;
              build({ ...built, top: keep && { keep, count: top?.count ?? DEFAULT_COUNT } });
            }}
          />
        </EditorField>
        {top && (
          <EditorField label={t('metrics-editor.keep.count', 'Number of series')}>
            <NumberInput
              id={`${id}-count`}
              placeholder={String(DEFAULT_COUNT)}
              value={top.count}
              onCommit={(count) => build({ ...built, top: { ...top, count: count || DEFAULT_COUNT } })}
            />
          </EditorField>
        )}
        <EditorField
          label={t('metrics-editor.threshold.label', 'Only where')}
          tooltip={t('metrics-editor.threshold.tooltip', 'Keeps the points that compare so, as an alert rule wants')}
        >
          <Combobox
            id={`${id}-comparison`}
            width={12}
            options={[
              { value: '', label: t('metrics-editor.threshold.any', 'any') },
              ...COMPARISONS.map((value) => ({ value, label: value })),
            ]}
            value={threshold?.operator ?? ''}
            onChange={({ value: operator }) =>
              build({ ...built, threshold: operator ? { operator, value: threshold?.value ?? '0' } : undefined })
            }
          />
        </EditorField>
        {threshold && (
          <EditorField label={t('metrics-editor.threshold.value', 'Number')}>
            <Input
              id={`${id}-threshold`}
              key={threshold.value}
              type="number"
              step="any"
              width={12}
              defaultValue={threshold.value}
              onBlur={({ currentTarget: { value } }) =>
                build({ ...built, threshold: { ...threshold, value: value || '0' } })
              }
            />
          </EditorField>
        )}
      </EditorRow>
      <Text variant="code" color="secondary">
        {write(built)}
      </Text>
    </>
  );
}

const DEFAULT_COUNT = 5;

/** What is built, with the filters that say nothing yet; another expression from elsewhere takes its place. */
function useBuilt(expr: string, onChange: (expr: string) => void): [Built, (built: Built) => void] {
  const [state, setState] = useState(() => ({ expr, built: read(expr) ?? FIRST }));
  let { built } = state;
  if (state.expr !== expr) {
    built = read(expr) ?? FIRST;
    setState({ expr, built });
  }
  const build = (changed: Built) => {
    const written = write(changed);
    setState({ expr: written === write(built) ? expr : written, built: changed });
    if (written !== write(built)) {
      onChange(written);
    }
  };
  return [built, build];
}
