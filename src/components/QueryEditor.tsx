import React, { useId } from 'react';
import type { QueryEditorProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Alert, Button, Combobox, LoadingPlaceholder, RadioButtonGroup, Stack } from '@grafana/ui';

import type { DataSource } from '../datasource';
import { completeQuery, hasPart, withKind, withView } from '../query/views';
import type { EntraQuery, EntraSettings } from '../types';
import { AggregationRow } from './AggregationRow';
import { FiltersRow } from './FiltersRow';
import { viewOptions } from './labels';
import { ListRow } from './ListRow';
import { useCatalogue } from './useCatalogue';

type Props = QueryEditorProps<DataSource, EntraQuery, EntraSettings>;

/** Edits a question about one kind of record; what can be asked comes from the backend's catalogue. */
export function QueryEditor({ query: saved, onChange, onRunQuery, datasource }: Props) {
  const { kinds, error, retry } = useCatalogue(datasource.catalogue);
  const id = useId();

  const query = completeQuery(saved);
  const kind = kinds?.find((candidate) => candidate.kind === query.queryType);

  const change = (changed: EntraQuery) => {
    onChange(changed);
    onRunQuery();
  };

  if (error) {
    return (
      <Alert severity="error" title={t('query-editor.catalogue-failed', 'The data source does not answer')}>
        <Stack direction="column" alignItems="flex-start">
          {error}
          <Button size="sm" variant="secondary" onClick={retry}>
            {t('query-editor.retry', 'Try again')}
          </Button>
        </Stack>
      </Alert>
    );
  }
  if (!kinds) {
    return <LoadingPlaceholder text={t('query-editor.loading', 'Loading fields…')} />;
  }

  return (
    <EditorRows>
      <EditorRow>
        <EditorField label={t('query-editor.kind.label', 'Activity')}>
          <Combobox
            id={`${id}-kind`}
            width={28}
            options={kinds.map((candidate) => ({ value: candidate.kind, label: candidate.label }))}
            value={query.queryType}
            onChange={({ value }) => {
              const chosen = kinds.find((candidate) => candidate.kind === value);
              if (chosen) {
                change(withKind(query, chosen));
              }
            }}
          />
        </EditorField>
        <EditorField label={t('query-editor.view.label', 'View')}>
          <RadioButtonGroup
            aria-label={t('query-editor.view.label', 'View')}
            options={viewOptions()}
            value={query.view}
            onChange={(view) => change(withView(query, view))}
          />
        </EditorField>
      </EditorRow>
      {kind && (
        <>
          <FiltersRow query={query} kind={kind} catalogue={datasource.catalogue} onChange={change} />
          {hasPart(query.view, 'measure') && <AggregationRow query={query} kind={kind} onChange={change} />}
          {hasPart(query.view, 'columns') && <ListRow query={query} kind={kind} onChange={change} />}
        </>
      )}
    </EditorRows>
  );
}
