import { type Core, RecordCollection, systemMount } from '../../core/index.ts';
import { deriveKey, MacKey } from '../../crypto/index.ts';
import type { KeyHome } from '../../keys/index.ts';

interface AuditSigningKey {
  readonly home: KeyHome;
  readonly keyId: string;
  readonly scheme: 'ed25519' | 'ecdsa-sha256';
  /** SubjectPublicKeyInfo, base64. */
  readonly publicKey: string;
}

export interface AuditKeys {
  readonly hashKey: MacKey;
  readonly chainKey: MacKey;
  readonly keyId: string;
  readonly publicKeyDer: Buffer;
  readonly sign: (digest: Buffer) => Promise<Buffer>;
}

/** The keys of the audit log: derived ones for hashing and chaining, and the one that signs checkpoints. */
export async function openAuditKeys(core: Core): Promise<AuditKeys> {
  const signing = await signingKey(core);
  const { keyring } = core.seal.sealer;
  return {
    hashKey: new MacKey(deriveKey(keyring.base, 'strongroom audit-hash v1')),
    chainKey: new MacKey(deriveKey(keyring.base, 'strongroom audit-chain v1')),
    keyId: signing.keyId,
    publicKeyDer: Buffer.from(signing.publicKey, 'base64'),
    sign: (digest) => core.keys.of(signing.home).sign(signing.keyId, signing.scheme, digest),
  };
}

/** Made at the first unsealing, in the HSM where there is one. */
async function signingKey(core: Core): Promise<AuditSigningKey> {
  const records = new RecordCollection<AuditSigningKey>(core, 'audit');
  const known = await records.read(systemMount, 'signing-key');
  if (known) return known.body;
  const home = core.keys.preferred;
  const algorithm = home.home === 'pkcs11' ? 'ec-p256' : 'ed25519';
  const made = await home.generate({ algorithm, label: 'strongroom audit', usages: ['sign'] });
  const key: AuditSigningKey = {
    home: home.home,
    keyId: made.id,
    scheme: algorithm === 'ed25519' ? 'ed25519' : 'ecdsa-sha256',
    publicKey: (made.publicKeyDer ?? Buffer.alloc(0)).toString('base64'),
  };
  await core.store.commit([records.insert(systemMount, 'signing-key', key)]);
  return key;
}
