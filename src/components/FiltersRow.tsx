import React from 'react';
import type { TimeRange } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorList, EditorRow } from '@grafana/plugin-ui';

import type { Catalog } from '../catalog';
import { newFilter } from '../query/filters';
import { interpolateFilters } from '../query/variables';
import type { CatalogField, CatalogKind, Filter } from '../types';
import { FilterEditor } from './FilterEditor';

interface Props {
  kind: CatalogKind;
  filters: Filter[];
  catalog: Catalog;
  /** Values are suggested that were seen in this range. */
  range?: TimeRange;
  onChange: (filters: Filter[]) => void;
}

/** The conditions that records have to meet, all of them. */
export function FiltersRow({ kind, filters, catalog, range, onChange }: Props) {
  const fields = kind.fields.filter((field) => field.filterable);
  if (fields.length === 0) {
    return null;
  }

  // The list adds an empty item; ours starts on a field nobody filters on yet, and restricts nothing until it has values.
  const completeAdded = (items: Array<Partial<Filter>>): Filter[] =>
    items.map((item) => (item.field ? (item as Filter) : newFilter(unusedField(fields, filters))));

  // Values are suggested that the other filters leave.
  const loadValues = (edited: Filter, text: string) => {
    const others = interpolateFilters(
      filters.filter((filter) => filter !== edited),
      {}
    );
    return catalog.values(kind.kind, edited.field, { text, range, filters: others });
  };

  return (
    <EditorRow>
      <EditorField label={t('query-editor.filters.label', 'Filters')}>
        <EditorList
          items={filters}
          onChange={(items) => onChange(completeAdded(items as Array<Partial<Filter>>))}
          renderItem={(filter, onChangeItem, onDelete) => (
            <FilterEditor
              filter={filter as Filter}
              fields={fields}
              loadValues={(text) => loadValues(filter as Filter, text)}
              onChange={onChangeItem}
              onDelete={onDelete}
            />
          )}
        />
      </EditorField>
    </EditorRow>
  );
}

/** The next field to filter on: people look for a person first, then for what they see, and hardly for an identifier. */
function unusedField(fields: CatalogField[], filters: Filter[]): CatalogField {
  const unused = fields.filter(({ name }) => !filters.some(({ field }) => field === name));
  return (
    unused.find(({ name }) => name === 'userPrincipalName') ??
    unused.find((field) => field.default) ??
    unused.find(({ type }) => type !== 'identifier') ??
    fields[0]
  );
}
