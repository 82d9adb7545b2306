import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findBreaches, formatBreach, rules } from './breaches.ts';
import { exceptions, mostExceptions } from './exceptions.ts';
import { rooms } from './rooms.ts';
import { readSource } from './source-file.ts';

const source = fileURLToPath(new URL('../../src', import.meta.url));
const paths = globSync('**/*.ts', { cwd: source }).map((path) => path.replaceAll('\\', '/'));
const present = new Set(globSync('**/*.*', { cwd: source }).map((path) => path.replaceAll('\\', '/')));
const breaches = paths
  .map((path) => readSource(path, readFileSync(join(source, path), 'utf8')))
  .flatMap((file) => findBreaches(file, (path) => present.has(path)));

const isExcepted = (file: string, rule: string) =>
  exceptions.some((exception) => exception.file === file && exception.rule === rule);

describe('the source', () => {
  it('is there to be judged', () => {
    expect(paths.length).toBeGreaterThan(10);
  });

  it.each(Object.keys(rules))('keeps the rule "%s" in every file', (rule) => {
    const found = breaches.filter((breach) => breach.rule === rule && !isExcepted(breach.file, rule));
    expect(found.map(formatBreach)).toEqual([]);
  });

  it('has no exception that is no longer needed, and no more of them than before', () => {
    const needless = exceptions.filter(
      ({ file, rule }) => !breaches.some((breach) => breach.file === file && breach.rule === rule),
    );
    expect(needless).toEqual([]);
    expect(exceptions.length).toBeLessThanOrEqual(mostExceptions);
  });
});

describe('the table of rooms', () => {
  it('has arrows that point up the list only, so that they cannot make a ring', () => {
    const order = rooms.map(({ folder }) => folder);
    for (const [index, { folder, mayImport, widened }] of rooms.entries()) {
      for (const target of [...mayImport, ...(widened?.mayImport ?? [])]) {
        expect(order.slice(0, index), `${folder} imports ${target}`).toContain(target);
      }
    }
  });

  it('names only packages that package.json names', () => {
    const manifest = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const unknown = rooms.flatMap(({ packages }) => packages).filter((name) => !(name in manifest.dependencies));
    expect(unknown).toEqual([]);
  });
});
