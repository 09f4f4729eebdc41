import React, { useId } from 'react';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { Input, RadioButtonGroup } from '@grafana/ui';

import { Combobox } from '../Combobox';
import type { Axis, MetricsQuery } from '../../types';

interface Props {
  query: MetricsQuery;
  onChange: (query: MetricsQuery) => void;
}

/** What the result is to be. */
export function OptionsRow({ query, onChange }: Props) {
  const id = useId();
  const type = t('metrics-editor.type.label', 'Type');

  return (
    <EditorRow>
      <EditorField label={type}>
        <RadioButtonGroup
          aria-label={type}
          options={[
            { value: false, label: t('metrics-editor.type.range', 'Range') },
            { value: true, label: t('metrics-editor.type.instant', 'Instant') },
          ]}
          value={query.instant}
          onChange={(instant) => onChange({ ...query, instant })}
        />
      </EditorField>
      <EditorField
        label={t('metrics-editor.axis.label', 'Time')}
        tooltip={t(
          'metrics-editor.axis.tooltip',
          'When it happened is right for reports. When it was stored is what a counter of the exporter shows: it never changes afterwards, so alert rules miss no late record and count each once'
        )}
      >
        <Combobox<Axis>
          id={`${id}-axis`}
          width={26}
          options={[
            {
              value: 'event',
              label: t('metrics-editor.axis.event', 'when it happened'),
              description: t('metrics-editor.axis.event-description', 'Late records change the past'),
            },
            {
              value: 'ingest',
              label: t('metrics-editor.axis.ingest', 'when it was stored'),
              description: t('metrics-editor.axis.ingest-description', 'As the exporter counts; for alert rules'),
            },
          ]}
          value={query.axis}
          onChange={({ value: axis }) => onChange({ ...query, axis })}
        />
      </EditorField>
      <EditorField
        label={t('metrics-editor.legend.label', 'Legend')}
        tooltip={t('metrics-editor.legend.tooltip', 'A series’ name; {{example}} stands for the value of a label', {
          example: '{{app}}',
          interpolation: { escapeValue: false },
        })}
      >
        <TextInput
          id={`${id}-legend`}
          placeholder={t('metrics-editor.legend.placeholder', 'all labels')}
          value={query.legendFormat}
          onCommit={(legendFormat) => onChange({ ...query, legendFormat })}
        />
      </EditorField>
      {!query.instant && (
        <EditorField
          label={t('metrics-editor.min-step.label', 'Min step')}
          tooltip={t(
            'metrics-editor.min-step.tooltip',
            'The points are no closer together than this, such as 5m or 1h'
          )}
        >
          <TextInput
            id={`${id}-min-step`}
            placeholder={t('metrics-editor.min-step.placeholder', 'auto')}
            value={query.interval}
            onCommit={(interval) => onChange({ ...query, interval: interval.trim() })}
          />
        </EditorField>
      )}
    </EditorRow>
  );
}

interface TextProps {
  id: string;
  value: string;
  placeholder: string;
  onCommit: (value: string) => void;
}

/** A text, told with Enter or when leaving the field. */
function TextInput({ id, value, placeholder, onCommit }: TextProps) {
  const commit = (typed: string) => typed !== value && onCommit(typed);
  return (
    <Input
      id={id}
      key={value}
      width={20}
      placeholder={placeholder}
      defaultValue={value}
      onBlur={({ currentTarget }) => commit(currentTarget.value)}
      onKeyDown={({ key, currentTarget }) => key === 'Enter' && commit(currentTarget.value)}
    />
  );
}
