import {
  CustomVariableSupport,
  type DataQueryRequest,
  type DataQueryResponse,
  type ScopedVars,
  type TimeRange,
} from '@grafana/data';
import { from, map, type Observable, of } from 'rxjs';

import type { Backend } from '../backend';
import { interpolateExpression } from '../metrics/interpolate';
import { interpolateFilters } from '../query/variables';
import type { EntraSettings, Query, VariableQuery } from '../types';
import { VariableEditor } from './VariableEditor';
import { completeMetricsVariable, completeVariable, metricsVariable, SEARCH_FILTER } from './variableQuery';

/** Values of fields as template variables: searched while typing, never a full list. */
export class VariableSupport extends CustomVariableSupport<Backend, VariableQuery, Query, EntraSettings> {
  readonly editor = VariableEditor;

  constructor(private readonly datasource: Backend) {
    super();
  }

  query({ targets, range, scopedVars }: DataQueryRequest<VariableQuery>): Observable<DataQueryResponse> {
    const requested = metricsVariable(targets[0]);
    if (requested) {
      return from(this.inMetrics(requested, range, scopedVars)).pipe(map((values) => ({ data: values.map(asOption) })));
    }
    const { queryType, field, filters, search, limit } = completeVariable(targets[0]);
    if (!field) {
      return of({ data: [] });
    }
    const typed = String(scopedVars.__searchFilter?.value ?? '');
    const values = this.datasource.catalog.values(queryType, field, {
      text: search.replaceAll(SEARCH_FILTER, typed),
      limit,
      range,
      filters: interpolateFilters(filters, scopedVars),
    });
    return from(values).pipe(map((found) => ({ data: found.map(({ value, label }) => ({ value, text: label })) })));
  }

  /** What a variable in MetricsQL offers: metrics, names of labels, or values of one. */
  private async inMetrics(
    { metric, label, match, search, limit }: ReturnType<typeof completeMetricsVariable>,
    range: TimeRange,
    scopedVars: ScopedVars
  ): Promise<string[]> {
    const typed = String(scopedVars.__searchFilter?.value ?? '');
    const text = search.replaceAll(SEARCH_FILTER, typed);
    const holds = (name: string) => name.includes(text);
    const plain = (written: string) => interpolateExpression(written, scopedVars);

    if (metric && label) {
      return this.datasource.metrics.values(plain(metric), plain(label), { text, limit, range, match: plain(match) });
    }
    const { metrics } = await this.datasource.metrics.vocabulary();
    if (metric) {
      const labels = metrics.find(({ name }) => name === plain(metric))?.labels ?? [];
      return labels.map(({ name }) => name).filter(holds);
    }
    const pattern = new RegExp(`^(?:${plain(match) || '.*'})$`);
    return metrics.map(({ name }) => name).filter((name) => pattern.test(name) && holds(name));
  }
}

const asOption = (value: string) => ({ value, text: value });
