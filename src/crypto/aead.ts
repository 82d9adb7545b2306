import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import type { SecretBytes } from '../lib/index.ts';
import type { Random } from './random.ts';

const nonceLength = 12;
const tagLength = 16;

/**
 * AES-256-GCM (NIST SP 800-38D) under one key with a random 96-bit nonce a message. Output: nonce ‖ ciphertext ‖ tag.
 * A key must not seal more than 2^32 messages (SP 800-38D 8.3): the keyring counts and rotates long before.
 */
export class AeadKey {
  readonly #key: KeyObject;
  readonly #random: Random;

  constructor(key: SecretBytes, random: Random) {
    if (key.byteLength !== 32) throw new RangeError('an AES-256 key has 32 bytes');
    this.#key = createSecretKey(key.insecureBytes());
    this.#random = random;
  }

  seal(plaintext: Uint8Array, associatedData: Uint8Array): Buffer {
    const nonce = this.#random.bytes(nonceLength);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagLength });
    cipher.setAAD(associatedData);
    const body = cipher.update(plaintext);
    cipher.final();
    return Buffer.concat([nonce, body, cipher.getAuthTag()]);
  }

  /** The plaintext, or undefined when key, associated data or any bit of the message is not what was sealed. */
  open(message: Uint8Array, associatedData: Uint8Array): Buffer | undefined {
    if (message.byteLength < nonceLength + tagLength) return undefined;
    const nonce = message.subarray(0, nonceLength);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagLength });
    decipher.setAAD(associatedData);
    decipher.setAuthTag(message.subarray(message.byteLength - tagLength));
    const plaintext = decipher.update(message.subarray(nonceLength, message.byteLength - tagLength));
    try {
      decipher.final();
    } catch {
      plaintext.fill(0);
      return undefined;
    }
    return plaintext;
  }
}
