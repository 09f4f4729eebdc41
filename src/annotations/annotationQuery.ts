import { completeQuery, DEFAULT_LIMIT } from '../query/views';
import { type EntraQuery, type Query, QUERY_VERSION } from '../types';

/** What a new annotation marks: changes of who holds which role. */
export const DEFAULT_ANNOTATION: Omit<EntraQuery, 'refId'> = {
  queryType: 'auditEvent',
  version: QUERY_VERSION,
  view: 'annotations',
  filters: [{ field: 'category', operator: '=', values: ['RoleManagement'] }],
  limit: DEFAULT_LIMIT,
};

/** The query of an annotation: the saved one, or the first. */
export function annotationQuery(saved: Partial<Query> = {}): EntraQuery {
  const model = 'view' in saved && saved.view === 'annotations' ? saved : DEFAULT_ANNOTATION;
  return completeQuery({ ...model, refId: saved.refId ?? 'Anno' });
}
