import React from 'react';
import {
  CoreApp,
  createDataFrame,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  dateTime,
  FieldType,
  type LogRowModel,
  LogRowContextQueryDirection,
  SupplementaryQueryType,
} from '@grafana/data';
import { type GrafanaLiveSrv, type LiveDataStreamOptions, setGrafanaLiveSrv } from '@grafana/runtime';
import { render, screen } from '@testing-library/react';
import { lastValueFrom, of } from 'rxjs';

import type { DataSource } from '../datasource';
import { DEFAULT_QUERY, EXPLORE_QUERY } from '../query/views';
import { kinds, newDataSource, type SentRequest, serve, setVariables } from '../testing';
import { newUser } from '../testing/user';
import type { EntraQuery, Filter } from '../types';
import { severityField } from './severity';

const logs: EntraQuery = { refId: 'A', ...EXPLORE_QUERY };
const numbers: EntraQuery = { refId: 'B', ...DEFAULT_QUERY };
const where = (field: string, operator: Filter['operator'], ...values: string[]): Filter => ({
  field,
  operator,
  values,
});

let datasource: DataSource;
let requests: SentRequest[];

beforeEach(async () => {
  setVariables({});
  requests = serve({ '/catalog': { kinds }, '/api/ds/query': { results: {} } });
  datasource = newDataSource();
  await datasource.catalog.kinds();
});

function request(targets: EntraQuery[], changes: Partial<DataQueryRequest<EntraQuery>> = {}) {
  const [from, to] = [dateTime(1000), dateTime(2000)];
  return {
    targets,
    app: CoreApp.Explore,
    range: { from, to, raw: { from, to } },
    timezone: 'utc',
    scopedVars: {},
    ...changes,
  } as DataQueryRequest<EntraQuery>;
}

/** Responds to a query with a frame, as Grafana's server writes them. */
function answer(refId: string, fields: Array<{ name: string; type: FieldType; labels?: Record<string, string> }>) {
  const frame = { schema: { refId, fields }, data: { values: fields.map(() => []) } };
  requests = serve({ '/catalog': { kinds }, '/api/ds/query': { results: { [refId]: { frames: [frame] } } } });
}

describe('beside a query', () => {
  test('every kind has a severity to count by', () => {
    for (const { kind, fields } of kinds) {
      expect(fields).toContainEqual(expect.objectContaining({ name: severityField(kind), groupable: true }));
    }
  });

  test('of lines is how many there are of each status', () => {
    expect(datasource.getSupplementaryRequest(SupplementaryQueryType.LogsVolume, request([logs]))?.targets).toEqual([
      expect.objectContaining({
        refId: 'log-volume-A',
        queryType: 'signIn',
        view: 'timeSeries',
        measure: 'count',
        groupBy: ['status'],
        filters: logs.filters,
      }),
    ]);
  });

  test('of risk detections is how many there are of each level', () => {
    const query = datasource.getSupplementaryQuery(
      { type: SupplementaryQueryType.LogsVolume },
      { ...logs, queryType: 'riskDetection', filters: [] }
    );
    expect(query?.groupBy).toEqual(['riskLevel']);
  });

  test('of numbers are some of the lines they count', () => {
    const sample = datasource.getSupplementaryRequest(SupplementaryQueryType.LogsSample, request([numbers, logs]), {
      type: SupplementaryQueryType.LogsSample,
      limit: 20,
    });
    expect(sample?.targets).toEqual([
      expect.objectContaining({ refId: 'log-sample-B', view: 'logs', filters: numbers.filters, limit: 20 }),
    ]);
  });

  test('of evaluations of policies is nothing, as they have no lines', () => {
    const policies: EntraQuery = {
      ...numbers,
      queryType: 'conditionalAccess',
      view: 'table',
      groupBy: ['policyResult'],
    };
    const { LogsSample: type } = SupplementaryQueryType;
    expect(datasource.getSupplementaryRequest(type, request([policies]), { type })).toBeUndefined();
  });

  test.each([
    ['numbers', numbers],
    ['a hidden query', { ...logs, hide: true }],
  ])('of %s is no volume', (_, query) => {
    expect(datasource.getSupplementaryRequest(SupplementaryQueryType.LogsVolume, request([query]))).toBeUndefined();
  });

  test.each([
    ['success', 'info'],
    ['interrupted', 'warning'],
    ['failure', 'error'],
  ])('%s has the color of level %s', async (status, level) => {
    answer('log-volume-A', [
      { name: 'time', type: FieldType.time },
      { name: 'value', type: FieldType.number, labels: { status } },
    ]);
    const volume = request([{ ...numbers, refId: 'log-volume-A' }]);
    const response = await lastValueFrom(datasource.query(volume));
    expect(response.data[0].fields[1].labels).toEqual({ status, level });
  });
});

describe('around a line', () => {
  const row = (labels: Record<string, string>) =>
    ({ uid: 'A_1', timeEpochMs: 1_000_000_000, labels, dataFrame: createDataFrame({ fields: [] }) }) as LogRowModel;
  const line = row({ userPrincipalName: 'mona@example.com', ipAddress: '192.0.2.7', status: 'failure' });
  const { Backward, Forward } = LogRowContextQueryDirection;
  const sent = () => requests.at(-1)?.data;

  test('are the same user’s records right before it, the nearest first', async () => {
    await datasource.getLogRowContext(line, { direction: Backward, limit: 30 }, logs);
    expect(sent()).toMatchObject({
      to: '1000000001',
      queries: [
        {
          queryType: 'signIn',
          view: 'logs',
          filters: [where('userPrincipalName', '=', 'mona@example.com')],
          order: 'newest',
          limit: 30,
        },
      ],
    });
  });

  test('and right after it', async () => {
    await datasource.getLogRowContext(line, { direction: Forward }, { ...logs, queryType: 'riskDetection' });
    expect(sent()).toMatchObject({ from: '1000000000', queries: [{ queryType: 'riskDetection', order: 'oldest' }] });
  });

  test('or the same address’s, or everyone’s', async () => {
    const rerun = jest.fn();
    render(<>{datasource.getLogRowContextUi(line, rerun)}</>);
    expect(screen.getByRole('radio', { name: 'The same user' })).toBeChecked();

    await newUser().click(screen.getByRole('radio', { name: 'The same address' }));
    expect(rerun).toHaveBeenCalledTimes(1);
    await expect(datasource.getLogRowContextQuery(line, {}, logs)).resolves.toMatchObject({
      filters: [where('ipAddress', '=', '192.0.2.7')],
    });

    await newUser().click(screen.getByRole('radio', { name: 'Everyone' }));
    await expect(datasource.getLogRowContextQuery(line, {}, logs)).resolves.toMatchObject({ filters: [] });
  });

  test('are the user’s alone in the activity of a user, which is of nobody else', async () => {
    const activity: EntraQuery = { ...logs, queryType: 'userActivity' };
    render(<>{datasource.getLogRowContextUi(line, jest.fn(), activity)}</>);
    expect(screen.getAllByRole('radio')).toHaveLength(1);
    await expect(datasource.getLogRowContextQuery(line, {}, activity)).resolves.toMatchObject({
      queryType: 'userActivity',
      filters: [where('userPrincipalName', '=', 'mona@example.com')],
    });
  });

  test('are the address’s where no user is named', async () => {
    const nobody = row({ ipAddress: '192.0.2.7' });
    render(<>{datasource.getLogRowContextUi(nobody)}</>);
    expect(screen.queryByRole('radio', { name: 'The same user' })).not.toBeInTheDocument();
    await expect(datasource.getLogRowContextQuery(nobody, {}, logs)).resolves.toMatchObject({
      filters: [where('ipAddress', '=', '192.0.2.7')],
    });
  });
});

describe('the details of a line and the cells of a table', () => {
  const failures = { ...logs, filters: [where('status', '=', 'failure')] };
  const teams = { key: 'appDisplayName', value: 'Teams' };

  test('filter for a value and, once more, no longer', () => {
    const once = datasource.toggleQueryFilter(failures, { type: 'FILTER_FOR', options: teams });
    expect(once.filters).toEqual([where('status', '=', 'failure'), where('appDisplayName', '=', 'Teams')]);
    expect(datasource.queryHasFilter(once, teams)).toBe(true);

    const twice = datasource.toggleQueryFilter(once, { type: 'FILTER_FOR', options: teams });
    expect(twice.filters).toEqual(failures.filters);
    expect(datasource.queryHasFilter(twice, teams)).toBe(false);
  });

  test('filter a value out instead of for it', () => {
    const query = datasource.toggleQueryFilter(
      { ...failures, filters: [where('appDisplayName', '=', 'Teams')] },
      { type: 'FILTER_OUT', options: teams }
    );
    expect(query.filters).toEqual([where('appDisplayName', '!=', 'Teams')]);
  });

  test('know a column by what heads it', () => {
    const options = { key: 'Application', value: 'Teams' };
    expect(datasource.modifyQuery(failures, { type: 'ADD_FILTER_OUT', options }).filters).toContainEqual(
      where('appDisplayName', '!=', 'Teams')
    );
    expect(datasource.modifyQuery(failures, { type: 'ADD_FILTER', options }).filters).toContainEqual(
      where('appDisplayName', '=', 'Teams')
    );
  });

  test('filter for each value of a list', () => {
    const options = { key: 'conditionalAccessPolicies', value: 'CA001, CA002' };
    const once = datasource.toggleQueryFilter(failures, { type: 'FILTER_FOR', options });
    expect(once.filters).toContainEqual(where('conditionalAccessPolicies', 'in', 'CA001', 'CA002'));
    expect(datasource.queryHasFilter(once, options)).toBe(true);
    expect(datasource.modifyQuery(failures, { type: 'ADD_FILTER_OUT', options }).filters).toContainEqual(
      where('conditionalAccessPolicies', 'notIn', 'CA001', 'CA002')
    );
  });

  test('leave a query alone that cannot be filtered so', () => {
    const options = { key: 'createdDateTime', value: '2026-01-01' };
    expect(datasource.modifyQuery(failures, { type: 'ADD_FILTER', options })).toBe(failures);
    expect(datasource.modifyQuery(failures, { type: 'ADD_STRING_FILTER', options })).toBe(failures);
  });
});

describe('links', () => {
  const target = { datasourceUid: 'entra', datasourceName: 'Entra ID' };
  const to = (queryType: string, view: string, ...filters: Filter[]) => ({
    ...target,
    query: { refId: 'A', version: 2, queryType, view, filters },
  });
  const here = (field: string) => where(field, '=', '${__value.raw}');

  async function fieldsOf(query: EntraQuery, name: string, ...fields: Array<[string, FieldType, unknown[]]>) {
    const frame = {
      schema: { refId: query.refId, name, fields: fields.map(([name, type]) => ({ name, type })) },
      data: { values: fields.map(([, , values]) => values) },
    };
    serve({ '/api/ds/query': { results: { [query.refId]: { frames: [frame] } } } });
    const { data } = await lastValueFrom(datasource.query(request([query])));
    return (data as DataFrame[])[0].fields;
  }

  async function linksOf(query: EntraQuery, name: string, ...names: string[]) {
    const fields = await fieldsOf(query, name, ...names.map((each) => [each, FieldType.string, []] as never));
    return fields.map(({ config }) => config.links?.[0].internal);
  }

  test('lead from a list to the record, its user, address and application', async () => {
    const list: EntraQuery = { ...logs, view: 'list' };
    const links = await linksOf(list, '', 'id', 'userPrincipalName', 'ipAddress', 'appDisplayName', 'city');
    expect(links).toEqual([
      to('signIn', 'detail', here('id')),
      to('userActivity', 'list', here('userPrincipalName')),
      to('signIn', 'list', here('ipAddress')),
      to('signIn', 'list', here('appDisplayName')),
      undefined,
    ]);
  });

  test('lead to records of their own kind where a list mixes them', async () => {
    const mixed: EntraQuery = { ...logs, queryType: 'userActivity', view: 'list' };
    expect((await linksOf(mixed, '', 'kind', 'id'))[1]).toEqual(to('${__data.fields["kind"]}', 'detail', here('id')));
    expect(await linksOf(mixed, '', 'id')).toEqual([undefined]);
  });

  test('lead from what a policy decided to the sign-in', async () => {
    const policies: EntraQuery = { ...logs, queryType: 'conditionalAccess', view: 'list' };
    expect(await linksOf(policies, '', 'id')).toEqual([to('signIn', 'detail', here('id'))]);
  });

  test('lead from one record to those that belong to it', async () => {
    const detail: EntraQuery = { ...logs, view: 'detail', filters: [where('id', '=', '4f6c')] };
    expect(await linksOf(detail, 'riskDetections', 'id')).toEqual([to('riskDetection', 'detail', here('id'))]);
    expect(await linksOf(detail, 'attempt', 'id')).toEqual([to('signIn', 'detail', here('id'))]);
    expect(await linksOf(detail, 'policies', 'id')).toEqual([undefined]);
  });

  test('lead from a property of a record to others that share it', async () => {
    const detail: EntraQuery = { ...logs, view: 'detail', filters: [where('id', '=', '4f6c')] };
    const [, value] = await linksOf(detail, 'summary', 'property', 'value', 'field');
    const follow = (field: string, text: string) => {
      const row: Record<string, string> = { '${__data.fields["field"]}': field, '${__value.raw}': text };
      return value?.query({ replaceVariables: (variable: string) => row[variable], scopedVars: {} });
    };
    expect(follow('city', 'Oslo')).toMatchObject({
      queryType: 'signIn',
      view: 'list',
      filters: [where('city', '=', 'Oslo')],
    });
    expect(follow('userPrincipalName', 'mona')).toMatchObject({ queryType: 'userActivity', view: 'list' });
    expect(follow('', 'Mfa')).toMatchObject({ view: 'detail', filters: detail.filters });
  });

  test('lead from a line to its record', async () => {
    const fields = await fieldsOf(
      { ...logs, queryType: 'userActivity' },
      '',
      ['id', FieldType.string, ['userActivity/4f6c']],
      ['labels', FieldType.other, [{ kind: 'auditEvent' }]]
    );
    const [, , record, kind] = fields;
    expect(record).toMatchObject({ name: 'record', values: ['4f6c'] });
    expect(kind).toMatchObject({ name: 'kind', values: ['auditEvent'] });
    expect(record.config.links?.[0].internal).toEqual(to('${__data.fields["kind"]}', 'detail', here('id')));
  });

  test('are beside buttons that filter for and filter out', async () => {
    const table: EntraQuery = { ...numbers, view: 'table' };
    const fields = await fieldsOf(
      table,
      '',
      ['status', FieldType.string, []],
      ['createdDateTime', FieldType.time, []],
      ['count', FieldType.number, []]
    );
    expect(fields.map(({ config }) => config.filterable)).toEqual([true, undefined, undefined]);
  });

  test('stay as the backend made them', async () => {
    const own = { title: 'Own', url: 'https://example.com' };
    const frame = {
      schema: { refId: 'A', fields: [{ name: 'id', type: FieldType.string, config: { links: [own] } }] },
      data: { values: [[]] },
    };
    serve({ '/api/ds/query': { results: { A: { frames: [frame] } } } });
    const { data } = await lastValueFrom(datasource.query(request([logs])));
    expect(data[0].fields[0].config.links).toEqual([own]);
  });
});

test('the tail of a query follows it live', async () => {
  let options: LiveDataStreamOptions | undefined;
  const frame = createDataFrame({ fields: [{ name: 'body', type: FieldType.string, values: ['mona@example.com'] }] });
  setGrafanaLiveSrv({
    getDataStream: (requested) => {
      options = requested;
      return of<DataQueryResponse>({ data: [frame] });
    },
  } as GrafanaLiveSrv);
  setVariables({ app: 'Zürich' });
  requests = serve({ '/resources/tail': { path: 'tail/4f6c' } });

  const query = { ...logs, filters: [where('appDisplayName', '=', '$app'), where('status', '=')] };
  const response = await lastValueFrom(datasource.query(request([query], { liveStreaming: true })));

  expect(response.data[0].refId).toBe('A');
  const model = { queryType: 'signIn', version: 2, view: 'logs', filters: [where('appDisplayName', '=', 'Zürich')] };
  expect(requests.at(-1)).toMatchObject({ url: expect.stringMatching(/resources\/tail$/), data: { query: model } });
  expect(options?.addr).toEqual({
    scope: 'ds',
    stream: 'entra',
    namespace: 'entra',
    path: 'tail/4f6c',
    data: model,
  });
});
