import type { VariableQuery } from '../types';
import { meaningful, tokenize, unquote } from './tokens';

type Selected = Required<Pick<VariableQuery, 'metric' | 'label' | 'match'>>;

/**
 * Reads a variable's text: `label_values(metric{...}, label)`, `label_names(metric)` or `metrics(regex)`; undefined of any
 * other. A regular expression may be in quotes.
 */
export function readVariable(text: string): Selected | undefined {
  const [, called, inner] = /^\s*(label_values|label_names|metrics)\s*\(([^]*)\)\s*$/.exec(text) ?? [];
  switch (called) {
    case 'metrics': {
      const pattern = inner.trim();
      return { metric: '', label: '', match: /^["'`]/.test(pattern) ? unquote(pattern) : pattern };
    }
    case 'label_names': {
      const selector = readSelector(inner);
      return selector && { ...selector, label: '' };
    }
    case 'label_values': {
      const comma = lastComma(inner);
      const selector = comma === undefined ? undefined : readSelector(inner.slice(0, comma));
      const label = comma === undefined ? '' : inner.slice(comma + 1).trim();
      return selector && /^(\w+|\$\{?\w+\}?)$/.test(label) ? { ...selector, label } : undefined;
    }
  }
  return undefined;
}

/** Writes what {@link readVariable} reads. */
export function writeVariable({ metric = '', label = '', match = '' }: Partial<Selected>): string {
  if (!metric) {
    return `metrics(${match})`;
  }
  return label ? `label_values(${metric}${match}, ${label})` : `label_names(${metric}${match})`;
}

/** A comma in a selector is not the one before the label. */
function lastComma(text: string): number | undefined {
  const tokens = meaningful(tokenize(text));
  const closing = tokens.map((token) => token.text).lastIndexOf('}');
  return tokens.slice(closing + 1).find((token) => token.text === ',')?.start;
}

function readSelector(text: string): Pick<Selected, 'metric' | 'match'> | undefined {
  const [, metric, match] = /^\s*(\w+|\$\{?\w+\}?)\s*(\{[^]*\})?\s*$/.exec(text) ?? [];
  return metric ? { metric, match: match ?? '' } : undefined;
}
