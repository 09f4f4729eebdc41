// Which data source a reference means.
import type { DataSourceApi } from '@grafana/data';

import type { EntraQuery } from '../../src/types';
import { datasource } from './services';
import { variables } from './templating';

export function datasourceFor(uid?: string): DataSourceApi<EntraQuery> {
  const found = variables.replace(uid ?? '');
  if (found && found !== datasource.uid) {
    throw new Error(`The preview has no data source ${found}`);
  }
  return datasource as unknown as DataSourceApi<EntraQuery>;
}
