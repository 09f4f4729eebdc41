import React, { useState } from 'react';
import { type DataQueryRequest, dateTime, type ScopedVars } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { lastValueFrom } from 'rxjs';

import { fakeLayout, kinds, newDataSource, type SentRequest, serve, setVariables } from '../testing';
import type { Filter, VariableQuery } from '../types';

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
    '/catalogue': { kinds },
    '/values': { values: [{ value: '50126', label: '50126 InvalidUserNameOrPassword' }] },
  });
});

describe('a variable', () => {
  async function values(query: Partial<VariableQuery>, scopedVars: ScopedVars = {}) {
    const request = { targets: [query], range, scopedVars } as DataQueryRequest<VariableQuery>;
    return (await lastValueFrom(newDataSource().variables.query(request))).data;
  }

  const asked = () => requests.at(-1)?.params;

  test('offers the values of a field that were seen in the range', async () => {
    await expect(values({ queryType: 'signIn', field: 'errorCode' })).resolves.toEqual([
      { value: '50126', text: '50126 InvalidUserNameOrPassword' },
    ]);
    expect(asked()).toEqual({ kind: 'signIn', field: 'errorCode', search: '', limit: 100, from: 1000, to: 2000 });
  });

  test('searches for what is typed into it', async () => {
    await values({ queryType: 'signIn', field: 'userPrincipalName' }, { __searchFilter: { text: 'mo', value: 'mo' } });
    expect(asked()).toMatchObject({ search: 'mo', limit: 100 });

    await values(
      { queryType: 'signIn', field: 'userPrincipalName', search: 'adm-$__searchFilter', limit: 20 },
      { __searchFilter: { text: 'mo', value: 'mo' } }
    );
    expect(asked()).toMatchObject({ search: 'adm-mo', limit: 20 });
  });

  test('depends on others, of which All is no filter', async () => {
    const filters = [where('appDisplayName', '=', '$app'), where('countryOrRegion', '=', '$country')];
    await values({ queryType: 'signIn', field: 'userPrincipalName', filters });
    expect(asked()?.filters).toBe(JSON.stringify([where('appDisplayName', 'in', 'Teams', 'Excel')]));
  });

  test('without a field offers nothing, and asks nothing', async () => {
    await expect(values({ queryType: 'signIn' })).resolves.toEqual([]);
    expect(requests).toEqual([]);
  });
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
    const user = userEvent.setup();
    render(<Editor query={query} />);
    await screen.findByLabelText('Activity');
    return user;
  }

  async function choose(user: ReturnType<typeof userEvent.setup>, label: string, search: string, option: RegExp) {
    await user.click(screen.getByRole('combobox', { name: label }));
    await user.keyboard(search);
    await user.click(await screen.findByRole('option', { name: option }));
  }

  test('takes kind, field and a filter by another variable', async () => {
    const user = await open();
    await choose(user, 'Activity', 'Audit', /^Audit events/);
    await choose(user, 'Values of', 'Activity', /^Activity/);
    await user.click(screen.getByRole('button', { name: 'Add' }));
    await choose(user, 'Values for Service', 'app', /\$\{app\}/);
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
    await choose(user, 'Activity', 'Audit', /^Audit events/);
    expect(saved).toMatchObject({ queryType: 'auditEvent', field: 'ipAddress', filters: [filters[0]] });

    await choose(user, 'Activity', 'Provisioning', /^Provisioning events/);
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

  test('names everything', async () => {
    await open({ queryType: 'signIn', field: 'appId', filters: [where('status', '=', 'failure')] });
    for (const role of ['combobox', 'spinbutton', 'textbox', 'button'] as const) {
      screen.queryAllByRole(role).forEach((control) => expect(control).toHaveAccessibleName());
    }
  });
});
