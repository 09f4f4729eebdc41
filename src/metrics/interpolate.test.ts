import { dateTime } from '@grafana/data';

import { setVariables } from '../testing';
import {
  duration,
  interpolateExpression,
  interpolateMetrics,
  milliseconds,
  rangeVariables,
  stepOf,
  withOriginal,
} from './interpolate';

beforeEach(() =>
  setVariables({
    app: 'Power BI (old)',
    apps: ['Teams', 'C++'],
    all: '$__all',
    labels: ['app', 'status'],
    quoted: 'a "b" \\ c',
    window: '2h',
  })
);

test.each([
  ['one value', 'x{app="$app"}', 'x{app="Power BI (old)"}'],
  ['one value where a pattern is', 'x{app=~"$app"}', 'x{app=~"Power BI \\\\(old\\\\)"}'],
  ['several values where a pattern is', 'x{app=~"${apps}"}', 'x{app=~"(Teams|C\\\\+\\\\+)"}'],
  ['several values left out', "x{app !~ '[[apps]]'}", "x{app !~ '(Teams|C\\\\+\\\\+)'}"],
  ['a pattern in backticks', 'x{app=~`$apps|z`}', 'x{app=~`(Teams|C\\+\\+)|z`}'],
  ['All where a pattern is', 'x{app=~"$all"}', 'x{app=~".*"}'],
  ['quotes', 'x{app="$quoted"}', 'x{app="a \\"b\\" \\\\ c"}'],
  ['a window', 'increase(x[$window])', 'increase(x[2h])'],
  ['several labels', 'sum by ($labels) (x)', 'sum by (app,status) (x)'],
  ['what is no variable', 'x{app=~"a$", city="$5"} # $app', 'x{app=~"a$", city="$5"} # $app'],
])('%s: %s', (_, expr, expected) => {
  expect(interpolateExpression(expr)).toBe(expected);
});

test('a place of an expression is found again with its variables', () => {
  const expr = 'sum(increase(x{app="$app"}[$window])) + foo(y)';
  const { text, original } = withOriginal(expr);
  const at = text.indexOf('foo');
  expect(original(at)).toBe(expr.indexOf('foo'));
  expect(original(at + 3)).toBe(expr.indexOf('foo') + 3);
  expect(original(text.indexOf('Power BI') + 3)).toBe(expr.indexOf('$app'));
  expect(original(text.length)).toBe(expr.length);
});

test.each([
  ['', 30_000, 3_600_000, 30_000],
  ['5m', 30_000, 3_600_000, 300_000],
  ['1s', 100, 86_400_000, 8000],
  ['', 100, 1000, 1000],
])('a minimum of %p and an interval of %d ms over %d ms make a step of %d ms', (minimum, interval, length, step) => {
  expect(stepOf(minimum, interval, length)).toBe(step);
});

test('time is what the range and the width of the graph make it', () => {
  const [from, to] = [dateTime(0), dateTime(86_400_000)];
  const known = { ...rangeVariables({ from, to, raw: { from, to } }), __interval_ms: { text: '30000', value: 30_000 } };
  const expr = 'x[$__interval] y[$__rate_interval] z[$__range] ${__range_s} ${__interval_ms}';
  const query = { expr, interval: '$step', legendFormat: '{{app}} $app' };
  setVariables({ step: '5m', app: 'Teams' });
  expect(interpolateMetrics(query, known)).toEqual({
    expr: 'x[5m] y[5m] z[1d] 86400 300000',
    interval: '5m',
    legendFormat: '{{app}} Teams',
  });
  expect(interpolateMetrics(query, {}).expr).toBe(expr);
});

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1.5d', 129_600_000],
  ['$step', 0],
  ['', 0],
])('%p is %p ms', (text, ms) => {
  expect(milliseconds(text)).toBe(ms);
});

test.each([
  [90_000, '90s'],
  [3_600_000, '1h'],
  [1500, '1500ms'],
])('%p ms is %p', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
