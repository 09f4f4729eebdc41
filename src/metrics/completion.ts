import type { Metric, MetricsFunction, MetricsVocabulary } from '../types';
import { duration } from './interpolate';
import { isClosed, meaningful, quote, type Token, tokenize, unquote } from './tokens';

/** What may be written at a place of an expression, and which text it takes the place of. */
export type Situation = { start: number; end: number } & (
  | { expects: 'expression' | 'continuation' | 'duration' | 'nothing' }
  /** A label of a selector; `used` are those that it compares already. */
  | { expects: 'label'; metric: string; used: string[] }
  /** A list of labels of what is aggregated or joined. */
  | { expects: 'grouping'; metrics: string[]; used: string[] }
  /** A value of a selector's label; `match` selects as the selector's other comparisons do. */
  | { expects: 'value'; metric: string; label: string; search: string; match: string }
);

/** Operators between expressions, and what may follow one. */
const BINARY = ['and', 'or', 'unless', 'if', 'ifnot', 'default'];
const MODIFIERS = ['by', 'without', 'offset', 'keep_metric_names', 'limit'];
const JOINING = ['on', 'ignoring', 'group_left', 'group_right', 'bool'];
const LISTS = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'];
const WORDS = [...BINARY, ...MODIFIERS, ...JOINING];

const WINDOWS = [60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000];

/** Tells what may be written at a place. */
export function situationAt(text: string, offset: number): Situation {
  const tokens = tokenize(text);
  const under = tokens.find(({ start, end }) => start < offset && offset <= end);
  const touches = (kind: Token['kind']) => under?.kind === kind;

  if (touches('comment') || touches('variable')) {
    return { expects: 'nothing', start: offset, end: offset };
  }
  const word = touches('name') || touches('number') ? under : undefined;
  const place = { start: word?.start ?? offset, end: word?.end ?? offset };
  const before = meaningful(tokens.filter(({ end }) => end <= place.start));

  if (under && touches('string') && (offset < under.end || !isClosed(under.text))) {
    return inString(tokens, under);
  }
  const opening = innermost(before);
  switch (opening?.text) {
    case '{':
      return inSelector(before, opening, place);
    case '[':
      return { expects: before.at(-1)?.text === '[' || before.at(-1)?.text === ':' ? 'duration' : 'nothing', ...place };
    case '(':
      if (LISTS.includes(before[before.indexOf(opening) - 1]?.text)) {
        const used = before.slice(before.indexOf(opening) + 1).filter(({ kind }) => kind === 'name');
        return { expects: 'grouping', metrics: metricsAround(tokens), used: used.map((each) => each.text), ...place };
      }
  }
  const last = before.at(-1);
  if (last?.text === 'offset' || (last?.text === '-' && before.at(-2)?.text === 'offset')) {
    return { expects: 'duration', ...place };
  }
  return { expects: completes(last) ? 'continuation' : touches('number') ? 'nothing' : 'expression', ...place };
}

/** Tells whether an expression may end with a piece. */
function completes(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    (['number', 'string', 'variable'].includes(token.kind) ||
      [')', ']', '}'].includes(token.text) ||
      (token.kind === 'name' && !WORDS.includes(token.text)))
  );
}

/** The bracket that is still open behind some pieces. */
function innermost(tokens: Token[]): Token | undefined {
  const open: Token[] = [];
  for (const token of tokens) {
    if (['(', '[', '{'].includes(token.text)) {
      open.push(token);
    } else if ([')', ']', '}'].includes(token.text)) {
      open.pop();
    }
  }
  return open.at(-1);
}

const MATCHERS = ['=', '!=', '=~', '!~'];

function metricBefore(tokens: Token[], brace: Token): string {
  const before = tokens[tokens.indexOf(brace) - 1];
  return before?.kind === 'name' ? before.text : '';
}

function inSelector(before: Token[], brace: Token, place: { start: number; end: number }): Situation {
  const inside = before.slice(before.indexOf(brace) + 1);
  const last = inside.at(-1);
  if (!last || last.text === ',' || last.text === 'or') {
    const used = inside.filter(({ kind, text }) => kind === 'name' && text !== 'or').map(({ text }) => text);
    return { expects: 'label', metric: metricBefore(before, brace), used, ...place };
  }
  return { expects: 'nothing', ...place };
}

function inString(tokens: Token[], string: Token): Situation {
  const [start, end] = [string.start + 1, isClosed(string.text) ? string.end - 1 : string.end];
  const before = meaningful(tokens.filter((token) => token.end <= string.start));
  const [label, operator] = before.slice(-2);
  const brace = innermost(before);
  if (brace?.text !== '{' || label?.kind !== 'name' || !MATCHERS.includes(operator?.text)) {
    return { expects: 'nothing', start, end };
  }
  return {
    expects: 'value',
    metric: metricBefore(before, brace),
    label: label.text,
    search: lastAlternative(unquote(string.text), operator.text),
    match: othersOf(tokens, brace, label.text),
    start: isPattern(operator.text) ? string.start + 1 + string.text.slice(1).lastIndexOf('|') + 1 : start,
    end,
  };
}

const isPattern = (operator: string) => operator === '=~' || operator === '!~';

/** Of a regular expression's alternatives the last one is being written. */
function lastAlternative(text: string, operator: string): string {
  return isPattern(operator) ? text.slice(text.lastIndexOf('|') + 1).replace(/\\([^\w])/g, '$1') : text;
}

/** The selector without its comparisons of a label. A selector of alternatives is none that values could be left by. */
function othersOf(tokens: Token[], brace: Token, label: string): string {
  const behind = meaningful(tokens).filter(({ start }) => start > brace.start);
  const end = behind.findIndex(({ text }) => text === '}');
  const inside = behind.slice(0, end < 0 ? undefined : end);
  if (inside.some(({ kind, text }) => kind === 'name' && text === 'or')) {
    return '';
  }
  const others = inside.flatMap(({ kind, text }, i) => {
    const [operator, value] = inside.slice(i + 1);
    const isMatcher = kind === 'name' && MATCHERS.includes(operator?.text) && value?.kind === 'string';
    return isMatcher && text !== label && isClosed(value.text)
      ? [`${text}${operator.text}${quote(unquote(value.text))}`]
      : [];
  });
  return others.length > 0 ? `{${others.join(', ')}}` : '';
}

/** Names in the whole expression that could be metrics: labels are offered before what they are of is written. */
function metricsAround(tokens: Token[]): string[] {
  const names = meaningful(tokens).filter(({ kind, text }) => kind === 'name' && !WORDS.includes(text));
  return [...new Set(names.map(({ text }) => text))];
}

/** Something that can be chosen. */
export interface Suggestion {
  kind: 'metric' | 'label' | 'value' | 'function' | 'keyword' | 'duration' | 'variable';
  label: string;
  detail?: string;
  documentation?: string;
  insert: string;
}

type FindValues = (metric: string, label: string, search: string, match: string) => Promise<string[]>;

/** Lists what can be written in a situation. Variables are names of a dashboard's. */
export async function suggest(
  situation: Situation,
  { metrics, functions }: MetricsVocabulary,
  variables: string[],
  findValues: FindValues
): Promise<Suggestion[]> {
  const own = (wrap = (name: string) => name): Suggestion[] =>
    variables.map((name) => ({ kind: 'variable', label: `$${name}`, insert: wrap(`\${${name}}`) }));

  switch (situation.expects) {
    case 'expression':
      return [...metrics.map(ofMetric), ...functions.map(ofFunction)];
    case 'continuation':
      return WORDS.map((word) => ({
        kind: 'keyword',
        label: word,
        insert: LISTS.includes(word) ? `${word} (` : `${word} `,
      }));
    case 'duration':
      return [
        ...['$__interval', '$__range'].map((name) => ({ kind: 'variable' as const, label: name, insert: name })),
        ...WINDOWS.map(duration).map((text) => ({ kind: 'duration' as const, label: text, insert: text })),
        ...own(),
      ];
    case 'label':
      return labelsOf(metrics, [situation.metric], situation.used).map((label) => ({
        ...label,
        insert: `${label.label}=`,
      }));
    case 'grouping':
      return [...labelsOf(metrics, situation.metrics, situation.used), ...own()];
    case 'value': {
      const { metric, label, search, match } = situation;
      const known = metrics.some(({ name, labels }) => name === metric && labels.some((each) => each.name === label));
      const values = known ? await findValues(metric, label, search, match) : [];
      return [
        ...own(),
        ...values.map((value): Suggestion => ({ kind: 'value', label: value, insert: quote(value).slice(1, -1) })),
      ];
    }
    default:
      return [];
  }
}

const ofMetric = ({ name, type, help }: Metric): Suggestion => ({
  kind: 'metric',
  label: name,
  detail: type,
  documentation: help,
  insert: name,
});

const ofFunction = ({ name, signature, help }: MetricsFunction): Suggestion => ({
  kind: 'function',
  label: name,
  detail: signature,
  documentation: help,
  insert: name,
});

function labelsOf(metrics: Metric[], names: string[], used: string[]): Suggestion[] {
  const named = metrics.filter(({ name }) => names.includes(name));
  const labels = new Map(
    (named.length > 0 ? named : metrics).flatMap((metric) => metric.labels.map((each) => [each.name, each]))
  );
  return [...labels.values()]
    .filter(({ name }) => !used.includes(name))
    .map(({ name, field, description }) => ({
      kind: 'label',
      label: name,
      insert: name,
      ...(field && { detail: field }),
      ...(description && { documentation: description }),
    }));
}

/** Explains the word at a place: a function, a metric, or a label of the expression's metrics. */
export function explain(
  text: string,
  offset: number,
  { metrics, functions, rejected }: MetricsVocabulary
): { start: number; end: number; markdown: string[] } | undefined {
  const tokens = tokenize(text);
  const word = tokens.find(({ kind, start, end }) => kind === 'name' && start <= offset && offset <= end);
  if (!word) {
    return undefined;
  }
  const { text: name, start, end } = word;
  const found = (...markdown: string[]) => ({ start, end, markdown });

  const called = functions.find((each) => each.name === name.toLowerCase());
  if (called) {
    return found(`\`${called.signature}\``, called.help);
  }
  const refused = rejected.find((each) => each.name === name.toLowerCase());
  if (refused) {
    return found(`\`${refused.name}\`: ${refused.why}`, `\`${refused.instead}\``);
  }
  const metric = metrics.find((each) => each.name === name);
  if (metric) {
    return found(
      `\`${metric.name}\` (${metric.type})`,
      metric.help,
      metric.labels.map((label) => `\`${label.name}\``).join(', ')
    );
  }
  const [label] = labelsOf(metrics, metricsAround(tokens), []).filter((each) => each.label === name);
  return label && found([`\`${name}\``, label.detail].filter(Boolean).join(': '), label.documentation ?? '');
}
