import type { Mount } from '../../core/index.ts';
import { newUuid, PrivateKey } from '../../crypto/index.ts';
import { type KeyProvider, newKeyId } from '../../keys/index.ts';
import { type SecretBytes, StrongroomError } from '../../lib/index.ts';
import { SubjectPublicKey } from '../../x509/index.ts';
import { keyAlgorithm, requireKeyKind } from './key-parameters.ts';
import { allKeys, type PkiStore, requireName } from './pki-store.ts';
import type { KeyRecord } from './records.ts';

export interface KeyWish {
  readonly keyType: string;
  readonly bits: number;
  readonly name: string | undefined;
  /** `internal`: made in the preferred home and never seen; `exported`: made here, handed out once, kept sealed. */
  readonly type: string;
}

export interface MadeKey {
  readonly record: KeyRecord;
  /** Present when it was asked to be handed out. */
  readonly exported: PrivateKey | undefined;
}

/** Makes a key: recorded first, made then, proven and completed last. */
export async function makeKey(pki: PkiStore, mount: Mount, wish: KeyWish): Promise<MadeKey> {
  if (wish.type !== 'internal' && wish.type !== 'exported') {
    throw new StrongroomError('invalid_request', `unknown key type ${JSON.stringify(wish.type.slice(0, 16))}`, {
      hint: 'internal, exported or existing',
    });
  }
  const { keyType, bits } = requireKeyKind(wish.keyType, wish.bits);
  const exported = wish.type === 'exported' ? await PrivateKey.generate(keyAlgorithm(keyType, bits)) : undefined;
  const provider = exported ? pki.core.keys.software : pki.core.keys.preferred;
  const name = await requireFreeName(pki, mount, wish.name);
  const planned = planKey(pki, provider, { keyType, bits, name });
  const insert = pki.keys.insert(mount, planned.id, planned);
  await pki.core.store.commit([insert]);
  const request = {
    algorithm: keyAlgorithm(keyType, bits),
    label: `strongroom ${mount.prefix}`.slice(0, 64),
    usages: ['sign' as const],
    id: planned.homeId,
  };
  const made = exported
    ? await provider.import({ ...request, material: exported.toPkcs8() })
    : await provider.generate(request);
  return { record: await complete(pki, mount, planned, made.publicKeyDer ?? Buffer.alloc(0)), exported };
}

/** Takes in a private key from outside; it is kept sealed in the store. */
export async function importKey(
  pki: PkiStore,
  mount: Mount,
  key: PrivateKey,
  material: SecretBytes,
  wishedName?: string,
): Promise<KeyRecord> {
  const spki = key.publicKey.spki.toString('base64');
  const known = (await allKeys(pki, mount)).find((record) => record.body.publicKey === spki);
  if (known) return known.body;
  const publicKey = SubjectPublicKey.read(key.publicKey.spki);
  publicKey.requireQuality();
  const provider = pki.core.keys.software;
  const name = await requireFreeName(pki, mount, wishedName);
  const planned = planKey(pki, provider, { keyType: publicKey.kind, bits: publicKey.bits, name });
  await pki.core.store.commit([pki.keys.insert(mount, planned.id, planned)]);
  await provider.import({
    algorithm: key.algorithm,
    label: `strongroom ${mount.prefix}`.slice(0, 64),
    usages: ['sign'],
    id: planned.homeId,
    material,
  });
  return complete(pki, mount, planned, key.publicKey.spki);
}

function planKey(pki: PkiStore, provider: KeyProvider, kind: Pick<KeyRecord, 'keyType' | 'bits' | 'name'>): KeyRecord {
  return {
    id: newUuid(pki.core.random),
    ...kind,
    home: provider.home,
    homeId: newKeyId(pki.core.random),
    publicKey: '',
    createdMillis: pki.core.clock.nowMillis(),
  };
}

async function complete(pki: PkiStore, mount: Mount, planned: KeyRecord, publicKeyDer: Buffer): Promise<KeyRecord> {
  const record = { ...planned, publicKey: publicKeyDer.toString('base64') };
  await pki.keys.modify(mount, planned.id, () => record);
  return record;
}

async function requireFreeName(pki: PkiStore, mount: Mount, wished: string | undefined): Promise<string> {
  const name = requireName(wished, 'key name');
  if (name !== '' && (await allKeys(pki, mount)).some((record) => record.body.name === name)) {
    throw new StrongroomError('invalid_request', 'key name already in use', {
      hint: 'choose another, or leave it out',
    });
  }
  return name;
}

/** Ends a key in its home and forgets it. */
export async function destroyKey(pki: PkiStore, mount: Mount, record: KeyRecord): Promise<void> {
  await pki.core.keys.of(record.home).destroy(record.homeId);
  await pki.core.store.commit([pki.keys.remove(mount, record.id)]);
}
