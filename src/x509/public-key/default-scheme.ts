import type { SignatureScheme } from '../../crypto/index.ts';
import { keyKindOfScheme } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { KeyAlgorithm } from './algorithm-identifiers.ts';

/** The hash follows the signer's curve; an RSA signer may be told another. */
const ecScheme = { 'P-256': 'ecdsa-sha256', 'P-384': 'ecdsa-sha384', 'P-521': 'ecdsa-sha512' } as const;

/**
 * Scheme a signer of this key algorithm uses. `digestBits` (Vault's `signature_bits`: 0, 256, 384, 512) and `pss`
 * matter for RSA alone; EC and Ed25519 have one scheme each here.
 */
export function chooseScheme(algorithm: KeyAlgorithm, digestBits = 0, pss = false): SignatureScheme {
  const bits = digestBits === 0 ? 256 : digestBits;
  if (bits !== 256 && bits !== 384 && bits !== 512) {
    throw new StrongroomError('invalid_field', 'unsupported signature_bits', { hint: 'use 0, 256, 384 or 512' });
  }
  if (algorithm === 'ed25519') return 'ed25519';
  if (algorithm !== 'rsa') return ecScheme[algorithm];
  return pss ? `rsa-pss-sha${bits}` : `rsa-sha${bits}`;
}

/** Whether a signer with this key may use the scheme: kind, and for EC the hash of its curve. */
export function schemeFitsKey(scheme: SignatureScheme, algorithm: KeyAlgorithm): boolean {
  if (algorithm === 'rsa') return keyKindOfScheme(scheme) === 'rsa';
  return chooseScheme(algorithm) === scheme;
}
