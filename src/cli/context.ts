import type { Clock } from '../lib/index.ts';

/** Where standard input comes from; a terminal has `setRawMode`. */
export interface InputStream extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  removeListener(event: 'data' | 'end', listener: (...args: never[]) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  write(text: string | Uint8Array): unknown;
}

/** 0 done; 1 wrong usage (for `status`: no answer); 2 refused or failed (for `status`: sealed). */
export type ExitCode = 0 | 1 | 2;

/** Everything the commands take from the process, passed in so that tests can be the process. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the token is kept; undefined where the caller has no home. */
  readonly homeFolder: string | undefined;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly clock: Clock;
  /** Ends what follows or waits (Ctrl-C, a closed pipe). */
  readonly signal: AbortSignal;
  /** What the command that ran decided. */
  exitCode: ExitCode;
}
