import { vocabulary } from '../testing';
import { explain, situationAt, suggest } from './completion';

/** Completes at the mark | of an expression; a bar that is part of it is written ¦. */
async function at(marked: string, variables: string[] = []) {
  const offset = marked.indexOf('|');
  const text = marked.replace('|', '').replaceAll('¦', '|');
  const situation = situationAt(text, offset);
  const requested: string[][] = [];
  const suggestions = await suggest(situation, vocabulary, variables, async (...search) => {
    requested.push(search);
    return ['Teams', 'a "b"'];
  });
  return {
    requested,
    replaced: text.slice(situation.start, situation.end),
    kinds: [...new Set(suggestions.map(({ kind }) => kind))],
    labels: suggestions.map(({ label }) => label),
    inserts: suggestions.map(({ insert }) => insert),
  };
}

test.each([
  ['|', ''],
  ['sum(inc|', 'inc'],
  ['sum by (app) (increase(entra_s|ign', 'entra_sign'],
  ['sum(x) / |', ''],
  ['topk(3, |)', ''],
  ['a and |', ''],
])('metrics and functions: %s', async (marked, replaced) => {
  const found = await at(marked);
  expect(found.kinds).toEqual(['metric', 'function']);
  expect(found.replaced).toBe(replaced);
});

test.each(['sum(x) |', 'x{a="b"} o|', 'rate(x[5m]) |', '1 |'])('keywords: %s', async (marked) => {
  const found = await at(marked);
  expect(found.kinds).toEqual(['keyword']);
  expect(found.inserts).toContain('by (');
});

test.each(['increase(x[|', 'increase(x[1|])', 'x offset |', 'x offset -|', 'max_over_time(x[1h:|])'])(
  'durations: %s',
  async (marked) => {
    const found = await at(marked, ['window']);
    expect(found.labels).toEqual(expect.arrayContaining(['$__interval', '5m', '1h', '1d', '$window']));
  }
);

describe('labels', () => {
  test("are the selector's metric's, without those that are there", async () => {
    const { labels, inserts, replaced } = await at('increase(entra_audit_events_total{tenant="a", se|');
    expect(labels).toEqual(['service', 'category', 'result']);
    expect(inserts[0]).toBe('service=');
    expect(replaced).toBe('se');
  });

  test.each([
    'sum by (|) (increase(entra_audit_events_total[1h]))',
    'sum(increase(entra_audit_events_total[1h])) by (|',
  ])('of a list are those of the metrics around it: %s', async (marked) => {
    const { labels } = await at(marked, ['labels']);
    expect(labels).toEqual(['tenant', 'service', 'category', 'result', '$labels']);
  });

  test('of a list are those of every metric while there is none', async () => {
    const { labels } = await at('sum by (app, |');
    expect(labels).toEqual(expect.arrayContaining(['status', 'category']));
    expect(labels).not.toContain('app');
  });
});

describe('values', () => {
  test('are searched for as they are typed, among those that the other comparisons leave', async () => {
    const found = await at('rate(entra_signins_total{app="te|", status=~"fail.*", app!="z"}[1h])', ['app']);
    expect(found.requested).toEqual([['entra_signins_total', 'app', 'te', '{status=~"fail.*"}']]);
    expect(found.labels).toEqual(['$app', 'Teams', 'a "b"']);
    expect(found.inserts[2]).toBe('a \\"b\\"');
    expect(found.replaced).toBe('te');
  });

  test('of a string that is not closed yet', async () => {
    const found = await at("entra_signins_total{status!='fa|");
    expect(found.requested).toEqual([['entra_signins_total', 'status', 'fa', '']]);
    expect(found.replaced).toBe('fa');
  });

  test('of an alternative take the place of this alone', async () => {
    const found = await at('entra_signins_total{app=~"Excel¦te|"}');
    expect(found.requested[0][2]).toBe('te');
    expect(found.replaced).toBe('te');
  });

  test.each(['unheard_of{app="|"}', 'entra_signins_total{unheard_of="|"}'])('of nothing known: %s', async (marked) => {
    expect(await at(marked)).toMatchObject({ requested: [], labels: [] });
  });
});

test.each(['# sum(|', 'label_replace(x, "|")', 'x{app|', 'x{app="a" |', '12|', '$va|'])(
  'nothing: %s',
  async (marked) => {
    const { labels } = await at(marked);
    expect(labels).toEqual(marked === 'x{app|' ? expect.arrayContaining(['app']) : []);
  }
);

describe('what is pointed at is explained:', () => {
  const word = (text: string, name: string) => explain(text, text.indexOf(name) + 1, vocabulary);
  const expr = 'sum by (category) (irate(entra_audit_events_total[5m])) + increase(entra_signins_total{app="x"})';

  test.each([
    ['a function', 'increase', ['`increase(counter[window])`', 'How many records there were in the window.']],
    ['one that cannot be', 'irate', [expect.stringContaining('scrape samples'), '`rate(m[1m])`']],
    [
      'a metric',
      'entra_audit',
      ['`entra_audit_events_total` (counter)', 'Audit events.', expect.stringContaining('`service`')],
    ],
    ['a label', 'app', ['`app`: appDisplayName', 'The application that was signed in to']],
  ])('%s', (_, name, markdown) => {
    expect(word(expr, name)?.markdown).toEqual(markdown);
  });

  test('nothing else', () => {
    expect(word(expr, '"x"')).toBeUndefined();
    expect(word('foo(1)', 'foo')).toBeUndefined();
  });
});
