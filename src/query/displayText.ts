import { findField } from '../catalog';
import { viewOption } from '../components/labels';
import type { CatalogKind, EntraQuery } from '../types';
import { restricts } from './filters';
import { completeQuery, hasPart } from './views';

/** Describes a query in one line, for the query history and collapsed editors. */
export function displayText(saved: EntraQuery, kind?: CatalogKind): string {
  const query = completeQuery(saved);
  const label = (name: string) => findField(kind, name)?.label ?? name;

  const parts = [`${kind?.label ?? query.queryType}, ${viewOption(query.view).label}:`];
  if (hasPart(query.view, 'measure')) {
    parts.push(kind?.measures.find(({ name }) => name === query.measure)?.label ?? query.measure ?? '');
    if (query.of) {
      parts.push(`of ${label(query.of)}`);
    }
  }
  if (hasPart(query.view, 'groupBy') && query.groupBy?.length) {
    parts.push(`by ${query.groupBy.map(label).join(', ')}${query.top ? ` (top ${query.top})` : ''}`);
  }
  if (query.seen) {
    parts.push(`(${query.seen})`);
  }
  const filters = query.filters
    .filter(restricts)
    .map(({ field, operator, values }) => `${label(field)} ${operator} ${values.join(', ')}`);
  if (filters.length > 0) {
    parts.push(`where ${filters.join(' and ')}`);
  }
  return parts.join(' ');
}
