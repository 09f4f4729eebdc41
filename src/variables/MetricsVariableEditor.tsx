import React, { useId, useState } from 'react';
import type { QueryEditorProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Field, Input } from '@grafana/ui';

import { Combobox } from '../components/Combobox';
import { KindSelect } from '../components/KindSelect';
import { metricsChoice } from '../components/labels';
import { WithCatalog } from '../components/WithCatalog';
import type { Backend } from '../backend';
import { useVocabulary } from '../metrics/useVocabulary';
import { readVariable, writeVariable } from '../metrics/variable';
import type { EntraSettings, Query, VariableQuery } from '../types';
import { completeMetricsVariable } from './variableQuery';

type Props = Omit<QueryEditorProps<Backend, Query, EntraSettings, VariableQuery>, 'query'> & {
  query: ReturnType<typeof completeMetricsVariable>;
};

/** Edits a variable about metrics: by choice, or by the text that people know from other data sources. */
export function MetricsVariableEditor({ query, onChange: onSave, datasource }: Props) {
  const id = useId();
  const vocabulary = useVocabulary(datasource.metrics);
  const [isWrong, setIsWrong] = useState(false);
  const onChange = (changes: Partial<typeof query>) => {
    setIsWrong(false);
    onSave({ ...query, field: '', filters: [], ...changes });
  };
  const metrics = vocabulary?.metrics ?? [];
  const labels = metrics.find(({ name }) => name === query.metric)?.labels ?? [];
  const written = writeVariable(query);

  return (
    <WithCatalog catalog={datasource.catalog}>
      {(kinds) => (
        <EditorRows>
          <EditorRow>
            <EditorField label={t('query-editor.kind.label', 'Activity')}>
              <KindSelect
                id={`${id}-kind`}
                kinds={[...kinds, metricsChoice()]}
                value={query.queryType}
                onChange={({ kind }) => onSave({ refId: query.refId, queryType: kind, field: '', filters: [] })}
              />
            </EditorField>
            <EditorField label={t('metrics-editor.metric.label', 'Metric')}>
              <Combobox
                id={`${id}-metric`}
                width={40}
                isClearable
                placeholder={t('variable-editor.metric.none', 'offer metrics')}
                options={metrics.map(({ name, help }) => ({ value: name, label: name, description: help }))}
                value={query.metric ? { value: query.metric, label: query.metric } : null}
                onChange={(option) => onChange({ metric: option?.value ?? '', label: '', match: '' })}
              />
            </EditorField>
            {query.metric && (
              <EditorField label={t('variable-editor.label.label', 'Label')}>
                <Combobox
                  id={`${id}-label`}
                  width={32}
                  isClearable
                  placeholder={t('variable-editor.label.none', 'offer names of labels')}
                  options={labels.map(({ name }) => ({ value: name, label: name }))}
                  value={query.label ? { value: query.label, label: query.label } : null}
                  onChange={(option) => onChange({ label: option?.value ?? '' })}
                />
              </EditorField>
            )}
          </EditorRow>
          <EditorRow>
            <EditorField
              label={t('variable-editor.text.label', 'As text')}
              tooltip={t(
                'variable-editor.text.tooltip',
                'label_values(metric, label), label_names(metric) or metrics(regular expression); a metric may have a selector'
              )}
              width={60}
            >
              <Input
                id={`${id}-text`}
                key={written}
                defaultValue={written}
                invalid={isWrong}
                onBlur={({ currentTarget: { value } }) => {
                  const read = readVariable(value);
                  setIsWrong(!read);
                  if (read && value !== written) {
                    onChange(read);
                  }
                }}
              />
            </EditorField>
          </EditorRow>
          {isWrong && (
            <Field
              noMargin
              invalid
              error={t(
                'variable-editor.text.wrong',
                'Write label_values(metric, label), label_names(metric) or metrics(regular expression)'
              )}
            >
              <></>
            </Field>
          )}
        </EditorRows>
      )}
    </WithCatalog>
  );
}
