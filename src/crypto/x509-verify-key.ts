import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { digestOfScheme, keyKindOfScheme, pssSaltLength, type SignatureScheme } from './x509-signature-scheme.ts';

const kindOfNodeType: Readonly<Record<string, string>> = { rsa: 'rsa', ec: 'ec', ed25519: 'ed25519' };

/** A key as node's one-shot functions take it for one scheme. */
export type NodeSignatureKey =
  | KeyObject
  | { readonly key: KeyObject; readonly padding: number; readonly saltLength: number };

/**
 * The bare key wherever node's defaults are the scheme (PKCS#1 v1.5, ECDSA as DER): an object around it costs node two
 * exceptions a call, which is half as much as verifying on P-256.
 */
export function nodeSignatureKey(key: KeyObject, scheme: SignatureScheme): NodeSignatureKey {
  if (!scheme.startsWith('rsa-pss')) return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pssSaltLength(scheme) };
}

/** As PEM, which node takes as a string: with DER it throws and catches four exceptions inside, three times the work. */
function importSpki(spki: Uint8Array): KeyObject {
  const base64 = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength).toString('base64');
  return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`);
}

/** A public key ready to verify X.509 signatures. */
export class VerifyKey {
  readonly #key: KeyObject;
  readonly #kind: string | undefined;

  /** From SubjectPublicKeyInfo DER. Throws node's error when the bytes are no key (EC: also when off the curve). */
  constructor(spki: Uint8Array) {
    this.#key = importSpki(spki);
    this.#kind = kindOfNodeType[this.#key.asymmetricKeyType ?? ''];
  }

  /** True when `signature` (ECDSA as DER) over `data` is this key's, and the key is of the scheme's kind. Never throws. */
  verify(scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): boolean {
    if (this.#kind !== keyKindOfScheme(scheme)) return false;
    try {
      return verify(digestOfScheme(scheme), data, nodeSignatureKey(this.#key, scheme), signature);
    } catch {
      return false;
    }
  }

  /** The same as `verify` in the thread pool: an elliptic-curve verification keeps the main thread 0.1 ms. Never rejects. */
  verifyAside(scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    if (this.#kind !== keyKindOfScheme(scheme)) return Promise.resolve(false);
    const key = nodeSignatureKey(this.#key, scheme);
    return new Promise((resolve) => {
      try {
        verify(digestOfScheme(scheme), data, key, signature, (error, isValid) => resolve(error === null && isValid));
      } catch {
        resolve(false);
      }
    });
  }
}
