import type {
  CoreApp,
  DataQueryRequest,
  DataQueryResponse,
  DataSourceInstanceSettings,
  ScopedVars,
} from '@grafana/data';
import { DataSourceWithBackend } from '@grafana/runtime';
import type { Observable } from 'rxjs';

import { Catalogue } from './catalogue';
import { displayText } from './query/displayText';
import { interpolateFilters } from './query/variables';
import { completeQuery, DEFAULT_QUERY, isValid } from './query/views';
import type { EntraQuery, EntraSettings } from './types';

export class DataSource extends DataSourceWithBackend<EntraQuery, EntraSettings> {
  readonly catalogue: Catalogue;

  constructor(settings: DataSourceInstanceSettings<EntraSettings>) {
    super(settings);
    // The editor shows errors where they matter.
    this.catalogue = new Catalogue((path, params) => this.getResource(path, params, { showErrorAlert: false }));
  }

  getDefaultQuery(_app: CoreApp): Partial<EntraQuery> {
    return DEFAULT_QUERY;
  }

  filterQuery(query: EntraQuery): boolean {
    return !query.hide && isValid(query);
  }

  getQueryDisplayText(query: EntraQuery): string {
    return displayText(query);
  }

  /** Asks in the dashboard's time zone, so that days and weeks begin where its viewer's do. */
  query(request: DataQueryRequest<EntraQuery>): Observable<DataQueryResponse> {
    const timezone = ianaName(request.timezone);
    const targets = request.targets.map((target) => ({ ...completeQuery(target), timezone }));
    return super.query({ ...request, targets });
  }

  applyTemplateVariables(query: EntraQuery, scopedVars: ScopedVars): EntraQuery {
    return { ...query, filters: interpolateFilters(query.filters ?? [], scopedVars) };
  }

  /** Also used where a query leaves its dashboard, such as for Explore or a new alert rule. */
  interpolateVariablesInQueries(queries: EntraQuery[], scopedVars: ScopedVars): EntraQuery[] {
    return queries.map((query) => ({
      ...this.applyTemplateVariables(query, scopedVars),
      datasource: this.getRef(),
    }));
  }
}

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
