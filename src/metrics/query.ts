import { type MetricsQuery, type Query, QUERY_VERSION } from '../types';

/** The kind of query that is written in MetricsQL, beside the kinds of records. */
export const METRICS = 'metrics';

/** The first expression: what {@link DEFAULT_QUERY} counts, as counters. */
export const FIRST_EXPRESSION = 'sum by (status) (increase(entra_signins_total{kind="interactive"}[$__interval]))';

const DEFAULTS: Omit<MetricsQuery, 'refId'> = {
  queryType: METRICS,
  version: QUERY_VERSION,
  expr: '',
  instant: false,
  interval: '',
  legendFormat: '',
  axis: 'event',
};

/** Tells whether a query is written in MetricsQL. */
export function isMetrics(query: Partial<Query>): query is MetricsQuery {
  return query.queryType === METRICS;
}

/** Fills what a saved query leaves out, and drops what is of a kind of record. */
export function completeMetrics(saved: Partial<MetricsQuery> & Pick<MetricsQuery, 'refId'>): MetricsQuery {
  const { refId, hide, key, datasource, version, expr, instant, interval, legendFormat, axis } = saved;
  const given = { refId, hide, key, datasource, version, expr, instant, interval, legendFormat, axis };
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { refId, ...DEFAULTS, ...said };
}

/** Turns a query about records into the first one in MetricsQL. */
export function toMetrics(query: Query): MetricsQuery {
  return completeMetrics({
    ...query,
    queryType: METRICS,
    version: QUERY_VERSION,
    expr: FIRST_EXPRESSION,
    interval: '',
  });
}
