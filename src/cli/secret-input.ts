import { SecretText } from '../lib/index.ts';
import type { CliContext } from './context.ts';
import { readSecretFile } from './files.ts';
import { UsageError } from './usage-error.ts';

const maxInputBytes = 32 * 1024 * 1024;
const maxSecretBytes = 65_536;

/** All of standard input, up to 32 MiB. */
export async function readStdin(context: CliContext): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of context.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxInputBytes) throw new UsageError('standard input is too large');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Standard input as one secret; one line break at its end is dropped. */
export async function readSecretStdin(context: CliContext): Promise<SecretText> {
  const text = (await readStdin(context)).replace(/\r?\n$/, '');
  if (text === '') throw new UsageError('standard input is empty where a secret was expected');
  return new SecretText(text);
}

type KeyStroke = 'done' | 'cancelled' | 'more';

/** Collects what is typed in raw mode: nothing is echoed, backspace and Ctrl-U work, Ctrl-C and Ctrl-D end it. */
class HiddenLine {
  #bytes: number[] = [];

  type(byte: number): KeyStroke {
    if (byte === 0x0d || byte === 0x0a) return 'done';
    if (byte === 0x03 || byte === 0x04) return 'cancelled';
    if (byte === 0x15) this.#bytes = [];
    else if (byte === 0x7f || byte === 0x08) this.#removeLast();
    else if (byte >= 0x20 && this.#bytes.length < maxSecretBytes) this.#bytes.push(byte);
    return 'more';
  }

  /** One character, which may be several bytes of UTF-8. */
  #removeLast(): void {
    let last = this.#bytes.pop();
    while (last !== undefined && (last & 0xc0) === 0x80) last = this.#bytes.pop();
  }

  text(): string {
    return Buffer.from(this.#bytes).toString('utf8');
  }
}

function readHidden(context: CliContext): Promise<string> {
  const { stdin } = context;
  return new Promise((resolve, reject) => {
    const line = new HiddenLine();
    const finish = (settle: () => void): void => {
      stdin.removeListener('data', onData);
      stdin.removeListener('end', onEnd);
      stdin.setRawMode?.(false);
      stdin.pause();
      context.stderr.write('\n');
      settle();
    };
    const onEnd = (): void => finish(() => reject(new UsageError('nothing was entered')));
    const onData = (chunk: Buffer): void => {
      for (const byte of chunk) {
        const stroke = line.type(byte);
        if (stroke === 'more') continue;
        if (stroke === 'done') finish(() => resolve(line.text()));
        else onEnd();
        return;
      }
    };
    stdin.setRawMode?.(true);
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    stdin.resume();
  });
}

/** Asks on the terminal without echo; without a terminal, standard input is the secret. */
export async function askSecret(context: CliContext, prompt: string): Promise<SecretText> {
  if (context.stdin.isTTY !== true) return readSecretStdin(context);
  context.stderr.write(`${prompt} (not shown): `);
  const text = (await readHidden(context)).trim();
  if (text === '') throw new UsageError('nothing was entered');
  return new SecretText(text);
}

/** Asks for a word on the terminal, in the open. */
export async function askWord(context: CliContext, prompt: string): Promise<string> {
  context.stderr.write(prompt);
  return new Promise((resolve) => {
    let text = '';
    const finish = (): void => {
      context.stdin.removeListener('data', onData);
      context.stdin.removeListener('end', finish);
      context.stdin.pause();
      resolve(text.split('\n', 1)[0]?.trim() ?? '');
    };
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      if (text.includes('\n') || text.length > 1024) finish();
    };
    context.stdin.on('data', onData);
    context.stdin.on('end', finish);
    context.stdin.resume();
  });
}

export function warnAboutArgv(context: CliContext, what: string, instead: string): void {
  context.stderr.write(
    `warning: ${what} was given on the command line, where the shell's history and other users may see it; ${instead}\n`,
  );
}

export interface SecretSource {
  /** What was written on the command line, if anything; `-` means standard input, `@file` a file. */
  readonly argument: string | undefined;
  readonly file?: string | undefined;
  /** "the token", for prompts and warnings. */
  readonly what: string;
}

/** Takes a secret from a file, from standard input, from the terminal, or, with a warning, from the command line. */
export async function readSecret(context: CliContext, source: SecretSource): Promise<SecretText> {
  if (source.file !== undefined) return readSecretFile(source.file);
  const { argument } = source;
  if (argument === undefined) return askSecret(context, `Enter ${source.what}`);
  if (argument === '-') return readSecretStdin(context);
  if (argument.startsWith('@')) return readSecretFile(argument.slice(1));
  warnAboutArgv(context, source.what, 'leave it out to be asked, or use - or @file');
  return new SecretText(argument);
}
