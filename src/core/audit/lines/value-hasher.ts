import type { MacKey } from '../../../crypto/index.ts';
import { type RecentLimits, RecentValues } from '../../../lib/index.ts';

/**
 * The keyed hash that stands for a value: `hmac-sha256:` and HMAC-SHA-256 in hexadecimal. Equal values have equal
 * hashes. Those of short values seen lately are remembered.
 */
export class ValueHasher {
  readonly #recent: RecentValues;

  constructor(key: MacKey, limits?: RecentLimits) {
    this.#recent = new RecentValues((value) => `hmac-sha256:${key.hex(value)}`, limits);
  }

  /** Hash of text. */
  text(value: string): string {
    return this.#recent.of(value);
  }

  /** Hash of bytes: of their base64 text (RFC 4648 4), as a client sees them in JSON. */
  bytes(value: Uint8Array): string {
    return this.text(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
  }

  /** How many values are remembered now. */
  get remembered(): number {
    return this.#recent.remembered;
  }

  forget(): void {
    this.#recent.forget();
  }
}
