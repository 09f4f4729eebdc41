import { meaningful, tokenize } from './tokens';

/** Larger than any number of sense, and told apart by their end. */
const STAND_IN = 900_000_000;

/**
 * An expression with numbers in the place of variables, which can be written anew, and the way back. There is none where a
 * variable is more than a length of time or a number.
 */
export function withStandIns(expr: string): { text: string; restore: (pretty: string) => string } | undefined {
  const tokens = tokenize(expr);
  const standIns: Array<[standIn: string, reference: string]> = [];
  let text = '';
  for (const token of tokens) {
    if (token.kind === 'variable') {
      const before = meaningful(tokens.filter(({ end }) => end <= token.start)).at(-1)?.text ?? '';
      const isTime = ['[', ':', 'offset'].includes(before);
      if (!isTime && !['>', '<', '>=', '<=', '==', '!=', '+', '-', '*', '/'].includes(before)) {
        return undefined;
      }
      const standIn = `${STAND_IN + standIns.length}${isTime ? 'ms' : ''}`;
      standIns.push([standIn, token.text]);
      text += standIn;
    } else {
      text += token.text;
    }
  }
  return {
    text,
    restore: (pretty) =>
      standIns.reduce((restored, [standIn, reference]) => restored.replace(standIn, () => reference), pretty),
  };
}
