import React, { useId } from 'react';
import type { QueryEditorProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Input } from '@grafana/ui';

import { Combobox } from '../components/Combobox';
import { findField } from '../catalog';
import { fieldOptions } from '../components/fieldOptions';
import { FiltersRow } from '../components/FiltersRow';
import { KindSelect } from '../components/KindSelect';
import { metricsChoice } from '../components/labels';
import { NumberInput } from '../components/NumberInput';
import { WithCatalog } from '../components/WithCatalog';
import type { Backend } from '../backend';
import { suits } from '../query/filters';
import type { CatalogKind, EntraSettings, Query, VariableQuery } from '../types';
import { MetricsVariableEditor } from './MetricsVariableEditor';
import {
  completeVariable,
  DEFAULT_VALUES,
  FIRST_METRICS_VARIABLE,
  metricsVariable,
  SEARCH_FILTER,
} from './variableQuery';

type Props = QueryEditorProps<Backend, Query, EntraSettings, VariableQuery>;

/** Edits which values a template variable offers: those of a field of records, or what is known of metrics. */
export function VariableEditor(props: Props) {
  const requested = metricsVariable(props.query);
  return requested ? <MetricsVariableEditor {...props} query={requested} /> : <RecordsVariableEditor {...props} />;
}

function RecordsVariableEditor({ query: saved, onChange, datasource, range }: Props) {
  const id = useId();
  const query = completeVariable(saved);
  const fieldLabel = t('variable-editor.field.label', 'Values of');

  const withKind = (kind: CatalogKind) => ({
    ...query,
    queryType: kind.kind,
    field: findField(kind, query.field)?.filterable ? query.field : '',
    filters: query.filters.filter((filter) => suits(filter, findField(kind, filter.field))),
  });

  return (
    <WithCatalog catalog={datasource.catalog}>
      {(kinds) => {
        const kind = kinds.find((candidate) => candidate.kind === query.queryType);
        return (
          <EditorRows>
            <EditorRow>
              <EditorField label={t('query-editor.kind.label', 'Activity')}>
                <KindSelect
                  id={`${id}-kind`}
                  kinds={[...kinds, metricsChoice()]}
                  value={query.queryType}
                  onChange={({ kind: name }) => {
                    const chosen = kinds.find((candidate) => candidate.kind === name);
                    onChange(
                      chosen
                        ? withKind(chosen)
                        : { ...FIRST_METRICS_VARIABLE, refId: query.refId, filters: [], field: '' }
                    );
                  }}
                />
              </EditorField>
              <EditorField label={fieldLabel}>
                <Combobox
                  id={`${id}-field`}
                  width={32}
                  placeholder={t('variable-editor.field.placeholder', 'Choose a field')}
                  options={fieldOptions(kind?.fields.filter(({ filterable }) => filterable) ?? [])}
                  value={query.field || null}
                  onChange={({ value: field }) => onChange({ ...query, field })}
                />
              </EditorField>
              <EditorField
                label={t('variable-editor.search.label', 'Containing')}
                tooltip={t(
                  'variable-editor.search.tooltip',
                  'Text that the values contain; {{placeholder}} is what is typed into the variable on the dashboard',
                  { placeholder: SEARCH_FILTER }
                )}
              >
                <Input
                  id={`${id}-search`}
                  width={26}
                  defaultValue={query.search}
                  onBlur={({ currentTarget: { value: search } }) => onChange({ ...query, search })}
                />
              </EditorField>
              <EditorField
                label={t('query-editor.limit.label', 'Limit')}
                tooltip={t('variable-editor.limit.tooltip', 'At most so many values are offered at a time')}
              >
                <NumberInput
                  id={`${id}-limit`}
                  placeholder={String(DEFAULT_VALUES)}
                  value={query.limit}
                  onCommit={(limit) => onChange({ ...query, limit: limit || DEFAULT_VALUES })}
                />
              </EditorField>
            </EditorRow>
            {kind && (
              <FiltersRow
                kind={kind}
                filters={query.filters}
                catalog={datasource.catalog}
                range={range}
                onChange={(filters) => onChange({ ...query, filters })}
              />
            )}
          </EditorRows>
        );
      }}
    </WithCatalog>
  );
}
