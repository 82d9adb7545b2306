import { write } from 'node:fs';

/** `fs.write` at the file's own position; tests put a failing one in its place. */
export type WriteBytes = (
  fd: number,
  bytes: Buffer,
  offset: number,
  length: number,
  done: (error: Error | null, written: number) => void,
) => void;

export const systemWrite: WriteBytes = (fd, bytes, offset, length, done) => {
  write(fd, bytes, offset, length, null, done);
};

const againMillis = 5;

/**
 * Writes all bytes, going on after short writes and, on a pipe that is full, after a moment (EAGAIN) unless `givenUp`
 * says that nobody waits any more. `done(error, written)`: how many bytes went out before the error.
 */
export function writeWhole(
  fd: number,
  bytes: Buffer,
  writeBytes: WriteBytes,
  done: (error: Error | undefined, written: number) => void,
  givenUp: () => boolean = () => false,
): void {
  let offset = 0;
  const next = (): void => writeBytes(fd, bytes, offset, bytes.length - offset, after);
  const after = (error: Error | null, written: number): void => {
    if (error !== null) {
      if (Reflect.get(error, 'code') === 'EAGAIN' && !givenUp()) setTimeout(next, againMillis);
      else done(error, offset);
      return;
    }
    offset += written;
    if (offset === bytes.length) done(undefined, offset);
    else if (written === 0) done(new Error('nothing could be written'), offset);
    else next();
  };
  next();
}
