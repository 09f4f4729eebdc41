import React from 'react';
import type { QueryEditorProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Button, Stack } from '@grafana/ui';

import { KindAndView } from '../components/KindAndView';
import { QueryParts } from '../components/QueryParts';
import { WithCatalog } from '../components/WithCatalog';
import type { Backend } from '../backend';
import { annotationExamples } from '../query/examples';
import type { EntraSettings, Query } from '../types';
import { annotationQuery } from './annotationQuery';

type Props = QueryEditorProps<Backend, Query, EntraSettings>;

/** Edits which records are marked on a dashboard's graphs. */
export function AnnotationEditor({ query: saved, onChange, datasource, range }: Props) {
  const query = annotationQuery(saved);

  return (
    <WithCatalog catalog={datasource.catalog}>
      {(kinds) => {
        const kind = kinds.find((candidate) => candidate.kind === query.queryType);
        return (
          <EditorRows>
            <EditorRow>
              <EditorField label={t('annotation-editor.examples', 'Start from')}>
                <Stack wrap="wrap">
                  {annotationExamples().map(({ title, query: example }) => (
                    <Button key={title} variant="secondary" onClick={() => onChange({ ...query, ...example })}>
                      {title}
                    </Button>
                  ))}
                </Stack>
              </EditorField>
            </EditorRow>
            <KindAndView
              query={query}
              kinds={kinds.filter(({ views }) => views.includes('annotations'))}
              onChange={onChange}
            />
            {kind && (
              <QueryParts query={query} kind={kind} catalog={datasource.catalog} range={range} onChange={onChange} />
            )}
          </EditorRows>
        );
      }}
    </WithCatalog>
  );
}
