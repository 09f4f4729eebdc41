import { METRICS } from '../metrics/query';
import { readVariable } from '../metrics/variable';
import type { VariableQuery } from '../types';

/** Stands in a variable's query for what its viewer types. */
export const SEARCH_FILTER = '$__searchFilter';

/** How many values a variable offers at a time unless told otherwise. */
export const DEFAULT_VALUES = 100;

/** Fills what a saved query leaves out, and drops what is not of a variable. */
export function completeVariable(
  saved: Partial<VariableQuery>
): Required<Omit<VariableQuery, 'hide' | 'key' | 'datasource' | 'metric' | 'label' | 'match'>> {
  const { refId = 'variable', queryType = 'signIn', field = '', filters = [], search, limit } = saved;
  return { refId, queryType, field, filters, search: search ?? SEARCH_FILTER, limit: limit || DEFAULT_VALUES };
}

type MetricsVariable = Required<
  Pick<VariableQuery, 'refId' | 'queryType' | 'metric' | 'label' | 'match' | 'search' | 'limit'>
>;

/** What a variable about metrics offers first. */
export const FIRST_METRICS_VARIABLE = { queryType: METRICS, metric: 'entra_signins_total', label: 'app', match: '' };

/** Fills what a saved query about metrics leaves out. */
export function completeMetricsVariable(saved: Partial<VariableQuery>): MetricsVariable {
  const { refId = 'variable', metric = '', label = '', match = '', search, limit } = saved;
  return {
    refId,
    queryType: METRICS,
    metric,
    label,
    match,
    search: search ?? SEARCH_FILTER,
    limit: limit || DEFAULT_VALUES,
  };
}

/** A variable's query about metrics, saved in parts or as a text such as `label_values(metric, label)`; undefined of others. */
export function metricsVariable(saved: Partial<VariableQuery> | string): MetricsVariable | undefined {
  const text = typeof saved === 'string' ? saved : (saved as { query?: unknown }).query;
  const read = typeof text === 'string' ? readVariable(text) : undefined;
  if (read) {
    return completeMetricsVariable({ ...(typeof saved === 'object' && saved), ...read });
  }
  return typeof saved === 'object' && saved.queryType === METRICS ? completeMetricsVariable(saved) : undefined;
}
