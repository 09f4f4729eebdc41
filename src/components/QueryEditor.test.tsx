import React, { useState } from 'react';
import { CoreApp, dateTime, type TimeRange } from '@grafana/data';
import { render, screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';

import { DEFAULT_QUERY } from '../query/views';
import { fakeLayout, kinds, newDataSource, type SentRequest, serve, setVariables } from '../testing';
import { choose, newUser } from '../testing/user';
import type { EntraQuery, Filter } from '../types';
import { sectionLabel } from './labels';
import { QueryEditor } from './QueryEditor';

const values = [
  { value: 'Azure Portal', label: 'Azure Portal' },
  { value: 'Power BI', label: 'Power BI' },
];

const [from, to] = [dateTime(1000), dateTime(2000)];
const range: TimeRange = { from, to, raw: { from, to } };

let requests: SentRequest[];
let onChange: jest.Mock<void, [EntraQuery]>;
let onRunQuery: jest.Mock;

beforeEach(() => {
  fakeLayout();
  setVariables({ app: 'Azure Portal' });
  requests = serve({ '/catalog': { kinds }, '/values': { values } });
  onChange = jest.fn();
  onRunQuery = jest.fn();
});

/** Keeps the query as Grafana does between changes. */
function Editor({ query: initial, app }: { query: EntraQuery; app?: CoreApp }) {
  const [datasource] = useState(newDataSource);
  const [query, setQuery] = useState(initial);
  return (
    <QueryEditor
      datasource={datasource}
      query={query}
      app={app}
      range={range}
      onChange={(saved) => {
        const changed = saved as EntraQuery;
        onChange(changed);
        setQuery(changed);
      }}
      onRunQuery={onRunQuery}
    />
  );
}

async function open(changes: Partial<EntraQuery> = {}, app?: CoreApp) {
  const user = newUser();
  const view = render(<Editor query={{ refId: 'A', ...DEFAULT_QUERY, ...changes }} app={app} />);
  await screen.findByLabelText('Activity');
  return { user, ...view };
}

const changed = () => onChange.mock.lastCall?.[0];

async function tabTo(user: UserEvent, element: HTMLElement, back = false) {
  while (document.activeElement !== element) {
    await user.tab({ shift: back });
  }
}

/** Chooses with the keyboard alone: goes there, searches, takes the first that is found. */
async function chooseByKeys(user: UserEvent, label: string, search: string, option: string | RegExp) {
  const combobox = screen.getByRole('combobox', { name: label });
  await tabTo(user, combobox);
  await user.keyboard(search);
  await screen.findByRole('option', { name: option });
  await user.keyboard('{ArrowDown}{Enter}');
}

const filter = (field: string, operator: Filter['operator'], ...values: string[]): Filter => ({
  field,
  operator,
  values,
});

describe('shows what a view has', () => {
  const CONTROLS = ['Measure', 'Group by', 'Top', 'Other', 'Seen', 'Interval', 'Add a column', 'Order', 'Limit'];

  test.each<[EntraQuery['view'], string[]]>([
    ['timeSeries', ['Measure', 'Group by', 'Top', 'Other', 'Interval']],
    ['table', ['Measure', 'Group by', 'Top', 'Other', 'Seen', 'Limit']],
    ['value', ['Measure']],
    ['list', ['Add a column', 'Order', 'Limit']],
    ['logs', ['Order', 'Limit']],
    ['detail', []],
  ])('%s: %p', async (view, expected) => {
    await open({ view, top: 3 });
    expect(screen.getByLabelText('Filter by')).toBeInTheDocument();
    expect(CONTROLS.filter((label) => screen.queryByLabelText(label))).toEqual(expected);
    expect(screen.queryByLabelText('Section') !== null).toBe(view === 'detail');
    expect(screen.queryByRole('link', { name: 'Download as CSV' }) !== null).toBe(view !== 'detail');
  });

  test('no top without groups, and nothing for the rest of all', async () => {
    const { unmount } = await open({ groupBy: [] });
    expect(screen.queryByLabelText('Top')).not.toBeInTheDocument();
    unmount();

    await open({ groupBy: ['status'], top: 0 });
    expect(screen.getByLabelText('Top')).toBeInTheDocument();
    expect(screen.queryByLabelText('Other')).not.toBeInTheDocument();
  });

  test('nothing without a name', async () => {
    for (const view of ['timeSeries', 'table', 'list', 'logs', 'detail'] as const) {
      const { unmount } = await open({ view, top: 3, filters: [filter('errorCode', '>', '0'), filter('status', '=')] });
      for (const role of ['combobox', 'spinbutton', 'switch', 'radio', 'radiogroup', 'button', 'link'] as const) {
        screen.queryAllByRole(role).forEach((control) => expect(control).toHaveAccessibleName());
      }
      unmount();
    }
  });
});

describe('shows what a kind has', () => {
  test.each(kinds.map(({ kind, label, views }) => [kind, label, views] as const))('%s', async (kind, label, views) => {
    const { user } = await open({ queryType: kind, view: views[0], filters: [] });
    expect(screen.getByLabelText('Activity')).toHaveValue(label);
    await user.click(screen.getByLabelText('View'));
    const offered = await screen.findAllByRole('option');
    expect(offered).toHaveLength(views.filter((view) => view !== 'annotations').length);
  });

  test('nothing new or unused where the kind does not tell', async () => {
    await open({ queryType: 'riskyUser', view: 'table', filters: [], groupBy: ['riskLevel'] });
    expect(screen.queryByLabelText('Seen')).not.toBeInTheDocument();
  });

  test('its own measures', async () => {
    const { user } = await open({ queryType: 'provisioningEvent', view: 'timeSeries', filters: [] });
    await choose(user, 'Measure', 'Average duration');
    expect(changed()).toMatchObject({ queryType: 'provisioningEvent', measure: 'averageDuration' });
  });

  test('numbers only for alert rules', async () => {
    const { user } = await open({}, CoreApp.UnifiedAlerting);
    await user.click(screen.getByLabelText('View'));
    const offered = (await screen.findAllByRole('option')).map((option) => option.textContent);
    expect(offered).toEqual([
      expect.stringMatching(/^Time/),
      expect.stringMatching(/^Table/),
      expect.stringMatching(/^Single/),
    ]);
  });
});

describe('another kind', () => {
  test('keeps what it has too, and starts with its own filters', async () => {
    const { user } = await open({ filters: [filter('status', '=', 'failure')], groupBy: ['status', 'appDisplayName'] });
    await choose(user, 'Activity', /^Audit events/);
    expect(changed()).toMatchObject({
      queryType: 'auditEvent',
      view: 'timeSeries',
      filters: [filter('status', '=', 'failure')],
      groupBy: ['status'],
    });

    await choose(user, 'Activity', /^Sign-ins/, 'Sign-ins');
    expect(changed()?.filters).toEqual([
      filter('signInEventTypes', 'in', 'interactiveUser'),
      filter('status', '=', 'failure'),
    ]);
    expect(screen.getByLabelText('Values for Sign-in type')).toBeInTheDocument();
  });

  test('is requested once', async () => {
    const { user } = await open();
    await choose(user, 'Activity', /^Risk detections/, 'Risk det');
    expect(onChange).toHaveBeenCalledTimes(1);
    expect(onRunQuery).toHaveBeenCalledTimes(1);
  });
});

describe('a query is built', () => {
  test('by mouse: failed sign-ins of an application by country', async () => {
    const { user } = await open();
    await choose(user, 'View', /^Table/);
    await user.click(screen.getByRole('button', { name: 'Add' }));
    await user.click(screen.getByRole('button', { name: 'Remove filter on Sign-in type' }));
    await choose(user, 'Filter by', /^Status/, 'Status');
    await choose(user, 'Values for Status', 'failure');
    await choose(user, 'Group by', /^Country or region/, 'Country');
    expect(changed()).toEqual({
      refId: 'A',
      queryType: 'signIn',
      version: 2,
      view: 'table',
      filters: [filter('status', '=', 'failure')],
      measure: 'count',
      groupBy: ['status', 'countryOrRegion'],
      top: 0,
      other: true,
      seen: '',
      offset: '',
      limit: 1000,
    });
  });

  test('by keyboard: role changes as a list, oldest first', async () => {
    const { user } = await open();
    await chooseByKeys(user, 'Activity', 'Audit', /^Audit events/);
    expect(changed()?.queryType).toBe('auditEvent');

    await chooseByKeys(user, 'View', 'List', /^List/);
    expect(changed()?.view).toBe('list');

    await tabTo(user, screen.getByRole('button', { name: 'Add' }));
    await user.keyboard('{Enter}');
    await tabTo(user, screen.getByLabelText('Filter by'), true);
    await chooseByKeys(user, 'Filter by', 'Category', /^Category/);
    await chooseByKeys(user, 'Values for Category', 'RoleManagement', /RoleManagement/);
    expect(changed()).toMatchObject({
      queryType: 'auditEvent',
      view: 'list',
      filters: [filter('category', '=', 'RoleManagement')],
      order: 'newest',
    });
  });
});

test('changing the view keeps the filters', async () => {
  const filters = [filter('appDisplayName', 'contains', 'portal')];
  const { user } = await open({ filters });
  await choose(user, 'View', /^List/);

  expect(changed()).toMatchObject({ view: 'list', filters, columns: [], order: 'newest', limit: 1000 });
  expect(changed()).not.toHaveProperty('interval');
  expect(screen.getByLabelText('Values for Application')).toBeInTheDocument();
  expect(onRunQuery).toHaveBeenCalledTimes(1);
});

describe('filters', () => {
  test('are added on a field of their own that people look for, and restrict nothing yet', async () => {
    const { user } = await open();
    await user.click(screen.getByRole('button', { name: 'Add' }));
    expect(changed()?.filters).toEqual([
      filter('signInEventTypes', 'in', 'interactiveUser'),
      filter('userPrincipalName', '='),
    ]);
  });

  test('are removed', async () => {
    const { user } = await open({ filters: [filter('status', '='), filter('errorCode', '>', '0')] });
    await user.click(screen.getByRole('button', { name: 'Remove filter on Status' }));
    expect(changed()?.filters).toEqual([filter('errorCode', '>', '0')]);
  });

  test('take a field and one of its comparisons', async () => {
    const { user } = await open();
    await choose(user, 'Filter by', /^Application The/, 'Application');
    expect(changed()?.filters).toEqual([filter('appDisplayName', 'in')]);

    await user.click(screen.getByRole('combobox', { name: 'Comparison for Application' }));
    const offered = (await screen.findAllByRole('option')).map((option) => option.textContent);
    expect(offered).toHaveLength(8);
    await user.click(screen.getByRole('option', { name: 'starts with' }));
    expect(changed()?.filters).toEqual([filter('appDisplayName', 'startsWith')]);
  });

  test('take values that the backend suggests for what is typed', async () => {
    const { user } = await open({ filters: [filter('appDisplayName', '=')] });
    await user.type(screen.getByRole('combobox', { name: 'Values for Application' }), 'po');
    await user.click(await screen.findByRole('option', { name: 'Power BI' }));

    expect(changed()?.filters).toEqual([filter('appDisplayName', '=', 'Power BI')]);
    expect(requests.filter(({ url }) => url.endsWith('/values')).at(-1)).toMatchObject({
      url: '/api/datasources/uid/entra/resources/values',
      params: { kind: 'signIn', field: 'appDisplayName', search: 'po', from: 1000, to: 2000 },
    });
    expect(onRunQuery).toHaveBeenCalled();
  });

  test('take values that the other filters leave, whatever the variables in these are', async () => {
    const { user } = await open({
      filters: [filter('resourceDisplayName', '='), filter('appDisplayName', '=', '${app}')],
    });
    await choose(user, 'Values for Resource', 'Power BI');
    expect(requests.at(-1)?.params?.filters).toBe(JSON.stringify([filter('appDisplayName', '=', 'Azure Portal')]));
  });

  test('take several values, as one of them', async () => {
    const { user } = await open({ filters: [filter('appDisplayName', '=', 'Azure Portal')] });
    await choose(user, 'Values for Application', 'Power BI');
    expect(changed()?.filters).toEqual([filter('appDisplayName', 'in', 'Azure Portal', 'Power BI')]);
  });

  test('take any other text', async () => {
    const { user } = await open({ filters: [filter('appDisplayName', 'contains')] });
    await user.type(screen.getByRole('combobox', { name: 'Values for Application' }), 'unheard of');
    await user.click(await screen.findByRole('option', { name: /unheard of/ }));
    expect(changed()?.filters).toEqual([filter('appDisplayName', 'contains', 'unheard of')]);
  });

  test('take variables', async () => {
    const { user } = await open({ filters: [filter('appDisplayName', '=')] });
    await choose(user, 'Values for Application', '${app}');
    expect(changed()?.filters).toEqual([filter('appDisplayName', '=', '${app}')]);
  });

  test('know the values of a closed list without a request', async () => {
    const { user } = await open({ filters: [filter('status', '=')] });
    await user.type(screen.getByRole('combobox', { name: 'Values for Status' }), 'ail');
    await user.click(await screen.findByRole('option', { name: 'failure' }));
    expect(changed()?.filters).toEqual([filter('status', '=', 'failure')]);
    expect(requests.filter(({ url }) => url.endsWith('/values'))).toEqual([]);
  });

  test('take one value where more make no sense', async () => {
    const { user } = await open({ filters: [filter('errorCode', 'in', '50126', '50053')] });
    await choose(user, 'Comparison for Sign-in error code', '>=');
    expect(changed()?.filters).toEqual([filter('errorCode', '>=', '50126')]);
  });
});

describe('aggregation', () => {
  test('takes a measure', async () => {
    const { user } = await open();
    await choose(user, 'Measure', 'Users');
    expect(changed()).toMatchObject({ measure: 'distinctUsers', groupBy: ['status'] });
  });

  test('counts the values of a field, and lets one choose which', async () => {
    const { user } = await open({ view: 'table', groupBy: ['userPrincipalName'] });
    expect(screen.queryByLabelText('Of')).not.toBeInTheDocument();
    await choose(user, 'Measure', 'Distinct values');
    expect(changed()).toMatchObject({ measure: 'distinctValues', of: 'countryOrRegion' });
    await choose(user, 'Of', /^IP address/, 'IP addr');
    expect(changed()).toMatchObject({ measure: 'distinctValues', of: 'ipAddress' });
    await choose(user, 'Measure', 'Users');
    expect(changed()).toMatchObject({ measure: 'distinctUsers' });
    expect(changed()).not.toHaveProperty('of');
  });

  test('groups by further fields, three at most', async () => {
    const { user } = await open({ groupBy: ['status', 'ipAddress'] });
    await choose(user, 'Group by', /^Application The/, 'Application');
    expect(changed()?.groupBy).toEqual(['status', 'ipAddress', 'appDisplayName']);
    await waitFor(() => expect(screen.queryByRole('option', { name: /^City/ })).not.toBeInTheDocument());
  });

  test('keeps the largest groups, told once the number is complete', async () => {
    const { user } = await open({ groupBy: ['appDisplayName'] });
    await user.type(screen.getByLabelText('Top'), '12');
    expect(onChange).not.toHaveBeenCalled();
    await user.tab();
    expect(changed()?.top).toBe(12);

    await user.clear(screen.getByLabelText('Top'));
    await user.keyboard('{Enter}');
    expect(changed()?.top).toBe(0);
  });

  test('folds the rest or leaves it out', async () => {
    const { user } = await open({ groupBy: ['appDisplayName'], top: 3, other: true });
    await user.click(screen.getByLabelText('Other'));
    expect(changed()?.other).toBe(false);
  });

  test('takes an interval', async () => {
    const { user } = await open();
    await choose(user, 'Interval', /^Week/);
    expect(changed()?.interval).toBe('1w');
  });
});

describe('columns', () => {
  const columns = ['createdDateTime', 'userPrincipalName', 'appDisplayName'];

  test('start with those of the catalog', async () => {
    await open({ queryType: 'riskyUser', view: 'list', filters: [], columns: [] });
    expect(screen.getAllByRole('listitem').map((item) => item.textContent)).toEqual([
      'Risk last updated',
      'User',
      'Username',
      'Risk level',
      'Risk state',
      'Risk detail',
    ]);
    expect(screen.queryByRole('button', { name: 'Reset to defaults' })).not.toBeInTheDocument();
  });

  test('are searched for and added at the end', async () => {
    const { user } = await open({ view: 'list', columns });
    await choose(user, 'Add a column', /^IP address/, 'IP');
    expect(changed()?.columns).toEqual([...columns, 'ipAddress']);
    expect(screen.getByLabelText('Add a column')).toHaveValue('');
    expect(screen.getByLabelText('Add a column')).toHaveFocus();
  });

  test('are removed, and go back to the defaults', async () => {
    const { user } = await open({ view: 'list', columns });
    await user.click(screen.getByRole('button', { name: 'Remove column Username' }));
    expect(changed()?.columns).toEqual(['createdDateTime', 'appDisplayName']);
    await user.click(screen.getByRole('button', { name: 'Reset to defaults' }));
    expect(changed()?.columns).toEqual([]);
  });

  test('are moved by keyboard, and keep the focus', async () => {
    const { user } = await open({ view: 'list', columns });
    screen.getByRole('button', { name: 'Move Date right' }).focus();
    await user.keyboard('{Enter}');
    expect(changed()?.columns).toEqual(['userPrincipalName', 'createdDateTime', 'appDisplayName']);
    expect(screen.getByRole('button', { name: 'Move Date right' })).toHaveFocus();

    await user.keyboard('{Enter}');
    expect(changed()?.columns).toEqual(['userPrincipalName', 'appDisplayName', 'createdDateTime']);
    expect(screen.getByRole('button', { name: 'Move Date left' })).toHaveFocus();
  });
});

describe('rows', () => {
  test('come in an order', async () => {
    const { user } = await open({ view: 'logs' });
    await user.click(screen.getByRole('radio', { name: 'Oldest first' }));
    expect(changed()?.order).toBe('oldest');
  });

  test('take a limit, and go back to the default without one', async () => {
    const { user } = await open({ view: 'list' });
    const limit = screen.getByLabelText('Limit');
    await user.clear(limit);
    await user.type(limit, '50{Enter}');
    expect(changed()?.limit).toBe(50);

    await user.clear(limit);
    await user.tab();
    expect(changed()?.limit).toBe(1000);
  });

  test('are downloaded: all that the query selects, with the values of variables', async () => {
    await open({ view: 'list', filters: [filter('appDisplayName', '=', '${app}')], columns: ['id'] });
    const link = screen.getByRole('link', { name: 'Download as CSV' });
    const url = new URL(link.getAttribute('href') ?? '', 'http://grafana');
    expect(url.pathname).toBe('/api/datasources/uid/entra/resources/download');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ from: '1000', to: '2000', format: 'csv' });
    expect(JSON.parse(url.searchParams.get('query') ?? '')).toEqual({
      queryType: 'signIn',
      version: 2,
      view: 'list',
      filters: [filter('appDisplayName', '=', 'Azure Portal')],
      columns: ['id'],
      order: 'newest',
      limit: 1000,
    });
  });
});

test('one record is found by its ID, whole or a section of it', async () => {
  const { user } = await open({ filters: [] });
  await choose(user, 'View', /^One record/);
  const id = screen.getByRole('combobox', { name: 'Values for Request ID' });
  await user.type(id, '4f6c');
  await user.click(await screen.findByRole('option', { name: /4f6c/ }));
  await choose(user, 'Section', 'Conditional Access');
  expect(changed()).toEqual({
    refId: 'A',
    queryType: 'signIn',
    version: 2,
    view: 'detail',
    filters: [filter('id', '=', '4f6c')],
    section: 'policies',
  });
});

test('every section has a label of its own', () => {
  const names = new Set(kinds.flatMap(({ sections = [] }) => sections));
  expect([...names].filter((name) => sectionLabel(name) === name)).toEqual([]);
});

test('applications that are new are a table', async () => {
  const { user } = await open({ view: 'table', groupBy: ['appDisplayName'] });
  await choose(user, 'Seen', /^New/);
  expect(changed()?.seen).toBe('new');
});

test('says why there is no catalog, and tries again', async () => {
  serve({ '/catalog': new Error('the database refuses the password') });
  render(<Editor query={{ refId: 'A', ...DEFAULT_QUERY }} />);
  const alert = await screen.findByRole('alert');
  expect(alert).toHaveTextContent('the database refuses the password');

  serve({ '/catalog': { kinds } });
  await newUser().click(within(alert).getByRole('button', { name: 'Try again' }));
  expect(await screen.findByLabelText('Activity')).toBeInTheDocument();
});
