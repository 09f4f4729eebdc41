import React, { useState } from 'react';
import { CoreApp, dateTime, store, type TimeRange } from '@grafana/data';
import { render, screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';

import { QueryEditor } from '../QueryEditor';
import { fakeLayout, kinds, newDataSource, type SentRequest, serve, setVariables, vocabulary } from '../../testing';
import { choose, newUser } from '../../testing/user';
import type { MetricsQuery, Query } from '../../types';
import { completeMetrics } from '../../metrics/query';

// jsdom cannot hold Monaco; a field of text stands for it.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual('@grafana/ui'),
  CodeEditor: jest.requireActual('../../testing/FakeCodeEditor').FakeCodeEditor,
}));

const [from, to] = [dateTime(0), dateTime(3_600_000)];
const range: TimeRange = { from, to, raw: { from, to } };
const EXPR = 'topk(3, sum by (app) (increase(entra_signins_total{status="failure"}[1h])))';

let responses: Record<string, unknown>;
let requests: SentRequest[];
let onChange: jest.Mock<void, [Query]>;
let onRunQuery: jest.Mock;

beforeEach(() => {
  fakeLayout();
  setVariables({ app: ['Teams', 'C++'] });
  store.delete('entra-activity.metrics.mode');
  responses = {
    '/catalog': { kinds },
    '/metrics/values': { values: ['success', 'failure'], more: false },
    '/metrics/check': { ok: true, pretty: 'pretty' },
    '/metrics': vocabulary,
  };
  requests = serve(responses);
  onChange = jest.fn();
  onRunQuery = jest.fn();
});

function Editor({ query: initial, app }: { query: Query; app?: CoreApp }) {
  const [datasource] = useState(newDataSource);
  const [query, setQuery] = useState(initial);
  return (
    <>
      <QueryEditor
        datasource={datasource}
        query={query}
        app={app}
        range={range}
        onChange={(changed) => {
          onChange(changed);
          setQuery(changed);
        }}
        onRunQuery={onRunQuery}
      />
      <button onClick={() => setQuery({ ...query, expr: 'vector(1)' } as MetricsQuery)}>From elsewhere</button>
    </>
  );
}

async function open(changes: Partial<MetricsQuery> = {}, app?: CoreApp) {
  const user = newUser();
  render(<Editor query={completeMetrics({ refId: 'A', expr: EXPR, ...changes })} app={app} />);
  await screen.findByLabelText('Activity');
  return user;
}

const code = () => screen.getByRole('textbox', { name: /^Expression in MetricsQL/ });
const changed = () => onChange.mock.lastCall?.[0] as MetricsQuery;
const sentTo = (path: string) =>
  requests.filter(({ url }) => url.endsWith(path)).map(({ data, params }) => data ?? params);

/** Writes a text in the place of all; the keyboard of the tests means something else by brackets. */
async function rewrite(user: UserEvent, text: string) {
  await user.clear(code());
  await user.click(code());
  await user.paste(text);
}

describe('the kind', () => {
  async function choices() {
    return (await screen.findAllByRole('option')).map((option) => option.textContent);
  }

  test.each([
    [CoreApp.Explore, 0],
    [CoreApp.PanelEditor, -1],
  ])('is offered in %s at %d', async (app, position) => {
    const user = await open({}, app);
    await user.click(screen.getByLabelText('Activity'));
    expect((await choices()).at(position)).toMatch(/^Metrics \(MetricsQL\)/);
  });

  test('starts with an expression that can run, and leads back to a first query about records', async () => {
    const user = newUser();
    render(<Editor query={{ refId: 'A', queryType: 'auditEvent', version: 2, view: 'list', filters: [] }} />);
    await screen.findByLabelText('Activity');
    await choose(user, 'Activity', /^Metrics/, 'Metrics');
    expect(changed()).toEqual({
      refId: 'A',
      queryType: 'metrics',
      version: 2,
      expr: 'sum by (status) (increase(entra_signins_total{kind="interactive"}[$__interval]))',
      instant: false,
      interval: '',
      legendFormat: '',
      axis: 'event',
    });
    expect(onRunQuery).toHaveBeenCalledTimes(1);

    await choose(user, 'Activity', /^Sign-ins/, 'Sign-ins');
    expect(changed()).toMatchObject({ queryType: 'signIn', view: 'timeSeries', groupBy: ['status'] });
    expect(changed()).not.toHaveProperty('expr');
  });

  test('leads back to log lines in Explore', async () => {
    const user = await open({}, CoreApp.Explore);
    await choose(user, 'Activity', /^Audit events/, 'Audit');
    expect(changed()).toMatchObject({ queryType: 'auditEvent', view: 'logs' });
  });

  test('names everything', async () => {
    const user = await open();
    for (const mode of ['Code', 'Builder']) {
      await user.click(screen.getByRole('radio', { name: mode }));
      for (const role of ['combobox', 'spinbutton', 'textbox', 'switch', 'radiogroup', 'button'] as const) {
        screen.queryAllByRole(role).forEach((control) => expect(control).toHaveAccessibleName());
      }
    }
  });
});

describe('as text', () => {
  test('changes when the field is left, and runs with Shift+Enter', async () => {
    const user = await open();
    await rewrite(user, 'vector(2)');
    expect(onChange).not.toHaveBeenCalled();
    await user.tab();
    expect(changed().expr).toBe('vector(2)');
    expect(onRunQuery).not.toHaveBeenCalled();

    await rewrite(user, 'vector(3)');
    await user.keyboard('{Shift>}{Enter}{/Shift}');
    expect(changed().expr).toBe('vector(3)');
    expect(onRunQuery).toHaveBeenCalledTimes(1);
    expect(code()).toHaveValue('vector(3)');
  });

  test('follows a change from elsewhere', async () => {
    const user = await open();
    await rewrite(user, 'vector(2)');
    await user.click(screen.getByRole('button', { name: 'From elsewhere' }));
    expect(code()).toHaveValue('vector(1)');
  });

  test('is checked as it will run, and underlined where it is wrong', async () => {
    const full = 'sum(increase(entra_signins_total{app=~"(Teams|C\\\\+\\\\+)"}[1m])) by (nobody)';
    const at = { start: full.indexOf('nobody'), end: full.indexOf('nobody') + 6 };
    responses['/metrics/check'] = { ok: false, error: 'unknown label "nobody"', at };
    await open({ expr: 'sum(increase(entra_signins_total{app=~"$app"}[$__interval])) by (nobody)' });
    expect(await screen.findByText('unknown label "nobody"')).toBeInTheDocument();
    const [{ expr: requested }] = sentTo('/metrics/check') as Array<{ expr: string }>;
    expect(requested).toBe(full);
    await waitFor(() => expect(code()).toHaveAttribute('data-underlined', 'nobody'));
  });
});

describe('the text', () => {
  test('is rewritten prettily, and keeps its variables', async () => {
    responses['/metrics/check'] = {
      ok: true,
      pretty: 'sum(\n  increase(entra_signins_total{app=~"$app"}[900000000ms])\n)',
    };
    const user = await open({ expr: 'sum(increase(entra_signins_total{app=~"$app"}[$__interval]))' });
    await user.click(screen.getByRole('button', { name: 'Prettify' }));
    const pretty = 'sum(\n  increase(entra_signins_total{app=~"$app"}[$__interval])\n)';
    await waitFor(() => expect(code()).toHaveValue(pretty));
    expect(changed().expr).toBe(pretty);
  });

  test('stays where a variable stands for a label', async () => {
    const user = await open({ expr: 'sum by ($app) (increase(entra_signins_total[1h]))' });
    await user.click(screen.getByRole('button', { name: 'Prettify' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('cannot be rewritten');
    expect(onChange).not.toHaveBeenCalled();
  });

  test('is explained: the plan of each part, and what to know of it', async () => {
    responses['/metrics/explain'] = {
      pretty: EXPR,
      selectors: [
        { expr: 'sum by (app) (increase(x[1h]))', served: 'rollup', sql: 'SELECT 1', read: 6481 },
        { expr: 'increase(y[1h])', served: 'rows', sql: 'SELECT 2', read: 3 },
      ],
      step: 60_000,
      start: 0,
      end: 3_600_000,
      notices: ['sparse labels'],
    };
    const user = await open({ interval: '5m' });
    await user.click(screen.getByRole('button', { name: 'Explain' }));
    const plan = await screen.findByRole('region', { name: 'How it is answered' });
    for (const text of [
      'SELECT 1',
      'SELECT 2',
      'from rollup, 6,481 rows read',
      'from rows, 3 rows read',
      'sparse labels',
    ]) {
      expect(within(plan).getByText(text)).toBeInTheDocument();
    }
    expect(plan).toHaveTextContent('a point every 1m');
    expect(sentTo('/metrics/explain')).toEqual([
      { expr: EXPR, from: 0, to: 3_600_000, step: 300_000, instant: false, axis: 'event' },
    ]);
    await user.click(within(plan).getByRole('button', { name: 'Close' }));
    expect(screen.queryByRole('region', { name: 'How it is answered' })).not.toBeInTheDocument();
  });
});

describe('the builder', () => {
  const build = async (expr: string) => {
    const user = await open({ expr });
    await user.click(screen.getByRole('radio', { name: 'Builder' }));
    await screen.findByLabelText('Metric');
    return user;
  };

  test('shows what an expression says', async () => {
    await build(`${EXPR} >= 5`);
    expect(screen.getByLabelText('Metric')).toHaveValue('entra_signins_total');
    expect(screen.getByLabelText('Filter by')).toHaveValue('status');
    expect(screen.getByLabelText('Values for status')).toHaveValue('failure');
    expect(screen.getByLabelText('Function')).toHaveValue('increase');
    expect(screen.getByLabelText('Window')).toHaveValue('1h');
    expect(screen.getByLabelText('Aggregation')).toHaveValue('sum');
    expect(screen.getByLabelText('Keep')).toHaveValue('the largest');
    expect(screen.getByLabelText('Number of series')).toHaveValue(3);
    expect(screen.getByLabelText('Only where')).toHaveValue('>=');
    expect(screen.getByLabelText('Number')).toHaveValue(5);
  });

  test('writes the share that fails, by application, in hours', async () => {
    const user = await build('sum(increase(entra_signins_total))');
    await user.click(screen.getByRole('button', { name: 'Add' }));
    expect(onChange).not.toHaveBeenCalled();
    await choose(user, 'Filter by', /^status/, 'status');
    await choose(user, 'Values for status', 'failure');
    await user.click(screen.getByLabelText('Share'));
    await choose(user, 'Window', '1h');
    await choose(user, 'By labels', /^app /, 'app');
    expect(changed().expr).toBe(
      'sum by (app) (increase(entra_signins_total{status="failure"}[1h])) / sum by (app) (increase(entra_signins_total[1h]))'
    );
    expect(onRunQuery).toHaveBeenCalled();
    expect(sentTo('/metrics/values').at(-1)).toEqual({
      metric: 'entra_signins_total',
      label: 'status',
      search: '',
      limit: 50,
      from: 0,
      to: 3_600_000,
    });
  });

  test('another metric keeps what it has too', async () => {
    const user = await build('sum by (app, tenant) (increase(entra_signins_total{status="failure", tenant="a"}[1h]))');
    await choose(user, 'Metric', /^entra_audit_events_total/, 'audit');
    expect(changed().expr).toBe('sum by (tenant) (increase(entra_audit_events_total{tenant="a"}[1h]))');
  });

  test('a stream of events is counted, not increased', async () => {
    const user = await build('sum(increase(entra_signins_total[1h]))');
    await choose(user, 'Metric', /^entra_signin_events/, 'events');
    expect(changed().expr).toBe('sum(count_over_time(entra_signin_events[1h]))');
  });

  test('says that it cannot show an expression, and leaves it as text', async () => {
    const user = await open({ expr: 'vector(1)' });
    await user.click(screen.getByRole('radio', { name: 'Builder' }));
    expect(await screen.findByText(/builder cannot show this expression/)).toBeInTheDocument();
    expect(code()).toHaveValue('vector(1)');
    expect(onChange).not.toHaveBeenCalled();
  });

  test('starts from nothing', async () => {
    await build('');
    expect(changed().expr).toBe('sum(increase(entra_signins_total))');
  });
});

test('options say what the result is to be', async () => {
  const user = await open();
  await user.type(screen.getByLabelText('Legend'), '{{{{app}}');
  await user.tab();
  expect(changed().legendFormat).toBe('{{app}}');
  await user.type(screen.getByLabelText('Min step'), '5m{Enter}');
  expect(changed().interval).toBe('5m');
  await choose(user, 'Time', /^when it was stored/);
  expect(changed().axis).toBe('ingest');
  await user.click(screen.getByRole('radio', { name: 'Instant' }));
  expect(changed()).toMatchObject({
    instant: true,
    axis: 'ingest',
    interval: '5m',
    legendFormat: '{{app}}',
    expr: EXPR,
  });
  expect(screen.queryByLabelText('Min step')).not.toBeInTheDocument();
});
