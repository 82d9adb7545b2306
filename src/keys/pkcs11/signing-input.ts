import { digest, ecdsaOrderBytes, type SignatureScheme, schemeFacts } from '../../crypto/index.ts';
import type { KeyAlgorithm } from '../port.ts';

/** DigestInfo up to the digest itself (RFC 8017 9.2, note 1), for the raw RSA PKCS#1 mechanism. */
const digestInfoHeads = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
} as const;

/** What the token's mechanism takes for a signature of `data`: the digest is made here, so 32 to 64 bytes travel. */
export function signingInput(
  algorithm: KeyAlgorithm,
  scheme: SignatureScheme,
  data: Uint8Array,
): readonly Uint8Array[] {
  const { family, digest: name } = schemeFacts(scheme);
  if (name === undefined) return [data];
  const hashed = digest(name, data);
  if (family === 'rsa-pkcs1') return [digestInfoHeads[name], hashed];
  // FIPS 186-5 6.4: the leftmost bits of the digest, as many as the order has. Not every token cuts by itself.
  if (family === 'ecdsa' && algorithm in ecdsaOrderBytes) {
    const size = ecdsaOrderBytes[algorithm as keyof typeof ecdsaOrderBytes];
    return [hashed.length > size ? hashed.subarray(0, size) : hashed];
  }
  return [hashed];
}
