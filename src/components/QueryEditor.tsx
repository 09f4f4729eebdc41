import React from 'react';
import type { QueryEditorProps } from '@grafana/data';
import { EditorRows } from '@grafana/plugin-ui';

import type { DataSource } from '../datasource';
import { completeQuery, viewsFor } from '../query/views';
import type { EntraQuery, EntraSettings } from '../types';
import { DownloadField } from './DownloadField';
import { KindAndView } from './KindAndView';
import { QueryParts } from './QueryParts';
import { WithCatalogue } from './WithCatalogue';

type Props = QueryEditorProps<DataSource, EntraQuery, EntraSettings>;

/** Edits a question about one kind of record; what can be asked comes from the backend's catalogue. */
export function QueryEditor({ query: saved, onChange, onRunQuery, datasource, app, data, range: shown }: Props) {
  const query = completeQuery(saved);
  const range = data?.timeRange ?? shown;

  const change = (changed: EntraQuery) => {
    onChange(changed);
    onRunQuery();
  };

  return (
    <WithCatalogue catalogue={datasource.catalogue}>
      {(kinds) => {
        const kind = kinds.find((candidate) => candidate.kind === query.queryType);
        return (
          <EditorRows>
            <KindAndView query={query} kinds={kinds} views={kind && viewsFor(kind, app)} onChange={change}>
              {range && query.view !== 'detail' && (
                <DownloadField
                  csv={datasource.downloadUrl(query, range, 'csv', data?.request?.scopedVars)}
                  json={datasource.downloadUrl(query, range, 'json', data?.request?.scopedVars)}
                />
              )}
            </KindAndView>
            {kind && <QueryParts query={query} kind={kind} datasource={datasource} range={range} onChange={change} />}
          </EditorRows>
        );
      }}
    </WithCatalogue>
  );
}
