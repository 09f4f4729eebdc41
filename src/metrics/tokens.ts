/** What a piece of an expression is. `variable` is a dashboard's: `$name`, `${name:format}` or `[[name]]`. */
export type TokenKind = 'name' | 'number' | 'string' | 'variable' | 'comment' | 'operator' | 'space';

export interface Token {
  kind: TokenKind;
  text: string;
  start: number;
  end: number;
}

/** A reference to a dashboard's variable. */
export const VARIABLE = /\$(\w+)|\$\{(\w+)[^}]*\}|\[\[(\w+)[^\]]*\]\]/;

const PATTERNS: Array<[TokenKind, RegExp]> = [
  ['space', /\s+/y],
  ['comment', /#[^\n]*/y],
  ['string', /"(?:\\[^]|[^"\\])*"?|'(?:\\[^]|[^'\\])*'?|`[^`]*`?/y],
  ['variable', new RegExp(VARIABLE.source, 'y')],
  // A number, or a duration such as 1h30m, which may be in steps: 5i.
  ['number', /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+|(?:ms|[smhdwyi]|[KMGT]i?B?)(?:\d+(?:\.\d+)?(?:ms|[smhdwyi]))*)?(?!\w)/iy],
  ['name', /[A-Za-z_][\w.]*/y],
  ['operator', /=~|!~|!=|==|>=|<=|[^]/y],
];

/** Cuts an expression into pieces, which together are all of it; nothing is an error. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let start = 0; start < text.length;) {
    for (const [kind, pattern] of PATTERNS) {
      pattern.lastIndex = start;
      const found = pattern.exec(text)?.[0];
      if (found) {
        tokens.push({ kind, text: found, start, end: start + found.length });
        start += found.length;
        break;
      }
    }
  }
  return tokens;
}

/** The pieces that mean something. */
export function meaningful(tokens: Token[]): Token[] {
  return tokens.filter(({ kind }) => kind !== 'space' && kind !== 'comment');
}

/** Writes a text as an expression's string. */
export function quote(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}

/** Reads an expression's string; one that is not closed, too. */
export function unquote(literal: string): string {
  const mark = literal[0];
  const inner = literal.slice(1, literal.length > 1 && isClosed(literal) ? -1 : undefined);
  if (mark === '`') {
    return inner;
  }
  return inner.replace(/\\([^])/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

/** Tells whether a string ends where its piece does. */
export function isClosed(literal: string): boolean {
  const mark = literal[0];
  if (mark === '`') {
    return literal.length > 1 && literal.endsWith(mark);
  }
  return /^(["'])(?:\\[^]|(?!\1)[^\\])*\1$/.test(literal);
}

/** Writes a text as a regular expression (RE2) that only it matches. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
