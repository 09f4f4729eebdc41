import type { Metric } from '../types';
import { escapeRegex, isClosed, meaningful, quote, type Token, tokenize, unquote, VARIABLE } from './tokens';

/** How a label is compared; several values are written as a regular expression of alternatives. */
export type Matching = '=' | '!=' | 'in' | 'notIn' | '=~' | '!~';

export interface LabelFilter {
  label: string;
  matching: Matching;
  values: string[];
}

/** What the builder can say: an expression of one of the common shapes. */
export interface Built {
  metric: string;
  filters: LabelFilter[];
  /** What is computed of each series over the window. */
  rollup: string;
  /** Such as "1h"; empty for the step. */
  window: string;
  /** How series are added up; empty keeps each. */
  aggregation: string;
  by: string[];
  /** Divides by another number: of the same metric with these filters. */
  shareOf?: LabelFilter[];
  /** Keeps the largest or smallest series only. */
  top?: { keep: 'topk' | 'bottomk'; count: number };
  /** Keeps the points only that compare so. */
  threshold?: { operator: string; value: string };
}

/** What is computed of a counter, or of a stream's events, over a window. A gauge is used as it is: not by the builder. */
export const ROLLUPS: Record<Metric['type'], string[]> = {
  counter: ['increase', 'rate'],
  stream: ['count_over_time', 'rate_over_sum', 'present_over_time'],
  gauge: [],
};

export const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count'];

export const COMPARISONS = ['>', '>=', '<', '<=', '==', '!='];

export const MATCHINGS: Matching[] = ['=', '!=', 'in', 'notIn', '=~', '!~'];

const KEEPS = ['topk', 'bottomk'];

/** What the builder starts with. */
export const FIRST: Built = {
  metric: 'entra_signins_total',
  filters: [],
  rollup: 'increase',
  window: '',
  aggregation: 'sum',
  by: [],
};

// Writing

/** Writes what is built as an expression. */
export function write({ shareOf, top, threshold, ...built }: Built): string {
  let expr = writeNumber(built);
  if (shareOf) {
    expr += ` / ${writeNumber({ ...built, filters: shareOf })}`;
  }
  if (top) {
    expr = `${top.keep}(${top.count}, ${expr})`;
  }
  return threshold ? `${expr} ${threshold.operator} ${threshold.value}` : expr;
}

type Number = Pick<Built, 'metric' | 'filters' | 'rollup' | 'window' | 'aggregation' | 'by'>;

function writeNumber({ metric, filters, rollup, window, aggregation, by }: Number): string {
  const matchers = writeFilters(filters);
  const expr = `${rollup}(${metric}${matchers && `{${matchers}}`}${window && `[${window}]`})`;
  if (!aggregation) {
    return expr;
  }
  return by.length > 0 ? `${aggregation} by (${by.join(', ')}) (${expr})` : `${aggregation}(${expr})`;
}

/** Writes the filters that restrict something, as they stand in a selector. */
export function writeFilters(filters: LabelFilter[]): string {
  return filters
    .filter(({ label, values }) => label && values.length > 0)
    .map(writeFilter)
    .join(', ');
}

function writeFilter({ label, matching, values }: LabelFilter): string {
  if (matching === 'in' || matching === 'notIn') {
    return `${label}${matching === 'in' ? '=~' : '!~'}${quote(values.map(escapeAround).join('|'))}`;
  }
  return `${label}${matching}${quote(values[0])}`;
}

/** Escapes a text around the variables in it, which are escaped when they are replaced. */
function escapeAround(text: string): string {
  let end = 0;
  let escaped = '';
  for (const { 0: reference, index } of text.matchAll(new RegExp(VARIABLE, 'g'))) {
    escaped += escapeRegex(text.slice(end, index)) + reference;
    end = index + reference.length;
  }
  return escaped + escapeRegex(text.slice(end));
}

// Reading

/** Reads what the builder could have written, spaces aside; undefined of anything else. */
export function read(expr: string): Built | undefined {
  try {
    return new Reader(meaningful(tokenize(expr)), /#/.test(expr)).expression();
  } catch (error) {
    if (error instanceof Unreadable) {
      return undefined;
    }
    throw error;
  }
}

class Unreadable extends Error {}

class Reader {
  private at = 0;

  constructor(
    private readonly tokens: Token[],
    hasComments: boolean
  ) {
    // The builder would lose them.
    if (hasComments && tokens.every(({ text }) => !text.includes('#'))) {
      throw new Unreadable();
    }
  }

  expression(): Built {
    const top = this.top();
    const number = this.number();
    const built: Built = number;
    if (this.skip('/')) {
      built.shareOf = this.share(number);
    }
    if (top) {
      this.expect(')');
      built.top = top;
    }
    const operator = this.tokens[this.at]?.text;
    if (COMPARISONS.includes(operator)) {
      this.at++;
      const sign = this.skip('-') ? '-' : '';
      built.threshold = { operator, value: sign + this.take('number') };
    }
    if (this.at < this.tokens.length) {
      throw new Unreadable();
    }
    return built;
  }

  private top(): Built['top'] {
    const keep = this.tokens[this.at]?.text;
    if (!KEEPS.includes(keep)) {
      return undefined;
    }
    this.at++;
    this.expect('(');
    const count = this.take('number');
    if (!/^\d+$/.test(count)) {
      throw new Unreadable();
    }
    this.expect(',');
    return { keep: keep as 'topk' | 'bottomk', count: Number(count) };
  }

  /** The number after a division has to be the one before it, but for the filters. */
  private share(of: Number): LabelFilter[] {
    const { filters, ...whole } = this.number();
    const same = { ...whole, filters: of.filters };
    if (writeNumber(same) !== writeNumber(of)) {
      throw new Unreadable();
    }
    return filters;
  }

  private number(): Number {
    const aggregation = this.oneOf(AGGREGATIONS);
    if (!aggregation) {
      return { ...this.series(), aggregation: '', by: [] };
    }
    let by = this.by();
    this.expect('(');
    const series = this.series();
    this.expect(')');
    by ??= this.by();
    return { ...series, aggregation, by: by ?? [] };
  }

  private by(): string[] | undefined {
    if (!this.skip('by')) {
      return undefined;
    }
    const labels: string[] = [];
    this.expect('(');
    while (!this.skip(')')) {
      labels.push(this.take('name'));
      if (!this.skip(',') && this.tokens[this.at]?.text !== ')') {
        throw new Unreadable();
      }
    }
    return labels;
  }

  private series(): Pick<Number, 'metric' | 'filters' | 'rollup' | 'window'> {
    const rollup = this.oneOf([...ROLLUPS.counter, ...ROLLUPS.stream]);
    if (!rollup) {
      throw new Unreadable();
    }
    this.expect('(');
    const metric = this.take('name');
    const filters = this.filters();
    let window = '';
    if (this.skip('[')) {
      window = this.tokens[this.at]?.kind === 'variable' ? this.take('variable') : this.take('number');
      this.expect(']');
    }
    this.expect(')');
    return { metric, filters, rollup, window };
  }

  private filters(): LabelFilter[] {
    const filters: LabelFilter[] = [];
    if (!this.skip('{')) {
      return filters;
    }
    while (!this.skip('}')) {
      const label = this.take('name');
      const operator = this.oneOf(['=~', '!~', '!=', '=']);
      const literal = this.take('string');
      if (!operator || !isClosed(literal)) {
        throw new Unreadable();
      }
      filters.push(readFilter(label, operator as Matching, unquote(literal)));
      if (!this.skip(',') && this.tokens[this.at]?.text !== '}') {
        throw new Unreadable();
      }
    }
    return filters;
  }

  private skip(text: string): boolean {
    if (this.tokens[this.at]?.text !== text) {
      return false;
    }
    this.at++;
    return true;
  }

  private expect(text: string) {
    if (!this.skip(text)) {
      throw new Unreadable();
    }
  }

  private oneOf(texts: string[]): string | undefined {
    const found = this.tokens[this.at]?.text;
    return texts.includes(found) && this.skip(found) ? found : undefined;
  }

  private take(kind: Token['kind']): string {
    const token = this.tokens[this.at++];
    if (token?.kind !== kind) {
      throw new Unreadable();
    }
    return token.text;
  }
}

function readFilter(label: string, operator: Matching, text: string): LabelFilter {
  if (operator === '=~' || operator === '!~') {
    const values = alternatives(text);
    if (values) {
      return { label, matching: operator === '=~' ? 'in' : 'notIn', values };
    }
  }
  return { label, matching: operator, values: [text] };
}

/** The texts that a regular expression matches, where it is no more than several of them; undefined of any other. */
function alternatives(pattern: string): string[] | undefined {
  const parts = pattern.match(/(?:\\[^]|[^\\|])+/g) ?? [];
  const values = parts.map((part) => part.replace(/\\([^\w])/g, '$1'));
  return values.length > 0 && values.map(escapeAround).join('|') === pattern ? values : undefined;
}
