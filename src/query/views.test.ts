import { CoreApp } from '@grafana/data';

import { kindNamed, kinds } from '../testing';
import type { EntraQuery, Filter } from '../types';
import {
  completeQuery,
  DEFAULT_QUERY,
  EXPLORE_QUERY,
  hasPart,
  isValid,
  measuresFor,
  viewsFor,
  withKind,
  withView,
} from './views';

const query: EntraQuery = {
  ...DEFAULT_QUERY,
  refId: 'A',
  groupBy: ['appDisplayName', 'status'],
  top: 3,
  measure: 'distinctUsers',
  interval: '1w',
};

test('the first queries start with what the catalog says sign-ins start with', () => {
  expect(DEFAULT_QUERY.filters).toEqual(kindNamed('signIn').defaultFilters);
  expect(EXPLORE_QUERY.filters).toEqual(kindNamed('signIn').defaultFilters);
});

describe('changing the view', () => {
  test('to a table keeps measure and groups, and drops the interval', () => {
    const table = withView(query, 'table');
    expect(table).toMatchObject({
      measure: 'distinctUsers',
      groupBy: ['appDisplayName', 'status'],
      top: 3,
      seen: '',
      limit: 1000,
    });
    expect(table).not.toHaveProperty('interval');
  });

  test('to a single value keeps the measure alone', () => {
    const value = withView(query, 'value');
    expect(value).toMatchObject({ measure: 'distinctUsers', filters: query.filters });
    expect(value).not.toHaveProperty('groupBy');
    expect(value).not.toHaveProperty('top');
  });

  test('to a list keeps the filters and shows the default columns, newest first', () => {
    expect(withView(query, 'list')).toEqual({
      refId: 'A',
      queryType: 'signIn',
      version: 2,
      view: 'list',
      filters: query.filters,
      columns: [],
      order: 'newest',
      limit: 1000,
    });
  });

  test('back to a time series counts again', () => {
    expect(withView(withView(query, 'list'), 'timeSeries')).toMatchObject({ measure: 'count', interval: 'auto' });
  });

  test('from a table drops what only tables compute', () => {
    const table: EntraQuery = { ...withView(query, 'table'), measure: 'lastSeen' };
    expect(withView(table, 'timeSeries', kindNamed('signIn')).measure).toBe('count');
  });

  test('to one record needs its ID', () => {
    const detail = withView(query, 'detail', kindNamed('signIn'));
    expect(detail.filters).toEqual([...query.filters, { field: 'id', operator: '=', values: [] }]);
    expect(isValid(detail)).toBe(false);
    expect(isValid({ ...detail, filters: [{ field: 'id', operator: '=', values: ['4f6c'] }] })).toBe(true);
    expect(withView(detail, 'detail', kindNamed('signIn'))).toEqual(detail);
  });
});

describe('completing a saved query', () => {
  test('that says nothing gives the default query', () => {
    expect(completeQuery({ refId: 'A' })).toEqual({ refId: 'A', ...DEFAULT_QUERY });
  });

  test('adds no filters to one that has none', () => {
    expect(completeQuery({ refId: 'A', view: 'value' })).toEqual({
      refId: 'A',
      queryType: 'signIn',
      version: 2,
      view: 'value',
      filters: [],
      measure: 'count',
      offset: '',
    });
  });
});

describe('changing the kind', () => {
  const where = (field: string, operator: Filter['operator'], ...values: string[]): Filter => ({
    field,
    operator,
    values,
  });
  const change = (changes: Partial<EntraQuery>, from: string, to: string) =>
    withKind({ ...query, queryType: from, ...changes }, kindNamed(to), kindNamed(from));

  test('keeps filters, groups and measure that the new kind has too', () => {
    const filters = [...query.filters, where('ipAddress', 'inNetwork', '10.0.0.0/8'), where('appId', '=', 'a')];
    expect(change({ filters, groupBy: ['ipAddress', 'appDisplayName'] }, 'signIn', 'auditEvent')).toMatchObject({
      queryType: 'auditEvent',
      view: 'timeSeries',
      filters: [where('ipAddress', 'inNetwork', '10.0.0.0/8')],
      groupBy: ['ipAddress'],
      measure: 'distinctUsers',
      interval: '1w',
    });
  });

  test('drops a comparison that the field of the same name does not know', () => {
    expect(change({ filters: [where('errorCode', '>', '0')] }, 'signIn', 'provisioningEvent').filters).toEqual([]);
  });

  test('counts where the measure is not offered', () => {
    expect(change({ measure: 'averageDuration' }, 'provisioningEvent', 'signIn').measure).toBe('count');
  });

  test('takes another view where the new kind lacks it', () => {
    const users = { ...kindNamed('riskyUser'), views: ['list', 'detail'] satisfies Array<EntraQuery['view']> };
    expect(withKind(query, users)).toMatchObject({ view: 'list', columns: [] });
  });

  test('keeps the columns that the new kind has', () => {
    const list = withView({ ...query, columns: ['createdDateTime', 'ipAddress'] }, 'list');
    expect(change(list, 'signIn', 'riskDetection').columns).toEqual(['ipAddress']);
  });

  test('starts with the new kind’s filters instead of the old one’s', () => {
    expect(change({}, 'signIn', 'riskDetection').filters).toEqual([]);
    expect(change({}, 'signIn', 'riskySignIn').filters).toEqual(query.filters);
    expect(change({ filters: [where('status', '=', 'failure')] }, 'auditEvent', 'signIn').filters).toEqual([
      where('signInEventTypes', 'in', 'interactiveUser'),
      where('status', '=', 'failure'),
    ]);
  });

  test('keeps a filter that was changed from what the old kind starts with', () => {
    const filters = [where('signInEventTypes', '=', 'servicePrincipal')];
    expect(change({ filters }, 'signIn', 'riskySignIn').filters).toEqual(filters);
  });

  test.each(kinds.flatMap((from) => kinds.map((to) => [from.kind, to.kind])))(
    '%s to %s has nothing unknown',
    (from, to) => {
      const { fields, measures, views } = kindNamed(to);
      const names = fields.map(({ name }) => name);
      for (const view of kindNamed(from).views) {
        const all = { ...query, groupBy: kindNamed(from).fields.map(({ name }) => name) };
        const changed = change(withView(all, view, kindNamed(from)), from, to);
        expect(views).toContain(changed.view);
        expect(names).toEqual(expect.arrayContaining(changed.filters.map(({ field }) => field)));
        expect(names).toEqual(expect.arrayContaining(changed.groupBy ?? []));
        if (hasPart(changed.view, 'measure')) {
          expect(measures.map(({ name }) => name)).toContain(changed.measure);
        }
      }
    }
  );
});

test('alert rules are offered numbers, panels no annotations', () => {
  expect(viewsFor(kindNamed('signIn'), CoreApp.UnifiedAlerting)).toEqual(['timeSeries', 'table', 'value']);
  expect(viewsFor(kindNamed('signIn'), CoreApp.PanelEditor)).toEqual([
    'timeSeries',
    'table',
    'value',
    'calendar',
    'list',
    'logs',
    'detail',
  ]);
});

test('when something was last seen is a column of tables only', () => {
  const names = (view: EntraQuery['view']) => measuresFor(kindNamed('signIn'), view).map(({ name }) => name);
  expect(names('table')).toContain('lastSeen');
  expect(names('timeSeries')).not.toContain('lastSeen');
});
