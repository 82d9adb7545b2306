import { isTest, judgeImport, placeOf } from './arrows.ts';
import { emptyNames, maxLines, type Reserved, reserved } from './rooms.ts';
import type { SourceFile } from './source-file.ts';

export interface Breach {
  readonly file: string;
  readonly rule: string;
  readonly line: number;
  readonly message: string;
}

export const formatBreach = ({ file, line, rule, message }: Breach): string =>
  `src/${file}:${line}  [${rule}] ${message}`;

type Rule = (file: SourceFile, exists: (path: string) => boolean) => readonly Omit<Breach, 'file' | 'rule'>[];

const wallClock = new Set(['Date.now', 'new Date', 'Date']);
const webCrypto = new Set(['crypto.subtle', 'crypto.randomUUID', 'crypto.getRandomValues', 'globalThis.crypto']);
const isNodeCrypto = (specifier: string) => /^(?:node:)?crypto(?:\/|$)/.test(specifier);

function forbidGlobals(file: SourceFile, { what, files, why }: Reserved, matches: (name: string) => boolean) {
  if (files.test(file.path)) return [];
  return file.globals
    .filter(({ name }) => matches(name))
    .map(({ name, line }) => ({ line, message: `${name}: ${what} is not for this file; ${why}` }));
}

const saysNothing = (word: string) => emptyNames.includes(word.toLowerCase());

/** Every rule of src/, by the name that `exceptions.ts` uses. */
export const rules: Readonly<Record<string, Rule>> = {
  room: ({ path }) =>
    placeOf(path) ? [] : [{ line: 1, message: 'lies in no room: add one to test/architecture/rooms.ts, or move it' }],

  arrow: (file, exists) =>
    file.imports.flatMap((imported) => {
      const message = judgeImport(file, imported, exists);
      return message === undefined ? [] : [{ line: imported.line, message: `"${imported.specifier}" ${message}` }];
    }),

  'computed-import': ({ computedImports }) =>
    computedImports.map((line) => ({ line, message: 'an import whose target cannot be read here cannot be judged' })),

  crypto: (file) => [
    ...forbidGlobals(file, reserved.crypto, (name) => webCrypto.has(name)),
    ...file.imports
      .filter(({ specifier }) => isNodeCrypto(specifier) && !reserved.crypto.files.test(file.path))
      .map(({ line, specifier }) => ({ line, message: `"${specifier}": ${reserved.crypto.why}` })),
  ],

  clock: (file) => forbidGlobals(file, reserved.clock, (name) => wallClock.has(name)),

  random: (file) => forbidGlobals(file, reserved.random, (name) => name === 'Math.random'),

  console: (file) =>
    isTest(file.path) ? [] : forbidGlobals(file, reserved.console, (name) => name.startsWith('console.')),

  any: ({ anys }) => anys.map((line) => ({ line, message: 'the type any turns checking off: use unknown' })),

  size: ({ lineCount }) =>
    lineCount > maxLines ? [{ line: lineCount, message: `${lineCount} lines, more than ${maxLines}: split it` }] : [],

  name: ({ path, declarations }) => [
    ...path
      .split('/')
      .filter((segment) => segment.split(/[-.]/).some(saysNothing))
      .map((segment) => ({ line: 1, message: `"${segment}" says nothing about what is inside` })),
    ...declarations
      .filter(({ name }) => saysNothing(/[A-Z]?[a-z]+$/.exec(name)?.[0] ?? ''))
      .map(({ name, line }) => ({ line, message: `"${name}" says nothing about what it does` })),
  ],
};

/** All breaches of one file. */
export function findBreaches(file: SourceFile, exists: (path: string) => boolean): Breach[] {
  return Object.entries(rules).flatMap(([rule, judge]) =>
    judge(file, exists).map((breach) => ({ file: file.path, rule, ...breach })),
  );
}
