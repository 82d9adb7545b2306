import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../test/cli/in-process.ts';
import { followFile } from './follow-file.ts';

const never = new AbortController().signal;

async function tail(text: string, lines: number): Promise<string[]> {
  const name = join(makeFolder(), 'log');
  writeFileSync(name, text);
  const seen: string[] = [];
  await followFile(name, { lines, follow: false, signal: never, onLine: (line) => seen.push(line) });
  return seen;
}

describe('following a file', () => {
  it('begins with the last lines', async () => {
    expect(await tail('a\nb\nc\n', 2)).toEqual(['b', 'c']);
    expect(await tail('a\nb\nc', 2)).toEqual(['b', 'c']);
    expect(await tail('a\n', 5)).toEqual(['a']);
    expect(await tail('a\nb\n', 0)).toEqual([]);
    expect(await tail('', 3)).toEqual([]);
    expect(await tail(`${'x'.repeat(100_000)}\n${'y'.repeat(100_000)}\n`, 1)).toEqual(['y'.repeat(100_000)]);
  });

  it('goes on with what is added, through rotation and truncation, with lines never cut in two', async () => {
    const name = join(makeFolder(), 'log');
    writeFileSync(name, 'first\nhal');
    const stop = new AbortController();
    const seen: string[] = [];
    const steps: Record<string, () => void> = {
      first: () => appendFileSync(name, 'f é'),
      'half é': () => {
        renameSync(name, `${name}.1`);
        writeFileSync(name, 'rotated, a longer line\n');
      },
      'rotated, a longer line': () => writeFileSync(name, 'short\n'),
      short: () => stop.abort(),
    };
    // The second piece of a line comes only after the first has been read.
    const onLine = (line: string): void => {
      seen.push(line);
      steps[line]?.();
      if (line === 'first') setImmediate(() => appendFileSync(name, '\n'));
    };
    await followFile(name, { lines: 10, follow: true, signal: stop.signal, intervalMillis: 1, onLine });
    expect(seen).toEqual(['first', 'half é', 'rotated, a longer line', 'short']);
  });

  it('names a file that cannot be opened', async () => {
    const options = { lines: 1, follow: false, signal: never, onLine: () => undefined };
    await expect(followFile('/nonexistent/log', options)).rejects.toThrow('cannot be opened');
  });
});
