import {
  CoreApp,
  type DataQueryRequest,
  dateTime,
  type Labels,
  type LogRowContextOptions,
  LogRowContextQueryDirection,
  type LogRowModel,
} from '@grafana/data';

import { completeQuery } from '../query/views';
import type { EntraQuery, Filter } from '../types';

/** Whose records are the neighbors of a log line. */
export type Neighbors = 'user' | 'address' | 'everyone';

/** Fields that name who did it, the most exact first. */
const ACTORS = [
  'userId',
  'userPrincipalName',
  'initiatedByUserId',
  'initiatedByUserPrincipalName',
  'servicePrincipalId',
  'servicePrincipalName',
  'initiatedByServicePrincipalId',
  'initiatedByAppDisplayName',
];

const FIELDS: Record<Neighbors, string[]> = { user: ACTORS, address: ['ipAddress'], everyone: [] };

/** Neighbors further away than this are of no interest. */
const WINDOW_MS = 7 * 24 * 60 * 60 * 1000;

const DEFAULT_LIMIT = 50;

/** Which neighbors a line can have: there is no user's where no user is named, and nobody else's in the activity of a user. */
export function neighborsOf(labels: Labels, queryType?: string): Neighbors[] {
  return queryType === 'userActivity'
    ? ['user']
    : (['user', 'address', 'everyone'] as const).filter(
        (neighbors) => neighbors === 'everyone' || fieldOf(labels, neighbors)
      );
}

/** Queries the records right before or after a log line, of the same user, address or anyone. */
export function contextQuery(
  row: LogRowModel,
  chosen: Neighbors,
  { direction, limit = DEFAULT_LIMIT }: LogRowContextOptions = {},
  original: Partial<EntraQuery> = {}
): EntraQuery {
  const possible = neighborsOf(row.labels, original.queryType);
  const neighbors = possible.includes(chosen) ? chosen : possible[0];
  const field = fieldOf(row.labels, neighbors);
  const filters: Filter[] = field ? [{ field, operator: '=', values: [row.labels[field]] }] : [];
  return {
    ...completeQuery({
      refId: original.refId ?? 'A',
      queryType: original.queryType,
      version: original.version,
      view: 'logs',
      filters,
    }),
    order: direction === LogRowContextQueryDirection.Forward ? 'oldest' : 'newest',
    limit,
  };
}

/** The request of the time before or after the line. */
export function contextRequest(
  row: LogRowModel,
  query: EntraQuery,
  direction?: LogRowContextQueryDirection
): DataQueryRequest<EntraQuery> {
  const isForward = direction === LogRowContextQueryDirection.Forward;
  const from = dateTime(isForward ? row.timeEpochMs : row.timeEpochMs - WINDOW_MS);
  const to = dateTime(isForward ? row.timeEpochMs + WINDOW_MS : row.timeEpochMs + 1);
  return {
    requestId: `log-context-${row.uid}-${direction}`,
    app: CoreApp.Explore,
    targets: [query],
    range: { from, to, raw: { from, to } },
    interval: '1s',
    intervalMs: 1000,
    scopedVars: {},
    timezone: '',
    startTime: Date.now(),
  };
}

function fieldOf(labels: Labels, neighbors: Neighbors): string | undefined {
  return FIELDS[neighbors].find((field) => labels[field]);
}
