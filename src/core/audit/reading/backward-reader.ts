import type { FileHandle } from 'node:fs/promises';
import { maxLineBytes } from './read-lines.ts';

const newline = 0x0a;

/** Whole lines of one stretch of a file. Line `index` lies in `bytes` from `starts[index]` to `starts[index + 1] - 1`. */
export interface Stretch {
  readonly bytes: Buffer;
  /** Offset in the file of the stretch's first byte. */
  readonly offset: number;
}

/**
 * Reads a file backwards from `end` (the start of a line, or the file's end) in stretches of whole lines. What follows
 * the last newline, a line being written, is left out.
 */
export async function* readBackwards(handle: FileHandle, end: number, chunkBytes: number): AsyncGenerator<Stretch> {
  let upTo = end;
  let chunk = chunkBytes;
  while (upTo > 0) {
    const from = Math.max(0, upTo - chunk);
    const bytes = await readFully(handle, from, upTo - from);
    const first = from === 0 ? 0 : bytes.indexOf(newline) + 1;
    const last = bytes.lastIndexOf(newline) + 1;
    if ((first === 0 && from > 0) || last <= first) {
      // No whole line in it: a longer stretch, within the length a line can have.
      if (from === 0 || chunk > 2 * maxLineBytes) return;
      chunk *= 4;
      continue;
    }
    yield { bytes: bytes.subarray(first, last), offset: from + first };
    upTo = from + first;
    chunk = chunkBytes;
  }
}

async function readFully(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
