import type { EntraQuery } from '../types';
import { migrateQuery } from './migrate';

const version1: Partial<EntraQuery> = {
  refId: 'A',
  version: 1,
  view: 'list',
  filters: [{ field: 'status', operator: '=', values: ['failure'] }],
  columns: ['createdDateTime'],
  limit: 50,
};

test.each<[string, Partial<EntraQuery>, Partial<EntraQuery>]>([
  ['of version 1 is about sign-ins', version1, { ...version1, queryType: 'signIn', version: 2 }],
  [
    'of version 1 that says so stays about sign-ins',
    { ...version1, queryType: 'signIn' },
    { ...version1, queryType: 'signIn', version: 2 },
  ],
  [
    'without a version is of version 1',
    { refId: 'A', view: 'value' },
    { refId: 'A', view: 'value', queryType: 'signIn', version: 2 },
  ],
  [
    'of version 2 stays as it is',
    { refId: 'A', queryType: 'auditEvent', version: 2 },
    { refId: 'A', queryType: 'auditEvent', version: 2 },
  ],
  ['of a newer editor stays as it is', { refId: 'A', version: 3 }, { refId: 'A', version: 3 }],
])('a query %s', (_, saved, migrated) => {
  expect(migrateQuery(saved)).toEqual(migrated);
});
