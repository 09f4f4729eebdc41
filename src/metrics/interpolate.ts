import type { ScopedVars, TimeRange } from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';

import { currentValue } from '../query/variables';
import type { MetricsQuery } from '../types';
import { escapeRegex, meaningful, type Token, tokenize, VARIABLE } from './tokens';

/** An expression without variables, and the way back to the text that it comes from. */
export interface Interpolated {
  text: string;
  /** Where in the text with variables a place of the text without is. */
  original: (offset: number) => number;
}

/**
 * Replaces variables in an expression. In a string that a label is matched with (`=~`, `!~`) several values are
 * alternatives and mean only themselves, and All matches anything, also nothing; elsewhere values are put as they are,
 * several with commas between, as a list of labels has.
 */
export function interpolateExpression(expr: string, scopedVars: ScopedVars = {}): string {
  return withOriginal(expr, scopedVars).text;
}

/** As {@link interpolateExpression}, for telling where an error is. */
export function withOriginal(expr: string, scopedVars: ScopedVars = {}): Interpolated {
  const pieces: Array<{ from: number; length: number; text: string }> = [];
  const add = (from: number, length: number, text: string) => pieces.push({ from, length, text });
  let before: Token | undefined;

  for (const token of tokenize(expr)) {
    switch (token.kind) {
      case 'variable':
        add(
          token.start,
          token.text.length,
          replace(token.text, scopedVars, (values) => values.join(','))
        );
        break;
      case 'string': {
        const isPattern = before?.text === '=~' || before?.text === '!~';
        for (const { text, start, isVariable } of split(token.text)) {
          const value = isVariable ? valueInString(text, scopedVars, isPattern, token.text[0]) : text;
          add(token.start + start, text.length, value);
        }
        break;
      }
      default:
        add(token.start, token.text.length, token.text);
    }
    before = meaningful([token])[0] ?? before;
  }
  return { text: pieces.map(({ text }) => text).join(''), original: (offset) => originalOffset(pieces, offset) };
}

function originalOffset(pieces: Array<{ from: number; length: number; text: string }>, offset: number): number {
  let at = 0;
  for (const { from, length, text } of pieces) {
    if (offset < at + text.length) {
      // Within a value any place is the variable's.
      return text.length === length ? from + offset - at : from;
    }
    at += text.length;
  }
  const last = pieces.at(-1);
  return last ? last.from + last.length : 0;
}

/** Cuts a text where it refers to variables. */
function split(text: string): Array<{ text: string; start: number; isVariable: boolean }> {
  const parts = [];
  let end = 0;
  for (const { 0: reference, index } of text.matchAll(new RegExp(VARIABLE, 'g'))) {
    parts.push({ text: text.slice(end, index), start: end, isVariable: false });
    parts.push({ text: reference, start: index, isVariable: true });
    end = index + reference.length;
  }
  parts.push({ text: text.slice(end), start: end, isVariable: false });
  return parts;
}

function valueInString(reference: string, scopedVars: ScopedVars, isPattern: boolean, mark: string): string {
  const name = nameOf(reference);
  const isAll = [currentValue(name, scopedVars)].flat().includes('$__all');
  if (isPattern && isAll) {
    return '.*';
  }
  const written = replace(reference, scopedVars, (values) => {
    if (!isPattern) {
      return values.join(',');
    }
    return values.length === 1 ? escapeRegex(values[0]) : `(${values.map(escapeRegex).join('|')})`;
  });
  // A reference that nothing is known of stays one.
  return written === reference || mark === '`' ? written : inQuotes(written, mark);
}

function inQuotes(text: string, mark: string): string {
  return text.replace(/\\/g, '\\\\').replaceAll(mark, `\\${mark}`).replace(/\n/g, '\\n');
}

/** Replaces one reference; a format that it names is the user's will. */
function replace(reference: string, scopedVars: ScopedVars, format: (values: string[]) => string): string {
  const name = nameOf(reference);
  if (TIME.includes(name) && !scopedVars[name]) {
    return reference;
  }
  const formatted = /^(\$\{|\[\[)[^:]+:/.test(reference);
  return getTemplateSrv().replace(
    reference,
    scopedVars,
    formatted ? undefined : (value: string | string[]) => format([value].flat().map(String))
  );
}

function nameOf(reference: string): string {
  const [, bare, braced, bracketed] = VARIABLE.exec(reference) ?? [];
  return bare ?? braced ?? bracketed;
}

// What the range and the graph's width say

/** At most so many points has a series. */
const MAX_POINTS = 11_000;

const UNITS: Array<[string, number]> = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/** A length of time in milliseconds as MetricsQL writes it, in the largest unit that fits. */
export function duration(ms: number): string {
  const whole = Math.max(1, Math.round(ms));
  const [unit, length] = UNITS.find(([, each]) => whole % each === 0) ?? ['ms', 1];
  return `${whole / length}${unit}`;
}

/** Milliseconds of a length of time such as "1h30m"; 0 of anything else. */
export function milliseconds(text: string): number {
  const parts = text.trim();
  if (!/^(\d+(\.\d+)?(ms|[smhdwy]))+$/.test(parts)) {
    return 0;
  }
  const units: Record<string, number> = { ...Object.fromEntries(UNITS), w: 604_800_000, y: 31_536_000_000 };
  return Array.from(parts.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g)).reduce(
    (sum, [, count, unit]) => sum + Number(count) * units[unit],
    0
  );
}

/** The step of a query: as the graph's width makes sensible, never smaller than it says itself. */
export function stepOf(interval: string, intervalMs: number, length: number): number {
  return Math.max(1000, intervalMs, milliseconds(interval), Math.ceil(length / MAX_POINTS / 1000) * 1000);
}

/** What the range and the step put into an expression. Who knows neither leaves them to the backend, which knows both. */
const TIME = ['__interval', '__interval_ms', '__rate_interval', '__range', '__range_s', '__range_ms'];

const variable = (value: string | number) => ({ text: String(value), value: String(value) });

/** `$__range` and its numbers. */
export function rangeVariables(range?: TimeRange): ScopedVars {
  if (!range) {
    return {};
  }
  const length = range.to.valueOf() - range.from.valueOf();
  const seconds = Math.max(1, Math.round(length / 1000));
  return {
    __range: variable(duration(seconds * 1000)),
    __range_s: variable(seconds),
    __range_ms: variable(length),
  };
}

/** `$__interval` and `$__rate_interval`: the step, because there is no scraping that a rate would wait for. */
export function stepVariables(interval: string, { __interval_ms, __range_ms }: ScopedVars): ScopedVars {
  if (!__interval_ms || !__range_ms) {
    return {};
  }
  const step = stepOf(interval, Number(__interval_ms.value), Number(__range_ms.value));
  return {
    __interval: variable(duration(step)),
    __interval_ms: variable(step),
    __rate_interval: variable(duration(step)),
  };
}

/** Variables without those of time, which mean something else where the query goes. */
export function withoutTime(scopedVars: ScopedVars): ScopedVars {
  return Object.fromEntries(Object.entries(scopedVars).filter(([name]) => !TIME.includes(name)));
}

/** Replaces variables wherever a query may have them. */
export function interpolateMetrics(
  { expr, interval, legendFormat }: Pick<MetricsQuery, 'expr' | 'interval' | 'legendFormat'>,
  scopedVars: ScopedVars
): Pick<MetricsQuery, 'expr' | 'interval' | 'legendFormat'> {
  const plain = (text = '') => getTemplateSrv().replace(text, scopedVars);
  const minimum = plain(interval);
  return {
    expr: interpolateExpression(expr ?? '', { ...scopedVars, ...stepVariables(minimum, scopedVars) }),
    interval: minimum,
    legendFormat: plain(legendFormat),
  };
}
