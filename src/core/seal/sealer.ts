import { AeadKey, deriveKey, MacKey, type Random } from '../../crypto/index.ts';
import { RecentValues } from '../../lib/index.ts';
import { activeTerm, deriveFromBase, type Keyring } from './keyring.ts';

const formatVersion = 1;
const headerLength = 5;
/** 192 bits of a keyed hash: no two credentials meet, and rows stay small. */
const shortHashLength = 24;

/**
 * Seals rows under the keyring. A sealed value is: format byte ‖ term (4 bytes) ‖ nonce ‖ ciphertext ‖ tag.
 * Every key is derived once and kept as a key object.
 */
export class Sealer {
  readonly keyring: Keyring;
  readonly #keys = new Map<number, AeadKey>();
  readonly #activeKey: AeadKey;
  readonly #header: Buffer;
  readonly #lookups: RecentValues;
  readonly #indexKey: MacKey;
  /** Values sealed under the active term since this object was made. */
  sealedCount = 0;

  constructor(keyring: Keyring, random: Random) {
    this.keyring = keyring;
    for (const entry of keyring.terms) {
      this.#keys.set(entry.term, new AeadKey(deriveKey(entry.key, 'strongroom sealing v1'), random));
    }
    const active = activeTerm(keyring);
    this.#activeKey = this.#keys.get(active.term) as AeadKey;
    this.#header = Buffer.alloc(headerLength);
    this.#header.writeUInt8(formatVersion, 0);
    this.#header.writeUInt32BE(active.term, 1);
    const lookupKey = new MacKey(deriveFromBase(keyring, 'lookup'));
    this.#lookups = new RecentValues((text) => lookupKey.bytes(text).toString('base64url', 0, shortHashLength));
    this.#indexKey = new MacKey(deriveFromBase(keyring, 'index'));
  }

  get term(): number {
    return activeTerm(this.keyring).term;
  }

  seal(associatedData: string, body: Uint8Array): Buffer {
    this.sealedCount += 1;
    return Buffer.concat([this.#header, this.#activeKey.seal(body, Buffer.from(associatedData, 'utf8'))]);
  }

  /** The body, or undefined when anything about the value or its associated data is not as it was sealed. */
  open(associatedData: string, sealed: Buffer): Buffer | undefined {
    if (sealed.length <= headerLength || sealed[0] !== formatVersion) return undefined;
    const key = this.#keys.get(sealed.readUInt32BE(1));
    return key?.open(sealed.subarray(headerLength), Buffer.from(associatedData, 'utf8'));
  }

  /** The keyed hash under which a credential is stored: 32 characters of base64url. */
  hashCredential(credential: string): string {
    return this.#lookups.of(credential);
  }

  /** Forgets credentials seen lately: on sealing. */
  forget(): void {
    this.#lookups.forget();
  }

  /** A blind index: equal texts of one purpose give equal values, which say nothing else. */
  index(purpose: string, text: string): string {
    return this.#indexKey.bytes(`${purpose}\0${text}`).toString('base64url', 0, shortHashLength);
  }
}
