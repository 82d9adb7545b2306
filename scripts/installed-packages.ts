/**
 * What scripts/setup asks about node_modules.
 *
 *   matches      exits with 0 when what is installed is what package-lock.json says; prints how many packages
 *   unloadable   prints the native modules that do not load here, separated by blanks
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const root = new URL('../', import.meta.url);
const requireFromRoot = createRequire(new URL('package.json', root));

function readLock(path: string): LockFile | undefined {
  try {
    return JSON.parse(readFileSync(new URL(path, root), 'utf8')) as LockFile;
  } catch {
    return undefined;
  }
}

/** npm writes down what it has installed; a package that is optional (another platform's binary) may be absent. */
function countMatching(): number | undefined {
  const wanted = readLock('package-lock.json');
  const installed = readLock('node_modules/.package-lock.json');
  if (!wanted || !installed) return undefined;
  let count = 0;
  for (const [path, locked] of Object.entries(wanted.packages)) {
    if (path === '') continue;
    const present = installed.packages[path];
    if (!present && locked.optional) continue;
    if (present?.version !== locked.version || present?.integrity !== locked.integrity) return undefined;
    count += 1;
  }
  return count;
}

/** Every package that has compiled code, with the least that makes it load that code. */
const nativeModules: Readonly<Record<string, () => unknown>> = {
  'better-sqlite3': () => {
    const Database = requireFromRoot('better-sqlite3') as new (path: string) => { close(): void };
    new Database(':memory:').close();
  },
  pkcs11js: () => requireFromRoot('pkcs11js'),
  rolldown: () => requireFromRoot('rolldown'),
  // A program, not a module: it answers or it does not.
  '@biomejs/biome': () => execFileSync(process.execPath, [binaryOf('@biomejs/biome'), '--version']),
};

function binaryOf(name: string): string {
  const { bin } = requireFromRoot(`${name}/package.json`) as { bin: Record<string, string> };
  return requireFromRoot.resolve(`${name}/${Object.values(bin)[0]}`);
}

function loads(load: () => unknown): boolean {
  try {
    load();
    return true;
  } catch {
    return false;
  }
}

switch (process.argv[2]) {
  case 'matches': {
    const count = countMatching();
    if (count === undefined) process.exitCode = 1;
    else console.log(`${count} packages, as locked`);
    break;
  }
  case 'unloadable':
    console.log(
      Object.entries(nativeModules)
        .filter(([, load]) => !loads(load))
        .map(([name]) => name)
        .join(' '),
    );
    break;
  default:
    throw new Error('say "matches" or "unloadable"');
}
