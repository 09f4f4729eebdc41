import {
  type AdHocVariableFilter,
  CoreApp,
  type DataQueryRequest,
  dateTime,
  type ScopedVars,
  SupplementaryQueryType,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';

import { completeMetrics } from './metrics/query';
import { DEFAULT_QUERY } from './query/views';
import { kinds, newDataSource, type SentRequest, serve, setVariables } from './testing';
import type { EntraQuery, Filter, MetricsQuery } from './types';

const query = (changes: Partial<EntraQuery> = {}): EntraQuery => ({ refId: 'A', ...DEFAULT_QUERY, ...changes });

beforeEach(() => setVariables({}));

test('starts with interactive sign-ins by status over time, in Explore with their lines', () => {
  expect(newDataSource().getDefaultQuery(CoreApp.Explore)).toMatchObject({
    queryType: 'signIn',
    view: 'logs',
    filters: [{ field: 'signInEventTypes', operator: 'in', values: ['interactiveUser'] }],
  });
  expect(newDataSource().getDefaultQuery(CoreApp.PanelEditor)).toMatchObject({
    queryType: 'signIn',
    view: 'timeSeries',
    measure: 'count',
    groupBy: ['status'],
    filters: [{ field: 'signInEventTypes', operator: 'in', values: ['interactiveUser'] }],
  });
});

test.each([
  ['a complete query', query(), true],
  ['a query that says nothing yet', { refId: 'A' }, true],
  ['a hidden query', query({ hide: true }), false],
  ['an unknown view', query({ view: 'pie' as 'value' }), false],
  ['a record without an id', query({ view: 'detail' }), false],
  ['a record', query({ view: 'detail', filters: [{ field: 'id', operator: '=', values: ['4f6c'] }] }), true],
])('%s runs: %#', (_, candidate, expected) => {
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
  ])('in time zone %p has days of %p', async (timezone, expected) => {
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

describe('a query in MetricsQL', () => {
  const metrics = (expr: string): MetricsQuery => completeMetrics({ refId: 'A', expr });
  const [from, to] = [dateTime(0), dateTime(3_600_000)];
  const range = { from, to, raw: { from, to } };

  test('runs with its variables and time replaced', async () => {
    setVariables({ app: ['Teams', 'C++'] });
    const requests = serve({ '/api/ds/query': { results: {} } });
    const request = {
      targets: [{ ...metrics('sum(increase(x{app=~"$app"}[$__interval])) / $__range_s'), interval: '5m' }],
      range,
      intervalMs: 30_000,
      timezone: 'utc',
      scopedVars: { __interval: { text: '30s', value: '30s' }, __interval_ms: { text: '30000', value: 30_000 } },
    };
    await lastValueFrom(newDataSource().query(request as unknown as DataQueryRequest<MetricsQuery>));
    const [sent] = requests[0].data?.queries ?? [];
    expect(sent).toMatchObject({
      queryType: 'metrics',
      version: 2,
      expr: 'sum(increase(x{app=~"(Teams|C\\\\+\\\\+)"}[5m])) / 3600',
      instant: false,
      interval: '5m',
      axis: 'event',
    });
    expect(sent).not.toHaveProperty('view');
    expect(sent).not.toHaveProperty('filters');
  });

  test('keeps what means another time elsewhere, when it leaves its dashboard', () => {
    setVariables({ app: 'Teams' });
    const known = { __interval: { text: '30s', value: '30s' } };
    const [exported] = newDataSource().interpolateVariablesInQueries([metrics('x{app="$app"}[$__interval]')], known);
    expect(exported).toMatchObject({ expr: 'x{app="Teams"}[$__interval]', datasource: { uid: 'entra' } });
  });

  test('is itself in the history, has nothing beside it, and is left out while it is empty', () => {
    const datasource = newDataSource();
    expect(datasource.getQueryDisplayText(metrics('vector(1)'))).toBe('vector(1)');
    for (const type of [SupplementaryQueryType.LogsVolume, SupplementaryQueryType.LogsSample]) {
      expect(datasource.getSupplementaryQuery({ type }, metrics('vector(1)'))).toBeUndefined();
    }
    expect(datasource.filterQuery(metrics('vector(1)'))).toBe(true);
    expect(datasource.filterQuery(metrics(' '))).toBe(false);
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

  test.each<ScopedVars>([{ all: { value: 'Teams' } }, { __sceneObject: { value: { all: 'Teams' } } }])(
    "a repeated panel's own value wins over the dashboard's All: %j",
    (scopedVars) => {
      expect(interpolate([filter('=', '$all')], scopedVars)).toEqual([filter('=', 'Teams')]);
    }
  );

  test('other filters stay when one is set to All', () => {
    expect(interpolate([filter('=', '$all'), filter('=', 'Teams')])).toEqual([filter('=', 'Teams')]);
  });

  test('are replaced when the query leaves the dashboard', () => {
    const [exported] = newDataSource().interpolateVariablesInQueries([query({ filters: [filter('=', '$app')] })], {});
    expect(exported).toMatchObject({ filters: [filter('=', 'Azure Portal')], datasource: { uid: 'entra' } });
  });
});

describe('the query history', () => {
  test.each<[EntraQuery, string]>([
    [query(), 'Sign-ins, Time series: Sign-ins by Status where Sign-in type in interactiveUser'],
    [
      query({ filters: [], groupBy: ['appDisplayName'], top: 3 }),
      'Sign-ins, Time series: Sign-ins by Application (top 3)',
    ],
    [
      query({ view: 'table', filters: [], groupBy: ['appId'], seen: 'new' }),
      'Sign-ins, Table: Sign-ins by Application ID (new)',
    ],
    [
      query({ view: 'list', filters: [{ field: 'status', operator: 'in', values: ['failure', 'interrupted'] }] }),
      'Sign-ins, List: where Status in failure, interrupted',
    ],
  ])('describes a query by the portal’s words: %#', async (candidate, expected) => {
    serve({ '/catalog': { kinds } });
    const datasource = newDataSource();
    await datasource.catalog.kinds();
    expect(datasource.getQueryDisplayText(candidate)).toBe(expected);
  });

  test('describes it by Graph’s words while there are no others', () => {
    expect(newDataSource().getQueryDisplayText(query())).toBe(
      'signIn, Time series: count by status where signInEventTypes in interactiveUser'
    );
  });
});

describe('ad hoc filters', () => {
  const requested = (queryType: string): EntraQuery => query({ queryType, filters: [] });
  let requests: SentRequest[];

  beforeEach(() => {
    requests = serve({
      '/catalog': { kinds },
      '/values': { values: [{ value: 'DE', label: 'DE' }] },
      '/api/ds/query': { results: {} },
    });
  });

  test('are on the fields of the queries’ kinds, by the portal’s words', async () => {
    const keys = await newDataSource().getTagKeys({ queries: [requested('auditEvent')], filters: [] });
    expect(keys).toContainEqual({ text: 'Category', value: 'category' });
    expect(keys.map(({ value }) => value)).not.toContain('appDisplayName');

    const more = await newDataSource().getTagKeys({
      queries: [requested('auditEvent'), requested('signIn')],
      filters: [],
    });
    expect(more.filter(({ value }) => value === 'ipAddress')).toHaveLength(1);
    expect(more.map(({ value }) => value)).toContain('appDisplayName');
  });

  test('are on the fields of queries whose data source is a variable of the dashboard', async () => {
    const { uid } = newDataSource();
    setVariables({ datasource: uid, other: 'another' });
    const of = (queryType: string, variable: string) => ({ ...requested(queryType), datasource: { uid: variable } });
    const queries = [of('auditEvent', '${datasource}'), of('signIn', '${other}')];
    const keys = (await newDataSource().getTagKeys({ queries, filters: [] })).map(({ value }) => value);
    expect(keys).toContain('category');
    expect(keys).not.toContain('appDisplayName');
  });

  test('are on every field where no query says which', async () => {
    const keys = (await newDataSource().getTagKeys()).map(({ value }) => value);
    expect(keys).toEqual(expect.arrayContaining(['category', 'appDisplayName', 'provisioningAction']));
  });

  test('offer the values in the range that the other filters leave', async () => {
    const range = { from: dateTime(1000), to: dateTime(2000), raw: { from: 'now-1h', to: 'now' } };
    const values = await newDataSource().getTagValues({
      key: 'countryOrRegion',
      queries: [requested('riskDetection')],
      timeRange: range,
      filters: [
        { key: 'riskLevel', operator: '=|', value: 'low', values: ['low', 'high'] },
        { key: 'category', operator: '=', value: 'Policy' },
      ],
    });
    expect(values).toEqual([{ text: 'DE', value: 'DE' }]);
    expect(requests.at(-1)?.params).toEqual({
      kind: 'riskDetection',
      field: 'countryOrRegion',
      search: '',
      limit: 50,
      from: 1000,
      to: 2000,
      filters: JSON.stringify([{ field: 'riskLevel', operator: 'in', values: ['low', 'high'] }]),
    });
  });

  test.each<[AdHocVariableFilter, Filter]>([
    [
      { key: 'city', operator: '=', value: 'Oslo' },
      { field: 'city', operator: '=', values: ['Oslo'] },
    ],
    [
      { key: 'City', operator: '!=', value: 'Oslo' },
      { field: 'city', operator: '!=', values: ['Oslo'] },
    ],
    [
      { key: 'city', operator: '=~', value: 'O.*' },
      { field: 'city', operator: '=~', values: ['O.*'] },
    ],
    [
      { key: 'city', operator: '!~', value: 'O.*' },
      { field: 'city', operator: '!~', values: ['O.*'] },
    ],
    [
      { key: 'city', operator: '=|', value: 'Oslo', values: ['Oslo', 'Bergen'] },
      { field: 'city', operator: 'in', values: ['Oslo', 'Bergen'] },
    ],
    [
      { key: 'city', operator: '!=|', value: 'Oslo', values: ['Oslo', 'Bergen'] },
      { field: 'city', operator: 'notIn', values: ['Oslo', 'Bergen'] },
    ],
    [
      { key: 'errorCode', operator: '>', value: '0' },
      { field: 'errorCode', operator: '>', values: ['0'] },
    ],
  ])('join the filters of a query: %j', async (filter, expected) => {
    const request = { targets: [query({ filters: [] })], filters: [filter], timezone: 'utc', scopedVars: {} };
    await lastValueFrom(newDataSource().query(request as unknown as DataQueryRequest<EntraQuery>));
    expect(requests.at(-1)?.data?.queries[0].filters).toEqual([expected]);
  });

  test('leave queries alone that have no such field, and say so', async () => {
    const filters = [{ key: 'category', operator: '=', value: 'Policy' }];
    const request = { targets: [query({ filters: [] })], filters, timezone: 'utc', scopedVars: {} };
    const datasource = newDataSource();
    await lastValueFrom(datasource.query(request as unknown as DataQueryRequest<EntraQuery>));
    expect(requests.at(-1)?.data?.queries[0].filters).toEqual([]);

    const applicable = async (queryType: string) =>
      (await datasource.getDrilldownsApplicability({ filters, queries: [requested(queryType)] }))[0].applicable;
    await expect(applicable('signIn')).resolves.toBe(false);
    await expect(applicable('auditEvent')).resolves.toBe(true);
  });
});
