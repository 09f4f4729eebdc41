import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { from, map, type Observable, of } from 'rxjs';

import type { DataSource } from '../datasource';
import { interpolateFilters } from '../query/variables';
import type { EntraSettings, Query, VariableQuery } from '../types';
import { VariableEditor } from './VariableEditor';
import { completeVariable, SEARCH_FILTER } from './variableQuery';

/** Values of fields as template variables: searched while typing, never a full list. */
export class VariableSupport extends CustomVariableSupport<DataSource, VariableQuery, Query, EntraSettings> {
  readonly editor = VariableEditor;

  constructor(private readonly datasource: DataSource) {
    super();
  }

  query({ targets, range, scopedVars }: DataQueryRequest<VariableQuery>): Observable<DataQueryResponse> {
    const { queryType, field, filters, search, limit } = completeVariable(targets[0]);
    if (!field) {
      return of({ data: [] });
    }
    const typed = String(scopedVars.__searchFilter?.value ?? '');
    const values = this.datasource.catalogue.values(queryType, field, {
      text: search.replaceAll(SEARCH_FILTER, typed),
      limit,
      range,
      filters: interpolateFilters(filters, scopedVars),
    });
    return from(values).pipe(map((found) => ({ data: found.map(({ value, label }) => ({ value, text: label })) })));
  }
}
