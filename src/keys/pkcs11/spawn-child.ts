import { type ChildProcess, spawn } from 'node:child_process';
import { extname } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Variables that modules and the loader need; everything else of ours (which may hold secrets) stays here. */
const handedOn = ['HOME', 'LANG', 'LD_LIBRARY_PATH', 'PATH', 'SOFTHSM2_CONF', 'TMPDIR', 'TZ'];

export interface SpawnedChild {
  readonly process: ChildProcess;
  readonly pipe: Duplex;
}

/** Starts the process that owns the module, with one pipe (descriptor 3) and nothing secret in sight. */
export function spawnChild(sessions: number, environment: Readonly<Record<string, string>>): SpawnedChild {
  // The same file, whether run from source or from `dist`.
  const main = fileURLToPath(new URL(`./child/main${extname(import.meta.url)}`, import.meta.url));
  const inherited = handedOn.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const env = {
    ...Object.fromEntries(inherited),
    ...environment,
    // Read once, when the process starts: a thread for each session, and some for making keys.
    UV_THREADPOOL_SIZE: String(sessions + 4),
  };
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], env });
  return { process: child, pipe: child.stdio[3] as Duplex };
}
