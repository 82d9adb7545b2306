import {
  ecSpki,
  ed25519Spki,
  isEcAlgorithm,
  type KeyPairAlgorithm,
  PublicKey,
  pointOfSpki,
  publicPointBytes,
  rsaNumbersOfSpki,
  rsaSpki,
} from '../../crypto/index.ts';
import { isKeyPair } from '../key-rules.ts';
import type { KeyFacts } from './protocol.ts';

/** The public key as the token tells it; undefined for secret keys and for tokens that keep the public half elsewhere. */
export function publicKeyOfFacts(facts: KeyFacts): PublicKey | undefined {
  const { algorithm, point, modulus, exponent, spki } = facts;
  if (!isKeyPair(algorithm)) return undefined;
  if (modulus !== undefined && exponent !== undefined) {
    return PublicKey.fromSpki(rsaSpki(Buffer.from(modulus, 'base64'), Buffer.from(exponent, 'base64')));
  }
  if (point !== undefined && (isEcAlgorithm(algorithm) || algorithm === 'ed25519')) {
    const bytes = barePoint(Buffer.from(point, 'base64'), publicPointBytes[algorithm]);
    return PublicKey.fromSpki(algorithm === 'ed25519' ? ed25519Spki(bytes) : ecSpki(algorithm, bytes));
  }
  return spki === undefined ? undefined : PublicKey.fromSpki(Buffer.from(spki, 'base64'));
}

/**
 * CKA_EC_POINT is the point in a DER OCTET STRING; some tokens give the point alone. Both begin with 04, so the length
 * tells them apart.
 */
function barePoint(bytes: Buffer, size: number): Buffer {
  if (bytes.length === size) return bytes;
  const head = octetStringHead(size);
  return bytes.subarray(0, head.length).equals(head) ? bytes.subarray(head.length) : bytes;
}

function octetStringHead(size: number): Buffer {
  return Buffer.from(size < 128 ? [0x04, size] : [0x04, 0x81, size]);
}

/** The same the other way round, for a public key that goes into the token. */
export function factsOfPublicKey(
  algorithm: KeyPairAlgorithm,
  spki: Buffer,
): { readonly point: string } | { readonly modulus: string; readonly exponent: string } {
  if (isEcAlgorithm(algorithm) || algorithm === 'ed25519') {
    const point = pointOfSpki(algorithm, spki);
    return { point: Buffer.concat([octetStringHead(point.length), point]).toString('base64') };
  }
  const { modulus, exponent } = rsaNumbersOfSpki(spki);
  return { modulus: modulus.toString('base64'), exponent: exponent.toString('base64') };
}
