import type { PublicKeyKind } from '../../crypto/index.ts';
import { DerReader, decodeNamedBits, namedBitString, refuseDer, tags } from '../der/index.ts';
import { encodeExtension, extensionOids } from './extension.ts';

/** Named bits in order of their positions (RFC 5280 4.2.1.3). */
export const keyUsages = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof keyUsages)[number];

/** Always critical. At least one usage: an empty list is not allowed to be written. */
export function encodeKeyUsage(usages: readonly KeyUsage[]): Buffer {
  if (usages.length === 0) throw new RangeError('keyUsage needs a bit');
  const bits = usages.map((usage) => keyUsages.indexOf(usage));
  return encodeExtension(extensionOids.keyUsage, true, namedBitString(bits));
}

export function decodeKeyUsage(value: Buffer): KeyUsage[] {
  const reader = new DerReader(value);
  const bits = decodeNamedBits(reader.read(tags.bitString));
  reader.finish();
  if (bits.length === 0) refuseDer('keyUsage without a bit');
  return bits.map((bit) => keyUsages[bit] ?? refuseDer('unknown keyUsage bit'));
}

const signing: readonly KeyUsage[] = ['digitalSignature', 'contentCommitment', 'keyCertSign', 'cRLSign'];

const usagesOfKind: Readonly<Record<PublicKeyKind, readonly KeyUsage[]>> = {
  rsa: [...signing, 'keyEncipherment', 'dataEncipherment'],
  ec: [...signing, 'keyAgreement', 'encipherOnly', 'decipherOnly'],
  ed25519: signing,
};

/** Whether a key of this kind can do what the usage says (RFC 3279 2.3.1, RFC 8813 3, RFC 8410 5). */
export function usageFitsKey(usage: KeyUsage, kind: PublicKeyKind): boolean {
  return usagesOfKind[kind].includes(usage);
}

/**
 * The usages of a wish list that the key can do, in bit order: Vault's default of three becomes digitalSignature and
 * keyEncipherment for RSA, digitalSignature and keyAgreement for EC, digitalSignature for Ed25519.
 */
export function fitKeyUsage(usages: readonly KeyUsage[], kind: PublicKeyKind): KeyUsage[] {
  return keyUsages.filter((usage) => usages.includes(usage) && usageFitsKey(usage, kind));
}
