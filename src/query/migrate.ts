import { type EntraQuery, QUERY_VERSION } from '../types';

/**
 * Brings a saved query to the version that this editor writes. Version 1 could only query sign-ins and often did
 * not say so; all it could say means the same in version 2. A query of a newer editor stays as it is: the backend
 * then says what to do.
 */
export function migrateQuery<T extends Partial<EntraQuery>>(saved: T): T {
  if ((saved.version ?? 1) >= QUERY_VERSION) {
    return saved;
  }
  return { ...saved, queryType: saved.queryType || 'signIn', version: QUERY_VERSION };
}
