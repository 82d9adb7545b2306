import { constants, createCipheriv, createPublicKey, publicEncrypt } from 'node:crypto';
import type { SecretBytes } from '../lib/index.ts';
import type { Random } from './random.ts';

/** RFC 5649 3: the alternative initial value of AES key wrap with padding. */
const alternativeInitialValue = Buffer.from('a65959a6', 'hex');

/**
 * A key wrapped for import into a token (the form cloud HSMs call RSA_AES_KEY_WRAP): a fresh AES-256 key under
 * RSA-OAEP (RFC 8017 7.1), then the key itself under AES key wrap with padding (RFC 5649).
 * `wrappingKeySpki` is an RSA public key made for this one import; SHA-1 is for tokens that know no other OAEP hash,
 * which weakens nothing here (OAEP does not need collision resistance).
 */
export function wrapKeyForToken(
  material: SecretBytes,
  wrappingKeySpki: Uint8Array,
  oaepHash: 'sha1' | 'sha256',
  random: Random,
): { readonly wrappedAesKey: Buffer; readonly wrappedKey: Buffer } {
  const wrappingKey = createPublicKey({ key: Buffer.from(wrappingKeySpki), format: 'der', type: 'spki' });
  const aesKey = random.bytes(32);
  try {
    const cipher = createCipheriv('id-aes256-wrap-pad', aesKey, alternativeInitialValue);
    const wrappedKey = Buffer.concat([cipher.update(material.insecureBytes()), cipher.final()]);
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return { wrappedAesKey: publicEncrypt({ key: wrappingKey, padding, oaepHash }, aesKey), wrappedKey };
  } finally {
    aesKey.fill(0);
  }
}
