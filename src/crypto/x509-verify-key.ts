import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { digestOfScheme, keyKindOfScheme, pssSaltLength, type SignatureScheme } from './x509-signature-scheme.ts';

const kindOfNodeType: Readonly<Record<string, string>> = { rsa: 'rsa', ec: 'ec', ed25519: 'ed25519' };

/** node's options of one scheme: shared, as making them anew a call is measurable. */
export interface NodeSignatureOptions {
  readonly padding?: number;
  readonly saltLength?: number;
  readonly dsaEncoding?: 'der';
}

export function nodeSignatureOptions(scheme: SignatureScheme): NodeSignatureOptions {
  if (scheme.startsWith('rsa-pss')) {
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pssSaltLength(scheme) };
  }
  if (scheme.startsWith('rsa')) return { padding: constants.RSA_PKCS1_PADDING };
  return scheme === 'ed25519' ? {} : { dsaEncoding: 'der' };
}

/** A public key ready to verify X.509 signatures. */
export class VerifyKey {
  readonly #key: KeyObject;
  readonly #kind: string | undefined;

  /** From SubjectPublicKeyInfo DER. Throws node's error when the bytes are no key (EC: also when off the curve). */
  constructor(spki: Uint8Array) {
    const der = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength);
    this.#key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    this.#kind = kindOfNodeType[this.#key.asymmetricKeyType ?? ''];
  }

  /** True when `signature` (ECDSA as DER) over `data` is this key's, and the key is of the scheme's kind. Never throws. */
  verify(scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): boolean {
    if (this.#kind !== keyKindOfScheme(scheme)) return false;
    try {
      const key = { key: this.#key, ...nodeSignatureOptions(scheme) };
      return verify(digestOfScheme(scheme), data, key, signature);
    } catch {
      return false;
    }
  }

  /** The same as `verify` in the thread pool: an elliptic-curve verification keeps the main thread 0.1 ms. Never rejects. */
  verifyAside(scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    if (this.#kind !== keyKindOfScheme(scheme)) return Promise.resolve(false);
    const key = { key: this.#key, ...nodeSignatureOptions(scheme) };
    return new Promise((resolve) => {
      try {
        verify(digestOfScheme(scheme), data, key, signature, (error, isValid) => resolve(error === null && isValid));
      } catch {
        resolve(false);
      }
    });
  }
}
