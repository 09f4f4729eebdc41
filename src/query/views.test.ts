import { auditEvent, signIn } from '../testing';
import type { EntraQuery } from '../types';
import { completeQuery, DEFAULT_QUERY, withKind, withView } from './views';

const query: EntraQuery = {
  ...DEFAULT_QUERY,
  refId: 'A',
  groupBy: ['appDisplayName', 'status'],
  top: 3,
  measure: 'distinctUsers',
  interval: '1w',
};

describe('changing the view', () => {
  test('to a table keeps measure and groups, and drops the interval', () => {
    const table = withView(query, 'table');
    expect(table).toMatchObject({
      measure: 'distinctUsers',
      groupBy: ['appDisplayName', 'status'],
      top: 3,
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

  test('to a list keeps the filters and asks for the default columns', () => {
    expect(withView(query, 'list')).toEqual({
      refId: 'A',
      queryType: 'signIn',
      version: 1,
      view: 'list',
      filters: query.filters,
      columns: [],
      limit: 1000,
    });
  });

  test('back to a time series counts again', () => {
    expect(withView(withView(query, 'list'), 'timeSeries')).toMatchObject({ measure: 'count', interval: 'auto' });
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
      version: 1,
      view: 'value',
      filters: [],
      measure: 'count',
    });
  });
});

test('changing the kind keeps what the new kind has too', () => {
  const shared = { ...signIn, kind: 'other', fields: signIn.fields.filter(({ name }) => name !== 'status') };
  expect(withKind(query, shared)).toMatchObject({
    queryType: 'other',
    filters: query.filters,
    groupBy: ['appDisplayName'],
  });
  expect(withKind(query, auditEvent)).toMatchObject({ queryType: 'auditEvent', filters: [], groupBy: [] });
});
