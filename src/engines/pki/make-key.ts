import type { Mount, StoredRecord } from '../../core/index.ts';
import { newUuid, PrivateKey } from '../../crypto/index.ts';
import { type KeyProvider, newKeyId } from '../../keys/index.ts';
import { isError, StrongroomError } from '../../lib/index.ts';
import { SubjectPublicKey } from '../../x509/index.ts';
import { readCertificate } from './authority.ts';
import { keyAlgorithm, requireKeyKind } from './key-parameters.ts';
import {
  allIssuers,
  allKeys,
  everyKey,
  type PkiStore,
  readConfig,
  requireKey,
  requireName,
  withConfig,
} from './pki-store.ts';
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
  const planned = await planKey(pki, mount, provider, { keyType, bits, name: wish.name });
  const request = {
    algorithm: keyAlgorithm(keyType, bits),
    label: `strongroom ${mount.prefix}`.slice(0, 64),
    usages: ['sign' as const],
    id: planned.homeId,
  };
  const made = exported
    ? await provider.import({ ...request, material: exported.toPkcs8() })
    : await provider.generate(request);
  return { record: await completeKey(pki, mount, planned, made.publicKeyDer ?? Buffer.alloc(0)), exported };
}

/** Does something with a new key, which is destroyed when that fails: a refusal leaves no key behind. */
export async function withNewKey<T>(
  pki: PkiStore,
  mount: Mount,
  wish: KeyWish,
  work: (made: MadeKey) => Promise<T>,
): Promise<T> {
  const made = await makeKey(pki, mount, wish);
  try {
    return await work(made);
  } catch (error) {
    await discardKey(pki, mount, made.record).catch((cause: unknown) =>
      pki.core.log.warn({ mount: mount.prefix, key: made.record.id, cause: String(cause) }, 'a key was left over'),
    );
    throw error;
  }
}

/** Does something with a key that is here; one that is deleted meanwhile is told as that, not as a key that was lost. */
export async function withExistingKey<T>(
  pki: PkiStore,
  mount: Mount,
  ref: string,
  work: (made: MadeKey) => Promise<T>,
): Promise<T> {
  const { config } = await readConfig(pki, mount);
  const { id, body: record } = await requireKey(pki, mount, ref, config);
  try {
    return await work({ record, exported: undefined });
  } catch (error) {
    if (!isError(error) || error.code !== 'internal') throw error;
    const stored = await pki.keys.read(mount, id);
    if (stored && stored.body.publicKey !== '') throw error;
    throw new StrongroomError('invalid_request', 'the key was removed meanwhile', { hint: 'use another, or make one' });
  }
}

/** A private key that may be taken in. */
export function requireImportable(key: PrivateKey): void {
  SubjectPublicKey.read(key.publicKey.spki).requireQuality();
}

/** Takes in a private key from outside; it is kept sealed in the store. One that is here already stays as it is. */
export async function importKey(
  pki: PkiStore,
  mount: Mount,
  key: PrivateKey,
  wishedName?: string,
): Promise<{ readonly record: KeyRecord; readonly isNew: boolean }> {
  const spki = key.publicKey.spki.toString('base64');
  const known = (await allKeys(pki, mount)).find((record) => record.body.publicKey === spki);
  if (known) return { record: known.body, isNew: false };
  requireImportable(key);
  const publicKey = SubjectPublicKey.read(key.publicKey.spki);
  const provider = pki.core.keys.software;
  const kind = { keyType: publicKey.kind, bits: publicKey.bits, name: wishedName };
  const planned = await planKey(pki, mount, provider, kind);
  await provider.import({
    algorithm: key.algorithm,
    label: `strongroom ${mount.prefix}`.slice(0, 64),
    usages: ['sign'],
    id: planned.homeId,
    material: key.toPkcs8(),
  });
  const record = await completeKey(pki, mount, planned, key.publicKey.spki);
  return { record, isNew: record.id === planned.id };
}

async function planKey(
  pki: PkiStore,
  mount: Mount,
  provider: KeyProvider,
  kind: Pick<KeyRecord, 'keyType' | 'bits'> & { readonly name: string | undefined },
): Promise<KeyRecord> {
  const name = requireName(kind.name, 'key name');
  const planned = {
    id: newUuid(pki.core.random),
    ...kind,
    name,
    home: provider.home,
    homeId: newKeyId(pki.core.random),
    publicKey: '',
    createdMillis: pki.core.clock.nowMillis(),
  };
  return withConfig(pki, mount, async ({ config }) => {
    requireFreeKeyName(await allKeys(pki, mount), name);
    return { next: config, changes: [pki.keys.insert(mount, planned.id, planned)], result: planned };
  });
}

/**
 * Shows a key that was made. Issuers whose certificate came without its key get it now. A key that cannot be shown,
 * as its mount or record is gone meanwhile, its name taken or the same key here already, is ended in its home.
 */
async function completeKey(pki: PkiStore, mount: Mount, planned: KeyRecord, spki: Buffer): Promise<KeyRecord> {
  const record = { ...planned, publicKey: spki.toString('base64') };
  try {
    const shown = await withConfig(pki, mount, async ({ config }) => {
      const [stored, keys] = [await pki.keys.read(mount, planned.id), await allKeys(pki, mount)];
      const twin = keys.find(({ body }) => body.publicKey === record.publicKey);
      if (twin) return { next: config, changes: [], result: twin.body };
      if (!stored) throw gone();
      requireFreeKeyName(keys, record.name);
      const waiting = (await allIssuers(pki, mount)).filter(
        ({ body }) => body.keyId === '' && readCertificate(body).spki.equals(spki),
      );
      const usable = waiting.find(({ body }) => body.revokedMillis === null);
      const next = {
        ...config,
        defaultIssuer: config.defaultIssuer || (usable?.id ?? ''),
        defaultKey: config.defaultKey || record.id,
        issuerGeneration: config.issuerGeneration + waiting.length,
      };
      const linked = waiting.map((issuer) => pki.issuers.update(issuer, { ...issuer.body, keyId: record.id }));
      return { next, changes: [pki.keys.update(stored, record), ...linked], result: record };
    });
    if (shown.id !== planned.id) await destroyKey(pki, mount, planned);
    return shown;
  } catch (error) {
    // Nothing was written. Of a store that failed that is not known, and the record stays for whoever looks.
    if (isError(error)) {
      if (error.code === 'version_mismatch' || error.code === 'invalid_request') await destroyKey(pki, mount, planned);
    }
    throw error;
  }
}

const gone = (): StrongroomError =>
  new StrongroomError('invalid_request', 'the key was removed while it was made', { hint: 'make another' });

export function requireFreeKeyName(keys: readonly StoredRecord<KeyRecord>[], name: string, own = ''): void {
  if (name !== '' && keys.some(({ id, body }) => id !== own && (body.name === name || id === name))) {
    throw new StrongroomError('invalid_request', 'key name already in use', {
      hint: 'choose another, or leave it out',
    });
  }
}

/** Ends a key in its home and forgets it. */
export async function destroyKey(pki: PkiStore, mount: Mount, record: KeyRecord): Promise<void> {
  await pki.core.keys.of(record.home).destroy(record.homeId);
  await pki.core.store.commit([pki.keys.remove(mount, record.id)]);
}

/**
 * Deletes a key that no issuer uses. It is taken out of sight first, in the commit that finds it unused, then destroyed
 * and forgotten: what a crash leaves is used by nobody, and deleting it once more, by its id, ends it.
 */
export async function deleteKey(pki: PkiStore, mount: Mount, ref: string): Promise<void> {
  const record = await withConfig(pki, mount, async ({ config }) => {
    const left = (await everyKey(pki, mount)).find(({ id, body }) => id === ref && body.publicKey === '');
    if (left) return { next: config, changes: [], result: left.body };
    const found = await requireKey(pki, mount, ref, config);
    // A home out of reach refuses here, before anything is changed.
    await pki.core.keys.of(found.body.home).describe(found.body.homeId);
    if ((await allIssuers(pki, mount)).some(({ body }) => body.keyId === found.id)) {
      throw new StrongroomError('invalid_request', 'the key is in use by an issuer', {
        hint: 'delete the issuer first',
      });
    }
    return {
      next: { ...config, defaultKey: config.defaultKey === found.id ? '' : config.defaultKey },
      changes: [pki.keys.update(found, { ...found.body, publicKey: '' })],
      result: found.body,
    };
  });
  await destroyKey(pki, mount, record);
}

/** Deletes a key that was made for what then failed; one that something uses stays. */
const discardKey = (pki: PkiStore, mount: Mount, record: KeyRecord): Promise<void> => deleteKey(pki, mount, record.id);
