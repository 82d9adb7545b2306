import type { KeyPairAlgorithm } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';

export type KeyType = 'rsa' | 'ec' | 'ed25519';

const sizes: Readonly<Record<KeyType, readonly number[]>> = {
  rsa: [2048, 3072, 4096],
  ec: [256, 384, 521],
  ed25519: [0],
};
const usual: Readonly<Record<KeyType, number>> = { rsa: 2048, ec: 256, ed25519: 0 };

/** Type and size as Vault's `key_type` and `key_bits`; 0 takes the usual size. */
export function requireKeyKind(type: string, bits: number): { readonly keyType: KeyType; readonly bits: number } {
  if (type !== 'rsa' && type !== 'ec' && type !== 'ed25519') {
    throw new StrongroomError('invalid_field', `unknown key type ${JSON.stringify(type.slice(0, 16))}`, {
      hint: 'rsa, ec or ed25519',
    });
  }
  const size = type === 'ed25519' ? 0 : bits || usual[type];
  if (!sizes[type].includes(size)) {
    throw new StrongroomError('invalid_field', `unsupported bit length for ${type} key: ${bits}`, {
      hint: `one of ${sizes[type].join(', ')}`,
    });
  }
  return { keyType: type, bits: size };
}

export function keyAlgorithm(type: KeyType, bits: number): KeyPairAlgorithm {
  if (type === 'ed25519') return 'ed25519';
  return (type === 'ec' ? `ec-p${bits}` : `rsa-${bits}`) as KeyPairAlgorithm;
}
