import { type SupplementaryQueryOptions, SupplementaryQueryType } from '@grafana/data';

import { completeQuery, DEFAULT_LIMIT, withView } from '../query/views';
import type { CatalogueKind, EntraQuery } from '../types';
import { SEVERITY_FIELDS } from './severity';

const VOLUME = 'log-volume-';
const SAMPLE = 'log-sample-';

/** Tells whether a query asks for the logs volume of another. */
export const isVolume = ({ refId }: EntraQuery): boolean => refId.startsWith(VOLUME);

/**
 * The question that Explore asks beside another: above log lines how many there are of each severity over time, below
 * numbers some of the lines that they count.
 */
export function supplementaryQuery(
  options: SupplementaryQueryOptions,
  original: EntraQuery,
  kind?: CatalogueKind
): EntraQuery | undefined {
  const query = completeQuery(original);
  if (query.hide || !kind?.views.includes('logs')) {
    return undefined;
  }
  switch (options.type) {
    case SupplementaryQueryType.LogsVolume: {
      if (query.view !== 'logs' || !kind.views.includes('timeSeries')) {
        return undefined;
      }
      const severity = SEVERITY_FIELDS.find((name) => kind.fields.some((field) => field.name === name));
      const groupBy = severity ? [severity] : [];
      return { ...withView(query, 'timeSeries'), refId: VOLUME + query.refId, groupBy };
    }
    case SupplementaryQueryType.LogsSample:
      if (!['timeSeries', 'table', 'value'].includes(query.view)) {
        return undefined;
      }
      return { ...withView(query, 'logs'), refId: SAMPLE + query.refId, limit: options.limit ?? DEFAULT_LIMIT };
  }
}
