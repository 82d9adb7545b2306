import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { SecretText, StrongroomError } from '../lib/index.ts';
import { UsageError } from './usage-error.ts';

const maxFileBytes = 32 * 1024 * 1024;

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be opened by you';
  if (code === 'EEXIST') return 'exists already';
  if (code === 'EISDIR') return 'is a folder';
  if (code === 'EROFS') return 'is on a file system that is read-only';
  return 'cannot be opened';
}

/** Reads up to `maxBytes` of an open file. */
function readAll(descriptor: number, name: string, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    const length = readSync(descriptor, chunk, 0, chunk.length, null);
    if (length === 0) return Buffer.concat(chunks);
    size += length;
    if (size > maxBytes) throw new UsageError(`the file ${name} is too large`);
    chunks.push(chunk.subarray(0, length));
  }
}

function withFile<T>(name: string, flags: number, use: (descriptor: number) => T): T {
  let descriptor: number;
  try {
    descriptor = openSync(name, flags);
  } catch (error) {
    throw new UsageError(`the file ${name} ${reasonOf(error)}`);
  }
  try {
    if (fstatSync(descriptor).isDirectory()) throw new UsageError(`${name} is a folder`);
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The text of a file somebody named on the command line. */
export function readTextFile(name: string): string {
  return withFile(name, constants.O_RDONLY, (descriptor) => readAll(descriptor, name, maxFileBytes).toString('utf8'));
}

/** The first line of a file, or all of it, as a secret; one line break at the end is dropped. */
export function readSecretFile(name: string): SecretText {
  return new SecretText(readTextFile(name).replace(/\r?\n$/, ''));
}

/**
 * A file only its owner may read, else refused: whoever else can read it may have taken the token already. Judged on
 * the open file, so that it cannot be exchanged in between. Undefined when it does not exist.
 */
export function readPrivateFile(name: string, maxBytes: number): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new UsageError(`the file ${name} ${reasonOf(error)}`);
  }
  try {
    const { mode, uid } = fstatSync(descriptor);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new UsageError(`${name} is not a plain file`);
    if ((mode & 0o077) !== 0) {
      throw new StrongroomError('permission_denied', `others may read ${name}, so it is not used`, {
        hint: `run: chmod 600 ${name}, and consider what it holds as leaked`,
      });
    }
    const self = process.getuid?.();
    if (self !== undefined && uid !== self && self !== 0) {
      throw new StrongroomError('permission_denied', `${name} belongs to another user, so it is not used`, {
        hint: 'name a file of your own',
      });
    }
    return readAll(descriptor, name, maxBytes);
  } finally {
    closeSync(descriptor);
  }
}

/** A new file of mode 0600, open and empty; removed on disposal when nothing was written to it. */
export interface ReservedFile extends Disposable {
  write(text: string): void;
}

/** Makes the file before there is anything to write, for what must not be lost for want of a place. Never overwrites. */
export function reservePrivateFile(name: string): ReservedFile {
  let descriptor: number;
  try {
    descriptor = openSync(
      name,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'cannot be made: there is no such folder' : reasonOf(error);
    throw new UsageError(`the file ${name} ${reason}`, 'choose another name, or move the old file away');
  }
  let written = false;
  return {
    write(text) {
      written = true;
      const bytes = Buffer.from(text, 'utf8');
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset);
      fsyncSync(descriptor);
    },
    [Symbol.dispose]() {
      closeSync(descriptor);
      if (!written) rmSync(name, { force: true });
    },
  };
}

/** Makes a new file of mode 0600. Never overwrites. */
export function createPrivateFile(name: string, text: string): void {
  using file = reservePrivateFile(name);
  file.write(text);
}

/** The same for a file of mode 0600 that takes the place of what is there, whole or not at all, once it is written. */
export function reserveReplacement(name: string): ReservedFile {
  const next = `${name}.${process.pid}.new`;
  rmSync(next, { force: true });
  const file = reservePrivateFile(next);
  return {
    write(text) {
      file.write(text);
      try {
        renameSync(next, name);
      } catch (error) {
        rmSync(next, { force: true });
        throw new UsageError(`the file ${name} ${reasonOf(error)}`);
      }
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** Puts a file in place of another, whole or not at all; keeps who may read it. */
export function replaceFile(name: string, text: string): void {
  const mode = withFile(name, constants.O_RDWR, (descriptor) => fstatSync(descriptor).mode & 0o777);
  const next = `${name}.${process.pid}.new`;
  createPrivateFile(next, text);
  try {
    chmodSync(next, mode);
    renameSync(next, name);
  } catch (error) {
    rmSync(next, { force: true });
    throw new UsageError(`the file ${name} ${reasonOf(error)}`);
  }
}
