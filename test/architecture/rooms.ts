/**
 * Which part of src/ may import which, as data: the table of ARCHITECTURE.md, read by `rooms.test.ts`.
 * A room is a folder that others enter through its index.ts. Arrows point down this list, never up and never sideways.
 */
export interface Room {
  /** Folder under src/. `auth/*` is each folder of src/auth: a room of its own. */
  readonly folder: string;
  readonly mayImport: readonly string[];
  /** Packages of package.json that the room may use. Tests may also use `testPackages`. */
  readonly packages: readonly string[];
  /** Folders of the room that are entered by an index.ts of their own, since few need them: `hcl`. */
  readonly sideDoors?: readonly string[];
  /** Folders inside the room that enter one another through their index.ts only. */
  readonly divided?: boolean;
  /** Files of the room that may import more than the rest of it. */
  readonly widened?: { readonly files: RegExp; readonly mayImport: readonly string[] };
}

const core = ['lib', 'crypto', 'x509', 'keys', 'store'];
const engine = [...core, 'core'];

export const rooms: readonly Room[] = [
  { folder: 'lib', mayImport: [], packages: ['ipaddr.js'], sideDoors: ['hcl'] },
  { folder: 'crypto', mayImport: ['lib'], packages: ['jose'] },
  {
    folder: 'x509',
    mayImport: ['lib', 'crypto'],
    packages: ['@peculiar/x509', 'ipaddr.js', 'node-forge', 'reflect-metadata'],
  },
  { folder: 'keys', mayImport: ['lib', 'crypto'], packages: ['pkcs11js'] },
  { folder: 'store', mayImport: ['lib'], packages: ['better-sqlite3', 'drizzle-orm'] },
  { folder: 'core', mayImport: core, packages: ['zod', 'pino'], divided: true },
  { folder: 'auth/*', mayImport: engine, packages: ['zod'] },
  { folder: 'auth', mayImport: [...engine, 'auth/*'], packages: ['zod'] },
  { folder: 'engines/*', mayImport: engine, packages: ['zod'] },
  { folder: 'engines', mayImport: [...engine, 'engines/*'], packages: ['zod'] },
  { folder: 'http', mayImport: ['lib', 'core'], packages: ['hono', '@hono/node-server', 'zod', 'pino'] },
  // The composition root: what is built elsewhere is put together here.
  {
    folder: 'server',
    mayImport: [...engine, 'auth', 'auth/*', 'engines', 'engines/*', 'http'],
    packages: ['hono', '@hono/node-server', 'zod', 'pino', 'yaml'],
  },
  { folder: 'client', mayImport: ['lib'], packages: [] },
  {
    folder: 'cli',
    mayImport: ['client', 'lib'],
    packages: ['commander', 'yaml'],
    // `server` starts one; `audit verify` reads log files where no server runs.
    widened: { files: /^cli\/(?:commands\/)?(?:server|audit)[^/]*(?:\/|\.ts$)/, mayImport: ['server'] },
  },
];

export const testPackages: readonly string[] = ['vitest', 'fast-check'];

/** What only some files may touch, whatever the reason given. Tests are held to it as well. */
export interface Reserved {
  readonly what: string;
  readonly files: RegExp;
  readonly why: string;
}

export const reserved = {
  crypto: { what: 'node:crypto', files: /^crypto\//, why: 'src/crypto is the one room that calls it' },
  clock: { what: 'the wall clock', files: /^lib\/clock\.ts$/, why: 'time is passed in as a Clock' },
  random: { what: 'Math.random', files: /^crypto\/random\.ts$/, why: 'randomness is passed in as a Random' },
  console: { what: 'console', files: /^(?:cli|server)\//, why: 'only a program that a person started writes there' },
} as const satisfies Record<string, Reserved>;

/** Names that say nothing about what is inside. */
export const emptyNames: readonly string[] = ['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'managers'];

export const maxLines = 350;
