import {
  type AdHocVariableFilter,
  CoreApp,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceGetDrilldownsApplicabilityOptions,
  type DataSourceGetTagKeysOptions,
  type DataSourceGetTagValuesOptions,
  type DataSourceInstanceSettings,
  type DataSourceWithLogsContextSupport,
  type DataSourceWithQueryModificationSupport,
  type DataSourceWithSupplementaryQueriesSupport,
  type DataSourceWithToggleableQueryFiltersSupport,
  type DrilldownsApplicability,
  type LogRowContextOptions,
  type LogRowModel,
  type MetricFindValue,
  type QueryFilterOptions,
  type QueryFixAction,
  type ScopedVars,
  type SupplementaryQueryOptions,
  SupplementaryQueryType,
  type TimeRange,
  type ToggleFilterAction,
} from '@grafana/data';
import { config, DataSourceWithBackend, getTemplateSrv } from '@grafana/runtime';
import React, { type ReactNode } from 'react';
import { from, lastValueFrom, map, type Observable, of, switchMap } from 'rxjs';

import { annotationSupport } from './annotations/annotationSupport';
import { Catalog, findField } from './catalog';
import { withFilters } from './explore/filterable';
import { withLinks } from './explore/links';
import { liveTail } from './explore/liveTail';
import { contextQuery, contextRequest, type Neighbors, neighborsOf } from './explore/logContext';
import { LogContextUi } from './explore/LogContextUi';
import { withLevel } from './explore/severity';
import { isVolume, supplementaryQuery } from './explore/supplementary';
import { interpolateMetrics, rangeVariables, withoutTime } from './metrics/interpolate';
import { MetricsApi } from './metrics/MetricsApi';
import { completeMetrics, isMetrics } from './metrics/query';
import { adHocKeys, fromAdHoc } from './query/adHoc';
import { displayText } from './query/displayText';
import { addValues, hasValues, removeValues, type Sense, valuesIn } from './query/filters';
import { interpolateFilters } from './query/variables';
import { completeQuery, DEFAULT_QUERY, EXPLORE_QUERY, isValid } from './query/views';
import type { CatalogKind, EntraQuery, EntraSettings, Query } from './types';
import { VariableSupport } from './variables/VariableSupport';

export class DataSource
  extends DataSourceWithBackend<Query, EntraSettings>
  implements
    DataSourceWithSupplementaryQueriesSupport<Query>,
    DataSourceWithLogsContextSupport<Query>,
    DataSourceWithToggleableQueryFiltersSupport<Query>,
    DataSourceWithQueryModificationSupport<Query>
{
  readonly catalog: Catalog;
  readonly metrics: MetricsApi;
  readonly annotations = annotationSupport;
  readonly variables: VariableSupport = new VariableSupport(this);
  private neighbors: Neighbors = 'user';

  constructor(settings: DataSourceInstanceSettings<EntraSettings>) {
    super(settings);
    // The editor shows errors where they matter.
    const options = { showErrorAlert: false };
    const get = (path: string, params?: Record<string, string | number>) => this.getResource(path, params, options);
    this.catalog = new Catalog(get);
    this.metrics = new MetricsApi(get, (path, body) => this.postResource(path, body, options));
  }

  getDefaultQuery(app: CoreApp): Partial<EntraQuery> {
    return app === CoreApp.Explore ? EXPLORE_QUERY : DEFAULT_QUERY;
  }

  filterQuery(query: Query): boolean {
    return !query.hide && (isMetrics(query) ? Boolean(query.expr?.trim()) : isValid(query));
  }

  getQueryDisplayText(query: Query): string {
    return isMetrics(query) ? (query.expr ?? '') : displayText(query, this.catalog.kind(query.queryType));
  }

  /** Queries in the dashboard's time zone, so that days and weeks begin where its viewer's do. */
  query(request: DataQueryRequest<Query>): Observable<DataQueryResponse> {
    const timezone = ianaName(request.timezone);
    const targets = request.targets.map((target) =>
      isMetrics(target) ? completeMetrics(target) : { ...completeQuery(target), timezone }
    );
    if (request.liveStreaming) {
      return liveTail(
        this.uid,
        targets.flatMap((target) => (isMetrics(target) ? [] : this.applyTemplateVariables(target, request.scopedVars))),
        async (query) => (await this.postResource<{ path: string }>('tail', { query })).path
      );
    }
    const scopedVars = { ...request.scopedVars, ...rangeVariables(request.range) };
    return this.forFilters(request.filters).pipe(
      switchMap(() => super.query({ ...request, targets, scopedVars })),
      map((response) => ({ ...response, data: response.data.map((frame) => this.present(frame, targets)) }))
    );
  }

  applyTemplateVariables<Q extends Query>(query: Q, scopedVars: ScopedVars, filters: AdHocVariableFilter[] = []): Q {
    if (isMetrics(query)) {
      return { ...query, ...interpolateMetrics(query, scopedVars) };
    }
    const adHoc = fromAdHoc(filters, this.catalog.kind(query.queryType));
    return { ...query, filters: [...interpolateFilters(query.filters ?? [], scopedVars), ...adHoc] };
  }

  /** Also used where a query leaves its dashboard, such as for Explore or a new alert rule. */
  interpolateVariablesInQueries<Q extends Query>(
    queries: Q[],
    scopedVars: ScopedVars,
    filters?: AdHocVariableFilter[]
  ): Q[] {
    return queries.map((query) => ({
      ...this.applyTemplateVariables(query, withoutTime(scopedVars), filters),
      datasource: this.getRef(),
    }));
  }

  /** Where a browser finds all that a query selects, as a file. */
  downloadUrl(query: EntraQuery, range: TimeRange, format: 'csv' | 'json', scopedVars: ScopedVars = {}): string {
    const { refId, datasource, hide, ...model } = this.applyTemplateVariables(completeQuery(query), scopedVars);
    const parameters = new URLSearchParams({
      query: JSON.stringify(model),
      from: String(range.from.valueOf()),
      to: String(range.to.valueOf()),
      format,
    });
    return `${config.appSubUrl}/api/datasources/uid/${this.uid}/resources/download?${parameters}`;
  }

  // Ad hoc filters

  async getTagKeys({ queries }: Partial<DataSourceGetTagKeysOptions<Query>> = {}): Promise<MetricFindValue[]> {
    return adHocKeys(await this.kindsOf(queries));
  }

  async getTagValues(options: DataSourceGetTagValuesOptions<Query>): Promise<MetricFindValue[]> {
    const { key, queries, timeRange, filters } = options;
    const kind = (await this.kindsOf(queries)).find((candidate) => findField(candidate, key));
    const field = findField(kind, key);
    if (!kind || !field) {
      return [];
    }
    const values = await this.catalog.values(kind.kind, field.name, {
      range: timeRange,
      filters: fromAdHoc(filters, kind).filter((filter) => filter.field !== field.name),
    });
    return values.map(({ value, label }) => ({ value, text: label }));
  }

  /** Marks the ad hoc filters that none of the queries could follow. */
  async getDrilldownsApplicability({
    filters = [],
    queries,
  }: DataSourceGetDrilldownsApplicabilityOptions<Query> = {}): Promise<DrilldownsApplicability[]> {
    const kinds = await this.kindsOf(queries);
    return filters.map(({ key, origin }) => ({
      key,
      origin,
      applicable: kinds.some((kind) => findField(kind, key)?.filterable),
    }));
  }

  // Explore

  getSupportedSupplementaryQueryTypes(): SupplementaryQueryType[] {
    return [SupplementaryQueryType.LogsVolume, SupplementaryQueryType.LogsSample];
  }

  getSupplementaryQuery(options: SupplementaryQueryOptions, query: Query): EntraQuery | undefined {
    return isMetrics(query)
      ? undefined
      : supplementaryQuery(options, query, this.catalog.kind(completeQuery(query).queryType));
  }

  getSupplementaryRequest(
    type: SupplementaryQueryType,
    request: DataQueryRequest<Query>,
    options?: SupplementaryQueryOptions
  ): DataQueryRequest<Query> | undefined {
    const targets = request.targets
      .map((target) => this.getSupplementaryQuery({ ...options, type } as SupplementaryQueryOptions, target))
      .filter((target) => target !== undefined);
    return targets.length > 0 ? { ...request, targets } : undefined;
  }

  getLogRowContext(row: LogRowModel, options?: LogRowContextOptions, query?: Query): Promise<DataQueryResponse> {
    const model = contextQuery(row, this.neighbors, options, ofRecords(query));
    return lastValueFrom(this.query(contextRequest(row, model, options?.direction)));
  }

  async getLogRowContextQuery(row: LogRowModel, options?: LogRowContextOptions, query?: Query): Promise<EntraQuery> {
    return contextQuery(row, this.neighbors, options, ofRecords(query));
  }

  getLogRowContextUi(row: LogRowModel, runContextQuery?: () => void, query?: Query): ReactNode {
    return React.createElement(LogContextUi, {
      possible: neighborsOf(row.labels, query?.queryType),
      initial: this.neighbors,
      onChange: (neighbors) => {
        this.neighbors = neighbors;
        runContextQuery?.();
      },
    });
  }

  toggleQueryFilter<Q extends Query>(query: Q, { type, options }: ToggleFilterAction): Q {
    return this.changeFilter(query, options, type === 'FILTER_FOR' ? '=' : '!=', true);
  }

  queryHasFilter(query: Query, { key, value }: QueryFilterOptions): boolean {
    if (isMetrics(query)) {
      return false;
    }
    const { filters, queryType } = completeQuery(query);
    const field = findField(this.catalog.kind(queryType), key);
    return hasValues(filters, field?.name ?? key, valuesIn(value, field), '=');
  }

  modifyQuery<Q extends Query>(query: Q, { type, options = {} }: QueryFixAction): Q {
    switch (type) {
      case 'ADD_FILTER':
        return this.changeFilter(query, options, '=', false);
      case 'ADD_FILTER_OUT':
        return this.changeFilter(query, options, '!=', false);
      default:
        return query;
    }
  }

  getSupportedQueryModifications(): string[] {
    return ['ADD_FILTER', 'ADD_FILTER_OUT'];
  }

  /** Adds what a cell holds to the filters of a query, or takes it out again where it is there and may be toggled. */
  private changeFilter<Q extends Query>(
    saved: Q,
    { key, value }: QueryFilterOptions,
    sense: Sense,
    toggles: boolean
  ): Q {
    if (isMetrics(saved)) {
      return saved;
    }
    const query = completeQuery(saved);
    const kind = this.catalog.kind(query.queryType);
    const field = findField(kind, key);
    if (kind && !field?.filterable) {
      return saved;
    }
    const [name, values] = [field?.name ?? key, valuesIn(value, field)];
    const change = toggles && hasValues(query.filters, name, values, sense) ? removeValues : addValues;
    return { ...saved, ...query, filters: change(query.filters, name, values, sense) };
  }

  /** The kinds of record that some queries are about; all where there are none to tell. */
  private async kindsOf(queries: Query[] = []): Promise<CatalogKind[]> {
    const kinds = await this.catalog.kinds();
    const requested = queries
      .filter(({ datasource }) => !datasource?.uid || getTemplateSrv().replace(datasource.uid) === this.uid)
      .map((query) => (isMetrics(query) ? query : completeQuery(query)).queryType);
    return requested.length > 0 ? kinds.filter(({ kind }) => requested.includes(kind)) : kinds;
  }

  /** Waits for what ad hoc filters need to be understood, and for nothing without them. */
  private forFilters(filters: AdHocVariableFilter[] = []): Observable<unknown> {
    return filters.length > 0 ? from(this.catalog.kinds()) : of(undefined);
  }

  /** Adds to a result what leads on from it in Grafana: links, filters, and the level of a logs volume's series. */
  private present(frame: DataFrame, targets: Query[]): DataFrame {
    const query = targets.find(({ refId }) => refId === frame.refId);
    if (!query || isMetrics(query)) {
      return frame;
    }
    return isVolume(query) ? withLevel(frame, query.queryType) : withFilters(withLinks(frame, query, this), query);
  }
}

const ofRecords = (query?: Query): EntraQuery | undefined => (query && !isMetrics(query) ? query : undefined);

function ianaName(timezone: string): string {
  switch (timezone) {
    case '':
    case 'browser':
      return Intl.DateTimeFormat().resolvedOptions().timeZone;
    case 'utc':
      return 'UTC';
    default:
      return timezone;
  }
}
