import { type SupplementaryQueryOptions, SupplementaryQueryType } from '@grafana/data';

import { completeQuery, DEFAULT_LIMIT, withView } from '../query/views';
import type { CatalogKind, EntraQuery } from '../types';
import { severityField } from './severity';

const VOLUME = 'log-volume-';
const SAMPLE = 'log-sample-';

/** Whether a query is for the logs volume of another. */
export const isVolume = ({ refId }: EntraQuery): boolean => refId.startsWith(VOLUME);

/**
 * The query that Explore runs beside another: above log lines how many there are of each severity over time, below
 * numbers some of the lines that they count, if the kind has lines.
 */
export function supplementaryQuery(
  options: SupplementaryQueryOptions,
  original: EntraQuery,
  kind?: CatalogKind
): EntraQuery | undefined {
  const query = completeQuery(original);
  if (query.hide || (kind && !kind.views.includes('logs'))) {
    return undefined;
  }
  switch (options.type) {
    case SupplementaryQueryType.LogsVolume:
      return query.view === 'logs'
        ? { ...withView(query, 'timeSeries'), refId: VOLUME + query.refId, groupBy: [severityField(query.queryType)] }
        : undefined;
    case SupplementaryQueryType.LogsSample:
      return ['timeSeries', 'table', 'value'].includes(query.view)
        ? { ...withView(query, 'logs'), refId: SAMPLE + query.refId, limit: options.limit ?? DEFAULT_LIMIT }
        : undefined;
  }
}
