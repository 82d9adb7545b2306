import type { CliContext } from '../context.ts';
import { visibleText } from '../table.ts';

const maxAnswerLines = 12;
const maxLineLength = 150;

/** A step of the demo that did not come out as told. */
export class DemoFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DemoFailure';
  }
}

/** Tells the story on standard output: chapters, the command lines that run, what they answer, what is checked. */
export class Narrator {
  readonly #context: CliContext;
  readonly #colour: boolean;
  #steps = 0;
  #checks = 0;

  constructor(context: CliContext) {
    this.#context = context;
    this.#colour = context.stdout.isTTY === true && context.env['NO_COLOR'] === undefined;
  }

  get counts(): { readonly steps: number; readonly checks: number } {
    return { steps: this.#steps, checks: this.#checks };
  }

  #write(text: string, style = ''): void {
    this.#context.stdout.write(this.#colour && style !== '' ? `\u001b[${style}m${text}\u001b[0m\n` : `${text}\n`);
  }

  chapter(title: string, text: string): void {
    this.#write(`\n── ${title} ${'─'.repeat(Math.max(3, 92 - title.length))}`, '1');
    this.#write(text);
  }

  /** What the next command is for. */
  say(text: string): void {
    this.#write(`\n  ${text}`);
  }

  /** The command line that runs now. */
  command(line: string): void {
    this.#steps += 1;
    this.#write(`  $ ${line}`, '36');
  }

  /** What came back, cut to what matters. */
  answer(text: string): void {
    const lines = text.trimEnd().split('\n');
    for (const line of lines.slice(0, maxAnswerLines)) {
      const shown = visibleText(line);
      this.#write(`    ${shown.length > maxLineLength ? `${shown.slice(0, maxLineLength)}…` : shown}`, '2');
    }
    if (lines.length > maxAnswerLines) this.#write(`    … ${lines.length - maxAnswerLines} more lines`, '2');
  }

  /** A promise that has to hold; the demo ends with a failure when it does not. */
  check(holds: boolean, promise: string): void {
    this.#checks += 1;
    this.#write(`    ${holds ? '✓' : '✗'} ${promise}`, holds ? '32' : '31');
    if (!holds) throw new DemoFailure(promise);
  }
}

/** A secret as it may stand on a screen: its beginning and its length. */
export function shorten(secret: string): string {
  const kept = Math.min(14, Math.floor(secret.length / 3));
  return `${secret.slice(0, kept)}…(${secret.length} characters)`;
}
