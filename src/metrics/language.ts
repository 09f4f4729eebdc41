import type { Monaco } from '@grafana/ui';

import type { MetricsVocabulary } from '../types';

/** What Monaco calls the language. */
export const LANGUAGE = 'entra-metricsql';

const KEYWORDS = [
  ...['and', 'or', 'unless', 'if', 'ifnot', 'default', 'bool', 'by', 'without', 'on', 'ignoring'],
  ...['group_left', 'group_right', 'offset', 'keep_metric_names', 'limit'],
];

/** Makes the language known, once: every editor of the page shares Monaco. */
export function registerLanguage(monaco: Monaco) {
  if (monaco.languages.getLanguages().some(({ id }) => id === LANGUAGE)) {
    return;
  }
  monaco.languages.register({ id: LANGUAGE });
  monaco.languages.setLanguageConfiguration(LANGUAGE, {
    // Durations are words, too.
    wordPattern: /[A-Za-z_]\w*|\d[\w.]*/,
    comments: { lineComment: '#' },
    brackets: [
      ['(', ')'],
      ['[', ']'],
      ['{', '}'],
    ],
    autoClosingPairs: ['()', '[]', '{}', '""', "''", '``'].map(([open, close]) => ({ open, close })),
  });
  setTokens(monaco, []);
}

/** Colors the functions that the backend knows. */
export function setFunctions(monaco: Monaco, { functions }: MetricsVocabulary) {
  setTokens(
    monaco,
    functions.map(({ name }) => name)
  );
}

function setTokens(monaco: Monaco, functions: string[]) {
  monaco.languages.setMonarchTokensProvider(LANGUAGE, {
    defaultToken: '',
    keywords: KEYWORDS,
    functions,
    tokenizer: {
      root: [
        [/#.*$/, 'comment'],
        [/\$\w+|\$\{\w+[^}]*\}|\[\[\w+[^\]]*\]\]/, 'variable'],
        [/"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?/, 'string'],
        [/`/, { token: 'string', next: '@raw' }],
        [/(?:\d+(?:\.\d+)?(?:ms|[smhdwyi]))+(?!\w)/, 'number'],
        [/(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+|[KMGT]i?B?)?(?!\w)/, 'number'],
        [/[A-Za-z_]\w*(?=\s*(?:=~|!~|!=|=(?!=)))/, 'tag'],
        [/[A-Za-z_]\w*/, { cases: { '@keywords': 'keyword', '@functions': 'type', '@default': 'identifier' } }],
        [/[()[\]{}]/, '@brackets'],
        [/=~|!~|!=|==|>=|<=|[=<>+\-*/%^@,:]/, 'delimiter'],
      ],
      raw: [
        [/[^`]+/, 'string'],
        [/`/, { token: 'string', next: '@pop' }],
      ],
    },
  });
}
