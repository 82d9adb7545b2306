import { lineLimits } from '../lines/data-text.ts';

const newline = 0x0a;
/** A line of at most `maxLineLength` UTF-16 units has at most three times as many bytes, and our own members. */
export const maxLineBytes = 3 * lineLimits.maxLineLength + 1024;

export interface ReadLine {
  /** Bytes without the newline. */
  readonly bytes: Buffer;
  /** False for what follows the last newline. */
  readonly whole: boolean;
}

/**
 * Splits a stream into lines, as lists, so that a reader does not wait once a line. An empty rest is no line.
 * A line longer than `maxLineBytes` ends the reading with a line that is not whole.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<readonly ReadLine[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const piece of source) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const lines: ReadLine[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      const part = chunk.subarray(from, end);
      lines.push({ bytes: rest.length === 0 ? part : Buffer.concat([...rest, part]), whole: true });
      rest = [];
      restBytes = 0;
      from = end + 1;
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      restBytes += chunk.length - from;
    }
    if (lines.length > 0) yield lines;
    if (restBytes > maxLineBytes) break;
  }
  if (restBytes > 0) yield [{ bytes: Buffer.concat(rest), whole: false }];
}
