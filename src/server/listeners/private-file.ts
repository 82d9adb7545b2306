import { open } from 'node:fs/promises';
import { StrongroomError } from '../../lib/index.ts';

const maxBytes = 1024 * 1024;

function refuse(message: string, hint?: string, cause?: unknown): never {
  throw new StrongroomError('precondition_failed', message, {
    hint: hint ?? 'name a PEM file that this user may read',
    cause,
  });
}

async function read(path: string, what: string, secret: boolean): Promise<Buffer> {
  const file = await open(path, 'r').catch((cause: unknown) =>
    refuse(`the ${what} "${path}" cannot be opened`, undefined, cause),
  );
  try {
    const facts = await file.stat();
    if (!facts.isFile()) refuse(`the ${what} "${path}" is not a file`);
    if (facts.size > maxBytes) refuse(`the ${what} "${path}" is too large`);
    if (secret && (facts.mode & 0o077) !== 0) {
      refuse(`the ${what} "${path}" is open to other users of this machine`, `chmod 600 ${path}`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Reads a file that holds a key. Refuses one that group or others may read or write; looks at the file it reads, not at its name. */
export function readPrivateFile(path: string, what: string): Promise<Buffer> {
  return read(path, what, true);
}

/** Reads a file that holds nothing secret. */
export function readPublicFile(path: string, what: string): Promise<Buffer> {
  return read(path, what, false);
}
