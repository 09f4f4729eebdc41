import { CoreApp, type DataQueryRequest, dateTime, type ScopedVars } from '@grafana/data';
import { lastValueFrom } from 'rxjs';

import { DEFAULT_QUERY } from './query/views';
import { newDataSource, serve, setVariables } from './testing';
import type { EntraQuery, Filter } from './types';

const query = (changes: Partial<EntraQuery> = {}): EntraQuery => ({ refId: 'A', ...DEFAULT_QUERY, ...changes });

beforeEach(() => setVariables({}));

test('starts with interactive sign-ins by status over time', () => {
  expect(newDataSource().getDefaultQuery(CoreApp.Explore)).toMatchObject({
    queryType: 'signIn',
    view: 'timeSeries',
    measure: 'count',
    groupBy: ['status'],
    filters: [{ field: 'signInEventTypes', operator: '=', values: ['interactiveUser'] }],
  });
});

test.each([
  ['a complete query', query(), true],
  ['a query that says nothing yet', { refId: 'A' }, true],
  ['a hidden query', query({ hide: true }), false],
  ['an unknown view', query({ view: 'pie' as 'value' }), false],
])('%s is asked: %#', (_, candidate, expected) => {
  expect(newDataSource().filterQuery(candidate as EntraQuery)).toBe(expected);
});

describe('a request', () => {
  async function send(targets: Array<Partial<EntraQuery>>, options: Partial<DataQueryRequest<EntraQuery>> = {}) {
    const requests = serve({ '/api/ds/query': { results: {} } });
    const range = { from: dateTime(0), to: dateTime(1), raw: { from: 'now-1h', to: 'now' } };
    const request = { targets, range, timezone: 'utc', scopedVars: {}, ...options };
    await lastValueFrom(newDataSource().query(request as DataQueryRequest<EntraQuery>), { defaultValue: undefined });
    return requests.flatMap(({ data }) => data?.queries ?? []);
  }

  test.each([
    ['utc', 'UTC'],
    ['browser', 'Pacific/Auckland'],
    ['', 'Pacific/Auckland'],
    ['Europe/Berlin', 'Europe/Berlin'],
  ])('in time zone %p asks for days of %p', async (timezone, expected) => {
    const options = new Intl.DateTimeFormat().resolvedOptions();
    jest
      .spyOn(Intl.DateTimeFormat.prototype, 'resolvedOptions')
      .mockReturnValue({ ...options, timeZone: 'Pacific/Auckland' });

    const sent = await send([query(), query({ refId: 'B', timezone: 'Asia/Tokyo' })], { timezone });
    expect(sent.map((each) => each.timezone)).toEqual([expected, expected]);
  });

  test('completes a query that says nothing', async () => {
    expect(await send([{ refId: 'A' }])).toEqual([expect.objectContaining(DEFAULT_QUERY)]);
  });

  test('replaces variables', async () => {
    setVariables({ app: ['Azure Portal', 'Teams'] });
    const [sent] = await send([query({ filters: [{ field: 'appDisplayName', operator: '=', values: ['$app'] }] })]);
    expect(sent.filters).toEqual([{ field: 'appDisplayName', operator: 'in', values: ['Azure Portal', 'Teams'] }]);
  });
});

describe('variables in filters', () => {
  const filter = (operator: Filter['operator'], ...values: string[]): Filter => ({
    field: 'appDisplayName',
    operator,
    values,
  });

  function interpolate(filters: Filter[], scopedVars: ScopedVars = {}) {
    return newDataSource().applyTemplateVariables(query({ filters }), scopedVars).filters;
  }

  beforeEach(() =>
    setVariables({
      app: 'Azure Portal',
      apps: ['Teams', 'Outlook, new'],
      countries: ['DE', 'FR'],
      everything: ['$__all'],
      all: '$__all',
      custom: '*',
      nothing: [],
    })
  );

  test.each<[string, Filter, Filter[]]>([
    ['one value', filter('=', '$app'), [filter('=', 'Azure Portal')]],
    ['one value in braces', filter('!=', '${app}'), [filter('!=', 'Azure Portal')]],
    ['several values', filter('=', '$apps'), [filter('in', 'Teams', 'Outlook, new')]],
    ['several values, excluded', filter('!=', '$apps'), [filter('notIn', 'Teams', 'Outlook, new')]],
    ['beside a fixed value', filter('in', 'Excel', '$apps'), [filter('in', 'Excel', 'Teams', 'Outlook, new')]],
    ['within a text', filter('startsWith', 'x-$app'), [filter('startsWith', 'x-Azure Portal')]],
    [
      'several within a text',
      filter('in', '${countries}: ${apps}'),
      [filter('in', 'DE: Teams', 'DE: Outlook, new', 'FR: Teams', 'FR: Outlook, new')],
    ],
    ['All', filter('=', '$all'), []],
    ['All of several', filter('in', '${everything}'), []],
    ['All with a format', filter('=~', '${everything:regex}'), []],
    ['All beside a fixed value', filter('in', 'Excel', '$everything'), []],
    ['a custom All', filter('=', '$custom'), []],
    ['nothing chosen', filter('=', '$nothing'), []],
    ['no variable', filter('contains', 'cost $5'), [filter('contains', 'cost $5')]],
  ])('%s', (_, before, after) => {
    expect(interpolate([before])).toEqual(after);
  });

  test("a repeated panel's own value wins over the dashboard's All", () => {
    expect(interpolate([filter('=', '$all')], { all: { text: 'Teams', value: 'Teams' } })).toEqual([
      filter('=', 'Teams'),
    ]);
  });

  test('other filters stay when one is set to All', () => {
    expect(interpolate([filter('=', '$all'), filter('=', 'Teams')])).toEqual([filter('=', 'Teams')]);
  });

  test('are replaced when the query leaves the dashboard', () => {
    const [exported] = newDataSource().interpolateVariablesInQueries([query({ filters: [filter('=', '$app')] })], {});
    expect(exported).toMatchObject({ filters: [filter('=', 'Azure Portal')], datasource: { uid: 'entra' } });
  });
});

test.each<[EntraQuery, string]>([
  [query(), 'signIn timeSeries count by status where signInEventTypes = interactiveUser'],
  [query({ filters: [], groupBy: ['appDisplayName'], top: 3 }), 'signIn timeSeries count by appDisplayName (top 3)'],
  [
    query({ view: 'list', filters: [{ field: 'status', operator: 'in', values: ['failure', 'interrupted'] }] }),
    'signIn list where status in failure, interrupted',
  ],
])('describes a query in the history: %#', (candidate, expected) => {
  expect(newDataSource().getQueryDisplayText(candidate)).toBe(expected);
});
