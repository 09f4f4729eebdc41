import { type Built, FIRST, type LabelFilter, read, write } from './built';

const built = (changes: Partial<Built>): Built => ({ ...FIRST, ...changes });
const failed: LabelFilter = { label: 'status', matching: '=', values: ['failure'] };

describe('an expression is written, and read again', () => {
  test.each<[string, Built]>([
    ['sum(increase(entra_signins_total))', FIRST],
    ['increase(entra_signins_total[1h])', built({ aggregation: '', window: '1h' })],
    [
      'sum by (app, status) (rate(entra_signins_total[5m]))',
      built({ rollup: 'rate', window: '5m', by: ['app', 'status'] }),
    ],
    [
      'topk(3, sum by (app) (increase(entra_signins_total{status="failure"}[1h])))',
      built({ filters: [failed], window: '1h', by: ['app'], top: { keep: 'topk', count: 3 } }),
    ],
    [
      'sum(increase(entra_signins_total{status="failure"}[1h])) / sum(increase(entra_signins_total[1h])) > 0.2',
      built({ filters: [failed], window: '1h', shareOf: [], threshold: { operator: '>', value: '0.2' } }),
    ],
    [
      'bottomk(2, avg(increase(entra_signins_total{status="failure"})) / avg(increase(entra_signins_total{status!=""}))) <= -1',
      built({
        filters: [failed],
        aggregation: 'avg',
        shareOf: [{ label: 'status', matching: '!=', values: [''] }],
        top: { keep: 'bottomk', count: 2 },
        threshold: { operator: '<=', value: '-1' },
      }),
    ],
    [
      'count(count_over_time(entra_signin_events{user=~"a\\\\.b|c", app=~"Teams.*"}[$__interval]))',
      built({
        metric: 'entra_signin_events',
        rollup: 'count_over_time',
        window: '$__interval',
        aggregation: 'count',
        filters: [
          { label: 'user', matching: 'in', values: ['a.b', 'c'] },
          { label: 'app', matching: '=~', values: ['Teams.*'] },
        ],
      }),
    ],
    [
      'sum(increase(entra_signins_total{app!~"$app|Power BI \\\\(old\\\\)", reason="a \\"b\\" \\\\ c"}))',
      built({
        filters: [
          { label: 'app', matching: 'notIn', values: ['$app', 'Power BI (old)'] },
          { label: 'reason', matching: '=', values: ['a "b" \\ c'] },
        ],
      }),
    ],
  ])('%s', (expr, query) => {
    expect(write(query)).toBe(expr);
    expect(read(expr)).toEqual(query);
  });
});

test('filters without a value restrict nothing and are not written', () => {
  expect(write(built({ filters: [{ label: 'app', matching: '=', values: [] }] }))).toBe(write(FIRST));
});

test.each([
  ['the labels behind', 'sum(increase(entra_signins_total[1h])) by (app)'],
  ['other spaces', 'sum  by(app)(increase(entra_signins_total [ 1h ]\n))'],
  ['a comma at the end', 'sum by (app,) (increase(entra_signins_total{}[1h]))'],
])('reads %s', (_, expr) => {
  expect(read(expr)).toEqual(built({ window: '1h', by: ['app'] }));
});

test.each([
  [''],
  ['entra_signins_total'],
  ['sum(increase(entra_signins_total[1h])'],
  ['sum(increase(entra_signins_total[1h])) or vector(0)'],
  ['sum(increase(entra_signins_total[1h])) / sum(increase(entra_signins_total[2h]))'],
  ['sum(increase(entra_signins_total[1h])) / sum(increase(entra_audit_events_total[1h]))'],
  ['sum without (app) (increase(entra_signins_total[1h]))'],
  ['sum(increase(entra_signins_total[1h] offset 1d))'],
  ['increase(entra_signins_total{app="a" or app="b"}[1h])'],
  ['increase(entra_signins_total{app="a}[1h])'],
  ['topk(0.5, increase(entra_signins_total[1h]))'],
  ['sum(increase(entra_signins_total[1h])) # per hour'],
  ['sum(increase(entra_signins_total[1h])) > sum(increase(entra_signins_total[1h]))'],
])('leaves to the text what it cannot say: %s', (expr) => {
  expect(read(expr)).toBeUndefined();
});
