import type { DataSourceApi } from '@grafana/data';

import type { Catalog } from './catalog';
import type { MetricsApi } from './metrics/MetricsApi';
import type { EntraSettings, Query } from './types';

/** What editors and variables need of the data source: what the backend offers beside queries. */
export interface Backend extends DataSourceApi<Query, EntraSettings> {
  readonly catalog: Catalog;
  readonly metrics: MetricsApi;
}
