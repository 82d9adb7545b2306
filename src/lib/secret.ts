import { inspect } from 'node:util';

const hidden = '[secret]';

/**
 * Bytes that must not be printed. `JSON.stringify`, template strings, `console.log` and error dumps show `[secret]`.
 * Reading the bytes says so in its name, so that every place that does is found by searching for `insecure`.
 */
export class SecretBytes {
  #bytes: Buffer;

  /** Takes ownership of `bytes`: the caller keeps no copy. */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  /** The bytes themselves, not a copy. */
  insecureBytes(): Buffer {
    return this.#bytes;
  }

  /** Overwrites the bytes. Best effort: the runtime may have copied them. */
  wipe(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}

/** Text that must not be printed: a token, a password, a PIN. */
export class SecretText {
  #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get length(): number {
    return this.#text.length;
  }

  insecureText(): string {
    return this.#text;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}
