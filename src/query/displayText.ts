import type { EntraQuery } from '../types';
import { restricts } from './filters';
import { completeQuery, hasPart } from './views';

/** Describes a query in one line, for the query history and collapsed editors. */
export function displayText(saved: EntraQuery): string {
  const query = completeQuery(saved);
  const parts = [`${query.queryType} ${query.view}`];
  if (hasPart(query.view, 'measure')) {
    parts.push(query.measure ?? '');
  }
  if (hasPart(query.view, 'groupBy') && query.groupBy?.length) {
    parts.push(`by ${query.groupBy.join(', ')}${query.top ? ` (top ${query.top})` : ''}`);
  }
  const filters = query.filters
    .filter(restricts)
    .map(({ field, operator, values }) => `${field} ${operator} ${values.join(', ')}`);
  if (filters.length > 0) {
    parts.push(`where ${filters.join(' and ')}`);
  }
  return parts.join(' ');
}
