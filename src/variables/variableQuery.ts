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
