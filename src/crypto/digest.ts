import { createHash, hash, timingSafeEqual } from 'node:crypto';

export type DigestName =
  | 'sha1'
  | 'sha224'
  | 'sha256'
  | 'sha384'
  | 'sha512'
  | 'sha3-224'
  | 'sha3-256'
  | 'sha3-384'
  | 'sha3-512';

/** One-shot digest of bytes or UTF-8 text. SHA-1 is for key identifiers (RFC 5280 4.2.1.2) and OCSP CertIDs only. */
export function digest(name: DigestName, data: Uint8Array | string): Buffer {
  return hash(name, data, 'buffer');
}

export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

/** A digest of data that arrives in pieces. */
export function streamingDigest(name: DigestName): { update(data: Uint8Array): void; finish(): Buffer } {
  const state = createHash(name);
  return { update: (data) => void state.update(data), finish: () => state.digest() };
}

/** Equality of secrets in time that depends on their lengths only. */
export function equalSecrets(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}
