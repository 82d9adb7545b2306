import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { CliContext, InputStream } from '../../src/cli/context.ts';
import { runCli } from '../../src/cli/run.ts';
import { ManualClock } from '../../src/lib/index.ts';

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What standard input holds; it is no terminal. */
  readonly stdin?: string;
  /** What is typed: standard input is a terminal, and raw mode is recorded. */
  readonly typed?: string;
  readonly stdoutIsTerminal?: boolean;
  readonly home?: string;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The raw modes set on the terminal, in order. */
  readonly rawModes: readonly boolean[];
}

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'strongroom-cli-'));
}

/** Runs one command line in this process with streams, environment and home folder of its own. */
export async function runInProcess(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const written = { stdout: '', stderr: '' };
  const rawModes: boolean[] = [];
  const input = new PassThrough();
  if (options.typed === undefined) input.end(options.stdin ?? '');
  else input.write(options.typed);
  const stdin = Object.assign(input, {
    isTTY: options.typed !== undefined,
    setRawMode: (raw: boolean) => rawModes.push(raw),
  }) as unknown as InputStream;
  const context: CliContext = {
    env: options.env ?? {},
    homeFolder: options.home ?? makeFolder(),
    stdin,
    stdout: {
      isTTY: options.stdoutIsTerminal ?? false,
      write: (text) => {
        written.stdout += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
      },
    },
    stderr: {
      isTTY: false,
      write: (text) => {
        written.stderr += String(text);
      },
    },
    clock: new ManualClock(Date.UTC(2026, 0, 1)),
    signal: new AbortController().signal,
    exitCode: 0,
  };
  const code = await runCli(args, context);
  return { code, ...written, rawModes };
}
