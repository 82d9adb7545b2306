import { Readable } from 'node:stream';
import type { CliContext, InputStream } from '../context.ts';
import { runCli } from '../run.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly homeFolder: string;
  /** What standard input holds. */
  readonly stdin?: string;
}

/**
 * Runs one command line of this program inside this process: the same code, and the same HTTPS requests, as a process
 * of its own would run, without the time that takes to start.
 */
export async function runCommandLine(
  context: CliContext,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const written = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr') => ({
    isTTY: false,
    write: (text: string | Uint8Array) => {
      written[name] += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
    },
  });
  const code = await runCli(args, {
    env: options.env,
    homeFolder: options.homeFolder,
    stdin: Readable.from([Buffer.from(options.stdin ?? '')]) as unknown as InputStream,
    stdout: into('stdout'),
    stderr: into('stderr'),
    clock: context.clock,
    signal: context.signal,
    exitCode: 0,
  });
  return { code, ...written };
}

/** A command line as a person would type it: quoted where the shell needs it. */
export function quoteCommand(args: readonly string[]): string {
  const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  return args.map(quote).join(' ');
}
