import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findField } from '../catalog';
import { kindNamed, kinds } from '../testing';
import { annotationExamples, examples } from './examples';
import { completeQuery, measuresFor } from './views';

const all = [...examples(), ...annotationExamples()];

test.each(all.map(({ title, query }) => [title, query] as const))('%s: the catalog knows all of it', (_, query) => {
  const kind = kindNamed(query.queryType);
  const complete = completeQuery({ ...query, refId: 'A' });

  expect(kind.views).toContain(complete.view);
  if (complete.measure) {
    expect(measuresFor(kind, complete.view).map(({ name }) => name)).toContain(complete.measure);
  }
  for (const { field: name, operator, values } of complete.filters) {
    const field = findField(kind, name);
    expect(field?.operators).toContain(operator);
    if (field?.values?.length) {
      expect(field.values).toEqual(expect.arrayContaining(values));
    }
  }
  for (const name of complete.groupBy ?? []) {
    expect(findField(kind, name)).toMatchObject({ name, groupable: true });
  }
  for (const name of complete.columns ?? []) {
    expect(findField(kind, name)).toMatchObject({ name });
  }
  expect(complete.seen && !kind.seen).toBeFalsy();
});

// pkg/plugin runs each of them in the built plugin.
test('the backend is tested with these examples', () => {
  const file = join(__dirname, '..', 'testing', 'examples.json');
  if (process.env.UPDATE) {
    writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  }
  // Where they differ: UPDATE=1 npx jest src/query/examples, and prettier on the file.
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(all);
});

test('there is an example of every kind that can be queried without a name', () => {
  const shown = new Set(examples().map(({ query }) => query.queryType));
  expect(kinds.map(({ kind }) => kind).filter((kind) => !shown.has(kind))).toEqual(['userActivity']);
});

test('there is an example of every view but a single record', () => {
  const shown = new Set(all.map(({ query }) => query.view));
  expect([...shown].sort()).toEqual(['annotations', 'list', 'logs', 'table', 'timeSeries', 'value']);
});
