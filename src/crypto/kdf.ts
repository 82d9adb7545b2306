import { hkdfSync } from 'node:crypto';
import { SecretBytes } from '../lib/index.ts';

/** HKDF-SHA-256 (RFC 5869) without salt: `key` is already uniformly random. `purpose` keeps derived keys apart. */
export function deriveKey(key: SecretBytes, purpose: string, length = 32): SecretBytes {
  return new SecretBytes(Buffer.from(hkdfSync('sha256', key.insecureBytes(), Buffer.alloc(0), purpose, length)));
}
