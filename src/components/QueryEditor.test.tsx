import React, { useState } from 'react';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { DEFAULT_QUERY } from '../query/views';
import { auditEvent, fakeLayout, newDataSource, type SentRequest, serve, setVariables, signIn } from '../testing';
import type { EntraQuery, Filter } from '../types';
import { QueryEditor } from './QueryEditor';

const values = [
  { value: 'Azure Portal', label: 'Azure Portal' },
  { value: 'Power BI', label: 'Power BI' },
];

let requests: SentRequest[];
let onChange: jest.Mock<void, [EntraQuery]>;
let onRunQuery: jest.Mock;

beforeEach(() => {
  fakeLayout();
  setVariables({ app: 'Azure Portal' });
  requests = serve({ '/catalogue': { kinds: [signIn, auditEvent] }, '/values': { values } });
  onChange = jest.fn();
  onRunQuery = jest.fn();
});

/** Keeps the query as Grafana does between changes. */
function Editor({ query: initial }: { query: EntraQuery }) {
  const [datasource] = useState(newDataSource);
  const [query, setQuery] = useState(initial);
  return (
    <QueryEditor
      datasource={datasource}
      query={query}
      onChange={(changed) => {
        onChange(changed);
        setQuery(changed);
      }}
      onRunQuery={onRunQuery}
    />
  );
}

async function open(changes: Partial<EntraQuery> = {}) {
  const user = userEvent.setup();
  const view = render(<Editor query={{ refId: 'A', ...DEFAULT_QUERY, ...changes }} />);
  await screen.findByLabelText('Activity');
  return { user, ...view };
}

const changed = () => onChange.mock.lastCall?.[0];

async function choose(user: ReturnType<typeof userEvent.setup>, label: string, option: string | RegExp) {
  await user.click(screen.getByRole('combobox', { name: label }));
  await user.click(await screen.findByRole('option', { name: option }));
}

const filter = (field: string, operator: Filter['operator'], ...values: string[]): Filter => ({
  field,
  operator,
  values,
});

describe('shows what a view has', () => {
  const CONTROLS = ['Measure', 'Group by', 'Top', 'Other', 'Interval', 'Columns', 'Limit'];

  test.each<[EntraQuery['view'], string[]]>([
    ['timeSeries', ['Measure', 'Group by', 'Top', 'Other', 'Interval']],
    ['table', ['Measure', 'Group by', 'Top', 'Other', 'Limit']],
    ['value', ['Measure']],
    ['list', ['Columns', 'Limit']],
  ])('%s: %p', async (view, expected) => {
    await open({ view, top: 3 });
    expect(screen.getByLabelText('Filter by')).toBeInTheDocument();
    expect(CONTROLS.filter((label) => screen.queryByLabelText(label))).toEqual(expected);
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
    for (const view of ['timeSeries', 'list'] as const) {
      const { unmount } = await open({ view, top: 3, filters: [filter('errorCode', '>', '0'), filter('status', '=')] });
      for (const role of ['combobox', 'spinbutton', 'switch', 'radio', 'button'] as const) {
        screen.queryAllByRole(role).forEach((control) => expect(control).toHaveAccessibleName());
      }
      unmount();
    }
  });
});

test('lists the kinds that the backend answers, and drops what another kind has not', async () => {
  const { user } = await open();
  await choose(user, 'Activity', 'Audit events');
  expect(changed()).toMatchObject({ queryType: 'auditEvent', filters: [], groupBy: [] });
});

test('changing the view keeps the filters', async () => {
  const filters = [filter('appDisplayName', 'contains', 'portal')];
  const { user } = await open({ filters });
  await user.click(screen.getByRole('radio', { name: 'List' }));

  expect(changed()).toMatchObject({ view: 'list', filters, columns: [], limit: 1000 });
  expect(changed()).not.toHaveProperty('interval');
  expect(screen.getByLabelText('Values for Application')).toBeInTheDocument();
  expect(onRunQuery).toHaveBeenCalledTimes(1);
});

describe('filters', () => {
  test('are added on a field of their own, and restrict nothing yet', async () => {
    const { user } = await open();
    await user.click(screen.getByRole('button', { name: 'Add' }));
    expect(changed()?.filters).toEqual([filter('signInEventTypes', '=', 'interactiveUser'), filter('status', '=')]);
  });

  test('are removed', async () => {
    const { user } = await open({ filters: [filter('status', '='), filter('errorCode', '>', '0')] });
    await user.click(screen.getByRole('button', { name: 'Remove filter on Status' }));
    expect(changed()?.filters).toEqual([filter('errorCode', '>', '0')]);
  });

  test('take a field and one of its comparisons', async () => {
    const { user } = await open();
    await choose(user, 'Filter by', /^Application/);
    expect(changed()?.filters).toEqual([filter('appDisplayName', '=')]);

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
      params: { kind: 'signIn', field: 'appDisplayName', search: 'po' },
    });
    expect(onRunQuery).toHaveBeenCalled();
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

  test('know the values of a closed list without asking', async () => {
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
    await choose(user, 'Measure', 'Distinct users');
    expect(changed()).toMatchObject({ measure: 'distinctUsers', groupBy: ['status'] });
  });

  test('groups by further fields, three at most', async () => {
    const { user } = await open({ groupBy: ['status', 'ipAddress'] });
    await choose(user, 'Group by', 'Application');
    expect(changed()?.groupBy).toEqual(['status', 'ipAddress', 'appDisplayName']);
    await waitFor(() => expect(screen.queryByRole('option', { name: 'Sign-in type' })).not.toBeInTheDocument());
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

describe('list', () => {
  test('takes columns', async () => {
    const { user } = await open({ view: 'list' });
    await choose(user, 'Columns', 'IP address');
    expect(changed()?.columns).toEqual(['ipAddress']);
  });

  test('takes a limit, and goes back to the default without one', async () => {
    const { user } = await open({ view: 'list' });
    const limit = screen.getByLabelText('Limit');
    await user.clear(limit);
    await user.type(limit, '50{Enter}');
    expect(changed()?.limit).toBe(50);

    await user.clear(limit);
    await user.tab();
    expect(changed()?.limit).toBe(1000);
  });
});

test('says why there is no catalogue, and tries again', async () => {
  serve({ '/catalogue': new Error('the database refuses the password') });
  render(<Editor query={{ refId: 'A', ...DEFAULT_QUERY }} />);
  const alert = await screen.findByRole('alert');
  expect(alert).toHaveTextContent('the database refuses the password');

  serve({ '/catalogue': { kinds: [signIn] } });
  await userEvent.click(within(alert).getByRole('button', { name: 'Try again' }));
  expect(await screen.findByLabelText('Activity')).toBeInTheDocument();
});
