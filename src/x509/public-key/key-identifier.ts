import { digest } from '../../crypto/index.ts';

/**
 * Subject key identifier from the content of the subjectPublicKey BIT STRING (without its unused-bits octet).
 * `sha1` is RFC 5280 4.2.1.2 method 1, which every verifier knows; `sha256` is RFC 7093 method 1: leftmost 160 bits.
 */
export function computeKeyIdentifier(subjectPublicKey: Uint8Array, method: 'sha1' | 'sha256' = 'sha1'): Buffer {
  return method === 'sha1' ? digest('sha1', subjectPublicKey) : digest('sha256', subjectPublicKey).subarray(0, 20);
}
