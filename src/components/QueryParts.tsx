import React from 'react';
import type { TimeRange } from '@grafana/data';

import type { Catalog } from '../catalog';
import { hasPart } from '../query/views';
import type { CatalogKind, EntraQuery } from '../types';
import { AggregationRow } from './AggregationRow';
import { ColumnsRow } from './ColumnsRow';
import { FiltersRow } from './FiltersRow';
import { RowsRow } from './RowsRow';
import { SectionRow } from './SectionRow';

interface Props {
  query: EntraQuery;
  kind: CatalogKind;
  catalog: Catalog;
  range?: TimeRange;
  onChange: (query: EntraQuery) => void;
}

/** Everything about a query but its kind and view: only what these have. */
export function QueryParts({ query, kind, catalog, range, onChange }: Props) {
  const { view, filters } = query;
  return (
    <>
      <FiltersRow
        kind={kind}
        filters={filters}
        catalog={catalog}
        range={range}
        onChange={(changed) => onChange({ ...query, filters: changed })}
      />
      {hasPart(view, 'measure') && <AggregationRow query={query} kind={kind} onChange={onChange} />}
      {hasPart(view, 'columns') && <ColumnsRow query={query} kind={kind} onChange={onChange} />}
      {hasPart(view, 'limit') && !hasPart(view, 'measure') && <RowsRow query={query} onChange={onChange} />}
      {hasPart(view, 'section') && <SectionRow query={query} kind={kind} onChange={onChange} />}
    </>
  );
}
