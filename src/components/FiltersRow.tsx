import React from 'react';
import { t } from '@grafana/i18n';
import { EditorField, EditorList, EditorRow } from '@grafana/plugin-ui';

import type { Catalogue } from '../catalogue';
import { newFilter } from '../query/filters';
import type { CatalogueKind, EntraQuery, Filter } from '../types';
import { FilterEditor } from './FilterEditor';

interface Props {
  query: EntraQuery;
  kind: CatalogueKind;
  catalogue: Catalogue;
  onChange: (query: EntraQuery) => void;
}

/** The conditions that records have to meet, all of them. */
export function FiltersRow({ query, kind, catalogue, onChange }: Props) {
  const fields = kind.fields.filter((field) => field.filterable);
  if (fields.length === 0) {
    return null;
  }

  // The list adds an empty item; ours starts on a field nobody filters on yet, and restricts nothing until it has values.
  const completeAdded = (filters: Array<Partial<Filter>>): Filter[] =>
    filters.map((filter) => {
      if (filter.field) {
        return filter as Filter;
      }
      const unused = fields.find(({ name }) => !query.filters.some(({ field }) => field === name));
      return newFilter(unused ?? fields[0]);
    });

  return (
    <EditorRow>
      <EditorField label={t('query-editor.filters.label', 'Filters')}>
        <EditorList
          items={query.filters}
          onChange={(filters) => onChange({ ...query, filters: completeAdded(filters as Array<Partial<Filter>>) })}
          renderItem={(filter, onChangeItem, onDelete) => (
            <FilterEditor
              filter={filter as Filter}
              fields={fields}
              loadValues={(field, search) => catalogue.values(kind.kind, field, search)}
              onChange={onChangeItem}
              onDelete={onDelete}
            />
          )}
        />
      </EditorField>
    </EditorRow>
  );
}
