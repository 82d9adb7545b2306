import { AeadKey, MacKey, PrivateKey, type Random } from '../../crypto/index.ts';
import { SecretBytes } from '../../lib/index.ts';
import { isKeyPair } from '../key-rules.ts';
import type { KeyDescription, KeyId } from '../port.ts';
import type { KeyMaterialRecord } from './material-store.ts';

/** A key ready for use: parsed once, its bytes gone from our buffers. */
export interface OpenedKey {
  readonly description: KeyDescription;
  readonly pair?: PrivateKey;
  readonly aead?: AeadKey;
  readonly mac?: MacKey;
}

export function describeRecord(id: KeyId, record: KeyMaterialRecord): KeyDescription {
  return {
    id,
    algorithm: record.algorithm,
    label: record.label,
    home: 'software',
    ...(record.publicKeyDer === undefined ? {} : { publicKeyDer: record.publicKeyDer }),
    usages: record.usages,
    // Whoever may open the store's seal can read the key: software keys promise nothing else.
    attributes: {
      sensitive: false,
      extractable: true,
      alwaysSensitive: false,
      neverExtractable: false,
      local: record.local,
    },
  };
}

/** RFC 2104 3 pads short keys with zeros, so a MAC key is used as it is; the record's bytes are wiped. */
export function openRecord(id: KeyId, record: KeyMaterialRecord, random: Random): OpenedKey {
  const description = describeRecord(id, record);
  try {
    if (isKeyPair(record.algorithm)) return { description, pair: PrivateKey.fromPkcs8(record.material) };
    if (record.algorithm === 'aes-256') return { description, aead: new AeadKey(record.material, random) };
    return { description, mac: new MacKey(record.material) };
  } finally {
    record.material.wipe();
  }
}

/** A copy whose wiping leaves the original alone. */
export function copySecret(secret: SecretBytes): SecretBytes {
  return new SecretBytes(Buffer.from(secret.insecureBytes()));
}
