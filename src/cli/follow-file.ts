import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { UsageError } from './usage-error.ts';

export interface FollowOptions {
  /** How many of the last lines come first. */
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  onLine(text: string): void;
  /** How often the file is looked at; half a second unless given. */
  readonly intervalMillis?: number;
}

const chunkBytes = 65_536;
/** How far back the last lines are looked for, and how long a line may be. */
const maxTailBytes = 16 * 1024 * 1024;

async function openFile(name: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(name, 'r');
  } catch {
    throw new UsageError(`the file ${name} cannot be opened`, 'does it exist, and may you read it?');
  }
  if (!(await file.stat()).isDirectory()) return file;
  await file.close();
  throw new UsageError(`${name} is a folder`, 'name the file in it');
}

/** Where the last `lines` lines begin. */
async function findTail(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  const buffer = Buffer.alloc(chunkBytes);
  let found = 0;
  for (let end = size; end > 0 && size - end < maxTailBytes; ) {
    const start = Math.max(0, end - chunkBytes);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let index = bytesRead - 1; index >= 0; index -= 1) {
      // The line break at the very end closes the last line rather than opening another.
      if (buffer[index] !== 0x0a || start + index === size - 1) continue;
      found += 1;
      if (found === lines) return start + index + 1;
    }
    end = start;
  }
  return Math.max(0, size - maxTailBytes) === 0 ? 0 : size - maxTailBytes;
}

/** Cuts a stream of bytes into lines; a line without its end waits for the rest. */
class LineCutter {
  #rest = Buffer.alloc(0);

  cut(chunk: Buffer, onLine: (text: string) => void): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a)) {
      onLine(bytes.subarray(0, end).toString('utf8').replace(/\r$/, ''));
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > maxTailBytes) throw new UsageError('the file has a line that is too long');
    this.#rest = bytes;
  }

  flush(onLine: (text: string) => void): void {
    if (this.#rest.length > 0) onLine(this.#rest.toString('utf8'));
    this.#rest = Buffer.alloc(0);
  }
}

/** Reads what was added since `position`; answers the new position. */
async function readNew(
  file: FileHandle,
  position: number,
  cutter: LineCutter,
  onLine: (text: string) => void,
): Promise<number> {
  const buffer = Buffer.alloc(chunkBytes);
  let at = position;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, at);
    if (bytesRead === 0) return at;
    cutter.cut(Buffer.from(buffer.subarray(0, bytesRead)), onLine);
    at += bytesRead;
  }
}

async function wasReplaced(name: string, file: FileHandle, position: number): Promise<boolean> {
  try {
    const [named, own] = await Promise.all([stat(name), file.stat()]);
    return named.ino !== own.ino || named.dev !== own.dev || named.size < position;
  } catch {
    // Between the renaming of the old file and the making of the new one.
    return false;
  }
}

/** Hands on the last lines of a file and then what is added, through rotation and truncation, until the signal. */
export async function followFile(name: string, options: FollowOptions): Promise<void> {
  let file = await openFile(name);
  let cutter = new LineCutter();
  try {
    let position = await findTail(file, (await file.stat()).size, options.lines);
    for (;;) {
      position = await readNew(file, position, cutter, options.onLine);
      if (!options.follow) return cutter.flush(options.onLine);
      await wait(options.intervalMillis ?? 500, undefined, { signal: options.signal }).catch(() => undefined);
      if (options.signal.aborted) return;
      if (await wasReplaced(name, file, position)) {
        await readNew(file, position, cutter, options.onLine).catch(() => position);
        await file.close();
        file = await openFile(name);
        cutter = new LineCutter();
        position = 0;
      }
    }
  } finally {
    await file.close();
  }
}
