import { globSync } from 'glob';
import { set } from 'lodash';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

import pluginJson from '../plugin.json';

const sources = path.resolve(__dirname, '..');

/** Collects the key and the English text of every t('key', 'text') in a file. */
function extract(file: string): Array<[key: string, text: string]> {
  const found: Array<[string, string]> = [];
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 't') {
      const [key, text] = node.arguments;
      if (!ts.isStringLiteralLike(key) || !text || !ts.isStringLiteralLike(text)) {
        throw new Error(`${file}: t() wants a literal key and a literal text, not ${node.getText()}`);
      }
      found.push([key.text, text.text]);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX));
  return found;
}

const calls = globSync('**/*.{ts,tsx}', { cwd: sources, absolute: true, ignore: '**/*.test.*' }).flatMap(extract);

test('the English locale holds exactly the texts of the source', () => {
  const expected = {};
  calls.forEach(([key, text]) => set(expected, key, text));

  const file = path.join(sources, 'locales', 'en-US', `${pluginJson.id}.json`);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(expected);
});

test('a key means the same text everywhere', () => {
  const texts = new Map<string, string>();
  for (const [key, text] of calls) {
    expect([key, texts.get(key) ?? text]).toEqual([key, text]);
    texts.set(key, text);
  }
});

test('every language of plugin.json has a locale', () => {
  const folders = globSync('*/', { cwd: path.join(sources, 'locales') });
  expect(folders.sort()).toEqual([...pluginJson.languages].sort());
});
