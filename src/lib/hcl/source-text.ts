import { StrongroomError } from '../errors.ts';
import type { HclPosition } from './hcl-tree.ts';

export const maxTextBytes = 1024 * 1024;
export const maxDepth = 32;

/**
 * Text being parsed, with a place in it. Refusals name line and column and never quote more than one character: a
 * configuration may hold a PIN.
 */
export class SourceText {
  readonly text: string;
  offset = 0;
  readonly #lineStarts: number[] = [0];
  #depth = 0;

  constructor(text: string) {
    this.text = text;
    if (text.length > maxTextBytes || Buffer.byteLength(text) > maxTextBytes) {
      throw new StrongroomError('invalid_request', 'the text is longer than 1 MiB', { hint: 'split it into several' });
    }
    for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) {
      this.#lineStarts.push(index + 1);
    }
    const nul = text.indexOf('\0');
    if (nul !== -1) this.refuse('a NUL character is not allowed', nul);
    if (!text.isWellFormed()) this.refuse('the text is not well-formed Unicode', 0);
  }

  /** The code unit at the current place; -1 at the end. */
  peek(): number {
    return this.offset < this.text.length ? this.text.charCodeAt(this.offset) : -1;
  }

  get atEnd(): boolean {
    return this.offset >= this.text.length;
  }

  positionAt(offset: number): HclPosition {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] as number) + 1 };
  }

  /** Enters a list or an object; every call is paired with `leave`. */
  enter(): void {
    this.#depth += 1;
    if (this.#depth > maxDepth) this.refuse(`nested deeper than ${maxDepth} levels`);
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** Names the character at the current place, for a message. */
  describeHere(): string {
    if (this.atEnd) return 'the end of the text';
    const character = String.fromCodePoint(this.text.codePointAt(this.offset) as number);
    return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character) ? `"${character}"` : 'a blank or control character';
  }

  refuse(message: string, offset: number = this.offset): never {
    refuseAt(this.positionAt(Math.min(offset, this.text.length)), message);
  }
}

/** Refuses something whose place is known. The message is public: it must not quote values. */
export function refuseAt(position: HclPosition, message: string, hint?: string): never {
  throw new StrongroomError('invalid_request', `line ${position.line}, column ${position.column}: ${message}`, {
    hint: hint ?? 'see the place named for what is wrong with the text',
  });
}
