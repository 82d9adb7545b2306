import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PrivateKey, systemRandom } from '../../crypto/index.ts';
import { describeKeyProvider } from '../conformance.ts';
import type { KeyMaterialRecord, KeyMaterialStore } from './material-store.ts';
import { MemoryMaterialStore } from './memory-material-store.ts';
import { SoftwareKeyProvider } from './provider.ts';

const open = (store: KeyMaterialStore, openedKeys?: number): SoftwareKeyProvider =>
  new SoftwareKeyProvider({ store, random: systemRandom, ...(openedKeys === undefined ? {} : { openedKeys }) });

describeKeyProvider('software keys', () => open(new MemoryMaterialStore()));

/** Counts reads and keeps what it was given, for looking at. */
class WatchedStore extends MemoryMaterialStore {
  reads = 0;
  readonly given: KeyMaterialRecord[] = [];

  override read(id: string): KeyMaterialRecord | undefined {
    this.reads += 1;
    const record = super.read(id);
    if (record) this.given.push(record);
    return record;
  }

  override write(id: string, record: KeyMaterialRecord): void {
    super.write(id, record);
    this.given.push(record);
  }
}

const data = Buffer.from('data');

describe('software keys and their store', () => {
  it('an opened key is used again without a read, and at most as many as allowed are remembered', async () => {
    const store = new WatchedStore();
    const keys = open(store, 2);
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) ids.push((await keys.generate({ algorithm: 'ed25519', label: 'k' })).id);
    for (const id of ids) for (let round = 0; round < 5; round += 1) await keys.sign(id, 'ed25519', data);
    expect(store.reads).toBe(3);
    await keys.sign(ids[0] as string, 'ed25519', data);
    expect(store.reads).toBe(4);
  });

  it('keys outlive the provider: another one on the same store signs with them', async () => {
    const store = new MemoryMaterialStore();
    const { id } = await open(store).generate({ algorithm: 'ec-p256', label: 'k' });
    const second = open(store);
    expect(await second.verify(id, 'ecdsa-sha256', data, await second.sign(id, 'ecdsa-sha256', data))).toBe(true);
  });

  it('material is wiped from every record that passed through, and never shows when printed', async () => {
    const store = new WatchedStore();
    const keys = open(store);
    const { id } = await keys.generate({ algorithm: 'ec-p256', label: 'k' });
    await keys.describe(id);
    await keys.sign(id, 'ecdsa-sha256', data);
    expect(store.given.length).toBe(3);
    for (const { material } of store.given) expect(material.insecureBytes().every((byte) => byte === 0)).toBe(true);
    expect(inspect(store.given, { depth: 9 })).toContain('[secret]');
  });

  it('an import leaves the material of the caller alone', async () => {
    const keys = open(new MemoryMaterialStore());
    const pkcs8 = (await PrivateKey.generate('ec-p256')).toPkcs8();
    const before = Buffer.from(pkcs8.insecureBytes());
    await keys.import({ algorithm: 'ec-p256', label: 'k', material: pkcs8 });
    expect(pkcs8.insecureBytes().equals(before)).toBe(true);
  });

  it('a key destroyed elsewhere is gone here once it is forgotten, even when an opening was under way', async () => {
    const inner = new MemoryMaterialStore();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: KeyMaterialStore = {
      read: async (id) => {
        const record = inner.read(id);
        await gate;
        return record;
      },
      write: (id, record) => inner.write(id, record),
      remove: (id) => inner.remove(id),
    };
    const { id } = await open(inner).generate({ algorithm: 'ed25519', label: 'k' });
    const keys = open(slow);
    const underWay = keys.sign(id, 'ed25519', data);
    inner.remove(id);
    keys.forget(id);
    release();
    await underWay;
    await expect(keys.sign(id, 'ed25519', data)).rejects.toMatchObject({ code: 'internal' });
  });

  it('two orders for one id at once make one key', async () => {
    const keys = open(new MemoryMaterialStore());
    const request = { algorithm: 'ec-p256', label: 'k', id: 'ab'.repeat(20) } as const;
    const [first, second] = await Promise.all([keys.generate(request), keys.generate(request)]);
    expect(second).toEqual(first);
    expect(await keys.describe(request.id)).toEqual(first);
  });
});
