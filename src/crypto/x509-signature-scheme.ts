/** Signature schemes that certificates, CSRs and CRLs may carry. SHA-1 and MD5 are not among them. */
export const signatureSchemes = [
  'rsa-sha256',
  'rsa-sha384',
  'rsa-sha512',
  'rsa-pss-sha256',
  'rsa-pss-sha384',
  'rsa-pss-sha512',
  'ecdsa-sha256',
  'ecdsa-sha384',
  'ecdsa-sha512',
  'ed25519',
] as const;

export type SignatureScheme = (typeof signatureSchemes)[number];

export type PublicKeyKind = 'rsa' | 'ec' | 'ed25519';

/** Kind of key a scheme needs. */
export function keyKindOfScheme(scheme: SignatureScheme): PublicKeyKind {
  if (scheme === 'ed25519') return 'ed25519';
  return scheme.startsWith('ecdsa') ? 'ec' : 'rsa';
}

/** Digest of a scheme in node's spelling; null for Ed25519, which hashes by itself. */
export function digestOfScheme(scheme: SignatureScheme): 'sha256' | 'sha384' | 'sha512' | null {
  if (scheme === 'ed25519') return null;
  return scheme.slice(-6) as 'sha256' | 'sha384' | 'sha512';
}

/** Salt length of RSASSA-PSS in X.509 here: the digest's length (RFC 4055 3.1). */
export function pssSaltLength(scheme: SignatureScheme): number {
  return Number(scheme.slice(-3)) / 8;
}
