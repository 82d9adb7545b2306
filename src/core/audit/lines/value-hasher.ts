import type { MacKey } from '../../../crypto/index.ts';

export interface HasherLimits {
  /** Values remembered in each of two generations. */
  readonly rememberedValues: number;
  /** Longer values are hashed each time: they seldom come again, and would fill memory. */
  readonly rememberedLength: number;
  /** A value not used for between one and two of these is forgotten, so that secrets do not stay in memory. */
  readonly forgetAfterMillis: number;
}

const defaultLimits: HasherLimits = { rememberedValues: 4096, rememberedLength: 256, forgetAfterMillis: 30_000 };

/**
 * The keyed hash that stands for a value: `hmac-sha256:` and HMAC-SHA-256 in hexadecimal. Equal values have equal
 * hashes. The hashes of short values seen lately are remembered: a request meets the same token and accessor many
 * times.
 */
export class ValueHasher {
  readonly #key: MacKey;
  readonly #limits: HasherLimits;
  #young = new Map<string, string>();
  #old = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(key: MacKey, limits: HasherLimits = defaultLimits) {
    this.#key = key;
    this.#limits = limits;
  }

  /** Hash of text. */
  text(value: string): string {
    if (value.length > this.#limits.rememberedLength) return this.#hash(value);
    const young = this.#young.get(value);
    if (young !== undefined) return young;
    const known = this.#old.get(value) ?? this.#hash(value);
    if (this.#young.size >= this.#limits.rememberedValues) this.#age();
    this.#young.set(value, known);
    this.#timer ??= setTimeout(() => this.#tick(), this.#limits.forgetAfterMillis).unref();
    return known;
  }

  /** Hash of bytes: of their base64 text (RFC 4648 4), as a client sees them in JSON. */
  bytes(value: Uint8Array): string {
    return this.text(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
  }

  /** How many values are remembered now. */
  get remembered(): number {
    return this.#young.size + this.#old.size;
  }

  forget(): void {
    this.#young = new Map();
    this.#old = new Map();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #hash(value: string): string {
    return `hmac-sha256:${this.#key.hex(value)}`;
  }

  #age(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }

  #tick(): void {
    this.#timer = undefined;
    this.#age();
    if (this.#old.size > 0) this.#timer = setTimeout(() => this.#tick(), this.#limits.forgetAfterMillis).unref();
  }
}
