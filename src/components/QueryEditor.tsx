import React from 'react';
import { CoreApp, type QueryEditorProps } from '@grafana/data';
import { EditorRows } from '@grafana/plugin-ui';

import type { DataSource } from '../datasource';
import { MetricsEditor } from './metrics/MetricsEditor';
import { completeMetrics, isMetrics, METRICS, toMetrics } from '../metrics/query';
import { completeQuery, toRecords, viewsFor } from '../query/views';
import type { CatalogKind, EntraQuery, EntraSettings, MetricsQuery, Query } from '../types';
import { DownloadField } from './DownloadField';
import { KindAndView, KindField } from './KindAndView';
import type { Choice } from './KindSelect';
import { metricsChoice } from './labels';
import { QueryParts } from './QueryParts';
import { WithCatalog } from './WithCatalog';

type Props = QueryEditorProps<DataSource, Query, EntraSettings>;

/** Edits a query about one kind of record, or one in MetricsQL. What it offers comes from the backend. */
export function QueryEditor(props: Props) {
  const { query, datasource, app, onChange, onRunQuery } = props;

  return (
    <WithCatalog catalog={datasource.catalog}>
      {(kinds) => {
        // Explore is where metrics are looked at first.
        const choices = app === CoreApp.Explore ? [metricsChoice(), ...kinds] : [...kinds, metricsChoice()];
        const change = (changed: Query) => {
          onChange(changed);
          onRunQuery();
        };
        return (
          <EditorRows>
            {isMetrics(query) ? (
              <Metrics {...props} query={completeMetrics(query)} kinds={kinds} choices={choices} change={change} />
            ) : (
              <Records {...props} query={completeQuery(query)} kinds={kinds} choices={choices} change={change} />
            )}
          </EditorRows>
        );
      }}
    </WithCatalog>
  );
}

interface Chosen<Q extends Query> extends Omit<Props, 'query'> {
  query: Q;
  kinds: CatalogKind[];
  choices: Choice[];
  /** Changes the query and runs it. */
  change: (changed: Query) => void;
}

function Records({ query, kinds, choices, change, datasource, app, data, range: shown }: Chosen<EntraQuery>) {
  const kind = kinds.find((candidate) => candidate.kind === query.queryType);
  const range = data?.timeRange ?? shown;
  const scopedVars = data?.request?.scopedVars;

  return (
    <>
      <KindAndView
        query={query}
        kinds={kinds}
        choices={choices}
        views={kind && viewsFor(kind, app)}
        onChange={change}
        onOther={() => change(toMetrics(query))}
      >
        {range && query.view !== 'detail' && (
          <DownloadField
            csv={datasource.downloadUrl(query, range, 'csv', scopedVars)}
            json={datasource.downloadUrl(query, range, 'json', scopedVars)}
          />
        )}
      </KindAndView>
      {kind && <QueryParts query={query} kind={kind} catalog={datasource.catalog} range={range} onChange={change} />}
    </>
  );
}

function Metrics({
  query,
  kinds,
  choices,
  change,
  datasource,
  app,
  data,
  range,
  onChange,
  onRunQuery,
}: Chosen<MetricsQuery>) {
  return (
    <MetricsEditor
      query={query}
      api={datasource.metrics}
      range={data?.timeRange ?? range}
      scopedVars={data?.request?.scopedVars}
      onChange={onChange}
      onRunQuery={onRunQuery}
    >
      <KindField
        kinds={choices}
        value={METRICS}
        onChange={({ kind: name }) => {
          const kind = kinds.find((candidate) => candidate.kind === name);
          if (kind) {
            change(toRecords(query, kind, kinds, app));
          }
        }}
      />
    </MetricsEditor>
  );
}
