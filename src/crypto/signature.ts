import { digestOfScheme, keyKindOfScheme, type SignatureScheme, signatureSchemes } from './x509-signature-scheme.ts';

/** Algorithms of key pairs the product makes, imports and signs with. */
export const keyPairAlgorithms = [
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ec-p256',
  'ec-p384',
  'ec-p521',
  'ed25519',
] as const;
export type KeyPairAlgorithm = (typeof keyPairAlgorithms)[number];

export type SignatureFamily = 'ecdsa' | 'rsa-pkcs1' | 'rsa-pss' | 'ed25519';

export interface SchemeFacts {
  readonly family: SignatureFamily;
  /** The digest signed; undefined for Ed25519, which signs the message itself (RFC 8032, pure). */
  readonly digest: 'sha256' | 'sha384' | 'sha512' | undefined;
  /** Length of that digest, and of the PSS salt. */
  readonly digestBytes: number;
}

const digestLengths = { sha256: 32, sha384: 48, sha512: 64 } as const;

function familyOf(scheme: SignatureScheme): SignatureFamily {
  if (scheme === 'ed25519') return 'ed25519';
  if (scheme.startsWith('ecdsa-')) return 'ecdsa';
  return scheme.startsWith('rsa-pss-') ? 'rsa-pss' : 'rsa-pkcs1';
}

const facts: ReadonlyMap<SignatureScheme, SchemeFacts> = new Map(
  signatureSchemes.map((scheme): [SignatureScheme, SchemeFacts] => {
    const digest = digestOfScheme(scheme) ?? undefined;
    const digestBytes = digest === undefined ? 0 : digestLengths[digest];
    return [scheme, { family: familyOf(scheme), digest, digestBytes }];
  }),
);

/** What a scheme consists of. */
export function schemeFacts(scheme: SignatureScheme): SchemeFacts {
  const found = facts.get(scheme);
  if (!found) throw new RangeError('unknown signature scheme');
  return found;
}

/** Whether keys of `algorithm` can sign by `scheme`. Any SHA-2 may go with any curve, as JOSE and transit allow. */
export function schemeFits(scheme: SignatureScheme, algorithm: KeyPairAlgorithm): boolean {
  if (!facts.has(scheme)) return false;
  const kind = keyKindOfScheme(scheme);
  return algorithm === 'ed25519' ? kind === 'ed25519' : kind === algorithm.split('-')[0];
}

const defaults: Readonly<Record<KeyPairAlgorithm, SignatureScheme>> = {
  'rsa-2048': 'rsa-sha256',
  'rsa-3072': 'rsa-sha256',
  'rsa-4096': 'rsa-sha256',
  'ec-p256': 'ecdsa-sha256',
  'ec-p384': 'ecdsa-sha384',
  'ec-p521': 'ecdsa-sha512',
  ed25519: 'ed25519',
};

/** The scheme a certificate authority signs by unless told otherwise: the hash follows the curve (RFC 5480 4). */
export function defaultScheme(algorithm: KeyPairAlgorithm): SignatureScheme {
  return defaults[algorithm];
}
