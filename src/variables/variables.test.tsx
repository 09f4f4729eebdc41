import React, { useState } from 'react';
import { type DataQueryRequest, dateTime, type ScopedVars } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import { lastValueFrom } from 'rxjs';

import { fakeLayout, kinds, newDataSource, type SentRequest, serve, setVariables, vocabulary } from '../testing';
import { choose, newUser } from '../testing/user';
import type { Filter, VariableQuery } from '../types';
import { metricsVariable } from './variableQuery';

const [from, to] = [dateTime(1000), dateTime(2000)];
const range = { from, to, raw: { from, to } };
const where = (field: string, operator: Filter['operator'], ...values: string[]): Filter => ({
  field,
  operator,
  values,
});

let requests: SentRequest[];

beforeEach(() => {
  fakeLayout();
  setVariables({ app: ['Teams', 'Excel'], country: '$__all' });
  requests = serve({
    '/catalog': { kinds },
    '/metrics/values': { values: ['Teams', 'Excel'], more: false },
    '/metrics': vocabulary,
    '/values': { values: [{ value: '50126', label: '50126 InvalidUserNameOrPassword' }] },
  });
});

describe('a variable', () => {
  async function values(query: Partial<VariableQuery>, scopedVars: ScopedVars = {}) {
    const request = { targets: [query], range, scopedVars } as DataQueryRequest<VariableQuery>;
    return (await lastValueFrom(newDataSource().variables.query(request))).data;
  }

  const requested = () => requests.at(-1)?.params;

  test('offers the values of a field that were seen in the range', async () => {
    await expect(values({ queryType: 'signIn', field: 'errorCode' })).resolves.toEqual([
      { value: '50126', text: '50126 InvalidUserNameOrPassword' },
    ]);
    expect(requested()).toEqual({ kind: 'signIn', field: 'errorCode', search: '', limit: 100, from: 1000, to: 2000 });
  });

  test('searches for what is typed into it', async () => {
    await values({ queryType: 'signIn', field: 'userPrincipalName' }, { __searchFilter: { text: 'mo', value: 'mo' } });
    expect(requested()).toMatchObject({ search: 'mo', limit: 100 });

    await values(
      { queryType: 'signIn', field: 'userPrincipalName', search: 'adm-$__searchFilter', limit: 20 },
      { __searchFilter: { text: 'mo', value: 'mo' } }
    );
    expect(requested()).toMatchObject({ search: 'adm-mo', limit: 20 });
  });

  test('depends on others, of which All is no filter', async () => {
    const filters = [where('appDisplayName', '=', '$app'), where('countryOrRegion', '=', '$country')];
    await values({ queryType: 'signIn', field: 'userPrincipalName', filters });
    expect(requested()?.filters).toBe(JSON.stringify([where('appDisplayName', 'in', 'Teams', 'Excel')]));
  });

  test('without a field offers nothing, and requests nothing', async () => {
    await expect(values({ queryType: 'signIn' })).resolves.toEqual([]);
    expect(requests).toEqual([]);
  });
});

describe('a variable about metrics', () => {
  async function texts(query: unknown, scopedVars: ScopedVars = {}) {
    const request = { targets: [query], range, scopedVars } as DataQueryRequest<VariableQuery>;
    return (await lastValueFrom(newDataSource().variables.query(request))).data.map(({ text }) => text);
  }

  const parts = { queryType: 'metrics', metric: 'entra_signins_total', label: 'app', match: '{app=~"$app"}' };

  test.each<[string, unknown]>([
    ['in parts', parts],
    ['as a text', { query: 'label_values(entra_signins_total{app=~"$app"}, app)' }],
    ['as nothing but a text', 'label_values( entra_signins_total {app=~"$app"},app )'],
  ])('offers values of a label, saved %s', async (_, query) => {
    const typed = { __searchFilter: { text: 'te', value: 'te' } };
    await expect(texts(query, typed)).resolves.toEqual(['Teams', 'Excel']);
    expect(requests.at(-1)?.params).toEqual({
      metric: 'entra_signins_total',
      label: 'app',
      search: 'te',
      limit: 100,
      from: 1000,
      to: 2000,
      match: '{app=~"(Teams|Excel)"}',
    });
  });

  test('offers names of labels, and metrics', async () => {
    await expect(texts('label_names(entra_audit_events_total)')).resolves.toEqual([
      'tenant',
      'service',
      'category',
      'result',
    ]);
    await expect(texts('metrics(entra_.*_total)')).resolves.toEqual([
      'entra_signins_total',
      'entra_audit_events_total',
    ]);
    await expect(texts('metrics()')).resolves.toHaveLength(3);
  });

  test.each(['label_values(app)', 'label_values(x, a, b)', 'query_result(x)', 'label_values({a="b"}, app)'])(
    'is not %s',
    (text) => {
      expect(metricsVariable(text)).toBeUndefined();
    }
  );
});

describe('the editor of a variable', () => {
  let saved: VariableQuery;

  function Editor({ query: initial }: { query: Partial<VariableQuery> }) {
    const [datasource] = useState(newDataSource);
    const [query, setQuery] = useState(initial as VariableQuery);
    const { editor: VariableEditor } = datasource.variables;
    return (
      <VariableEditor
        datasource={datasource}
        query={query}
        range={range}
        onRunQuery={() => {}}
        onChange={(changed) => {
          saved = changed;
          setQuery(changed);
        }}
      />
    );
  }

  async function open(query: Partial<VariableQuery> = {}) {
    const user = newUser();
    render(<Editor query={query} />);
    await screen.findByLabelText('Activity');
    return user;
  }

  test('takes kind, field and a filter by another variable', async () => {
    const user = await open();
    await choose(user, 'Activity', /^Audit events/, 'Audit');
    await choose(user, 'Values of', /^Activity/, 'Activity');
    await user.click(screen.getByRole('button', { name: 'Add' }));
    await choose(user, 'Values for Service', /\$\{app\}/, 'app');
    expect(saved).toMatchObject({
      queryType: 'auditEvent',
      field: 'activityDisplayName',
      filters: [where('loggedByService', '=', '${app}')],
      search: '$__searchFilter',
      limit: 100,
    });
  });

  test('another kind keeps the field and filters it has too', async () => {
    const filters = [where('status', '=', 'failure'), where('appDisplayName', '=', 'Teams')];
    const user = await open({ queryType: 'signIn', field: 'ipAddress', filters });
    await choose(user, 'Activity', /^Audit events/, 'Audit');
    expect(saved).toMatchObject({ queryType: 'auditEvent', field: 'ipAddress', filters: [filters[0]] });

    await choose(user, 'Activity', /^Provisioning events/, 'Provisioning');
    expect(saved).toMatchObject({ queryType: 'provisioningEvent', field: '', filters: [filters[0]] });
  });

  test('takes a text to search for and a limit', async () => {
    const user = await open({ queryType: 'signIn', field: 'userPrincipalName' });
    await user.type(screen.getByLabelText('Containing'), '@example.com');
    await user.tab();
    expect(saved.search).toBe('$__searchFilter@example.com');

    await user.clear(screen.getByLabelText('Limit'));
    await user.type(screen.getByLabelText('Limit'), '20{Enter}');
    expect(saved.limit).toBe(20);
  });

  test('takes values of a metric’s label, by choice or as text', async () => {
    const user = await open();
    await choose(user, 'Activity', /^Metrics/, 'Metrics');
    expect(saved).toMatchObject({ queryType: 'metrics', metric: 'entra_signins_total', label: 'app', match: '' });
    expect(await screen.findByLabelText('As text')).toHaveValue('label_values(entra_signins_total, app)');

    await choose(user, 'Label', /^status/, 'status');
    expect(saved).toMatchObject({ label: 'status' });

    await user.clear(screen.getByLabelText('As text'));
    await user.paste('nonsense');
    await user.tab();
    expect(await screen.findByRole('alert')).toHaveTextContent('label_values(metric, label)');
    expect(saved).toMatchObject({ label: 'status' });

    await user.clear(screen.getByLabelText('As text'));
    await user.click(screen.getByLabelText('As text'));
    await user.paste('label_names(entra_signins_total)');
    await user.tab();
    expect(saved).toMatchObject({ metric: 'entra_signins_total', label: '' });

    await choose(user, 'Activity', /^Audit events/, 'Audit');
    expect(saved.queryType).toBe('auditEvent');
  });

  test('names everything', async () => {
    await open({ queryType: 'signIn', field: 'appId', filters: [where('status', '=', 'failure')] });
    for (const role of ['combobox', 'spinbutton', 'textbox', 'button'] as const) {
      screen.queryAllByRole(role).forEach((control) => expect(control).toHaveAccessibleName());
    }
  });
});
