import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(__dirname, '..');

/** The files below a folder, and which of one another they import, types included. */
function importsBelow(folder: string): Map<string, string[]> {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(root, folder, name));
  return new Map(
    files.map((file) => [
      file,
      ts
        .preProcessFile(readFileSync(file, 'utf8'))
        .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
        .flatMap(({ fileName }) => {
          const path = join(dirname(file), fileName);
          return ['', '.ts', '.tsx', '/index.ts', '/index.tsx']
            .map((end) => path + end)
            .filter((each) => files.includes(each));
        }),
    ])
  );
}

/** A path of imports that ends where it began. */
function circle(imports: Map<string, string[]>): string[] | undefined {
  const clean = new Set<string>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) {
      return [...path.slice(path.indexOf(file)), file];
    }
    if (clean.has(file)) {
      return undefined;
    }
    for (const next of imports.get(file) ?? []) {
      const found = visit(next, [...path, file]);
      if (found) {
        return found;
      }
    }
    clean.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const found = visit(file, []);
    if (found) {
      return found.map((each) => each.slice(root.length + 1));
    }
  }
  return undefined;
}

test.each(['src', 'preview/page'])('no file of %s imports itself in a circle', (folder) => {
  const imports = importsBelow(folder);
  expect(imports.size).toBeGreaterThan(20);
  expect([...imports.values()].flat().length).toBeGreaterThan(imports.size);
  expect(circle(imports)).toBeUndefined();
});
