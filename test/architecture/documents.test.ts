import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const skipped = new Set(['node_modules', '.git', '.runtime', 'dist', 'coverage']);

function documents(folder = ''): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (skipped.has(name)) return [];
    if (statSync(join(root, path)).isDirectory()) return documents(path);
    return name.endsWith('.md') ? [path] : [];
  });
}

test('every relative link of a document leads somewhere', () => {
  const broken = documents().flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, target]) => target as string)
      .filter((target) => !existsSync(join(root, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every room is named in ARCHITECTURE.md', () => {
  const text = read('ARCHITECTURE.md');
  const rooms = readdirSync(join(root, 'src')).filter((name) => statSync(join(root, 'src', name)).isDirectory());
  expect(rooms.filter((room) => !text.includes(`\`src/${room}\``))).toEqual([]);
});

test('every command of npm that a document names is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = documents().flatMap((path) =>
    [...read(path).matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name as string),
  );
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  expect(named).toContain('demo');
});

test('decisions are numbered without gaps', () => {
  const names = readdirSync(join(root, 'docs/decisions')).sort();
  expect(names.map((name) => name.slice(0, 4))).toEqual(names.map((_, index) => String(index + 1).padStart(4, '0')));
});

test('every test named in docs/security-rows.md has the row in its text', () => {
  const rows = [...read('docs/security-rows.md').matchAll(/^\| ([A-Z]+-\d+) \| `([^`]+)`/gm)];
  expect(rows.length).toBeGreaterThan(100);
  const wrong = rows.filter(
    ([, id, path]) => !existsSync(join(root, path as string)) || !new RegExp(`\\b${id}\\b`).test(read(path as string)),
  );
  expect(wrong.map(([row]) => row)).toEqual([]);
});

test('every key of the configuration that the server reads is in docs/configuration.md', () => {
  const text = read('docs/configuration.md');
  const source = execFileSync(
    'cat',
    readdirSync(join(root, 'src/server/config')).map((name) => join(root, 'src/server/config', name)),
    { encoding: 'utf8' },
  );
  const keys = [
    ...source.matchAll(/\.(?:text|requireText|freeText|boolean|integer|list|word|seconds)\(\s*'([a-z_]+)'/g),
  ].map(([, key]) => key as string);
  const aliases = new Set(['path', 'mode', 'format', 'write_timeout']);
  expect(keys.length).toBeGreaterThan(20);
  expect([...new Set(keys)].filter((key) => !aliases.has(key) && !text.includes(`\`${key}\``))).toEqual([]);
});
