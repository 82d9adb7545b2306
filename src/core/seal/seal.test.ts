import { beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../crypto/index.ts';
import { isError, ManualClock, SecretBytes } from '../../lib/index.ts';
import { openMemoryStore, type Store } from '../../store/index.ts';
import { type RootKeyHsm, Seal } from './index.ts';

let store: Store;
beforeEach(() => {
  store = openMemoryStore();
});

const newSeal = (hsm?: RootKeyHsm): Seal =>
  new Seal({ store, random: systemRandom, clock: new ManualClock(1_000), clusterName: 'test', ...(hsm && { hsm }) });

const hex = (share: SecretBytes): string => share.insecureBytes().toString('hex');
const nothing = async () => [];

/** An HSM that keeps what it wrapped, and can be taken away. */
function fakeHsm(): RootKeyHsm & { away: boolean } {
  const kept = new Map<string, { context: string; bytes: Buffer }>();
  return {
    away: false,
    createKey: async () => 'key-1',
    async wrap(keyId, rootKey, context) {
      kept.set(keyId, { context, bytes: Buffer.from(rootKey.insecureBytes()) });
      return Buffer.from(keyId);
    },
    async unwrap(keyId, wrapped, context) {
      if (this.away) throw new Error('no token');
      const found = kept.get(keyId);
      if (!found || found.context !== context || wrapped.toString() !== keyId) throw new Error('does not open');
      return new SecretBytes(Buffer.from(found.bytes));
    },
  };
}

describe('a Shamir seal', () => {
  it('SEAL-12: opens with every quorum of shares and with no smaller set', async () => {
    const seal = newSeal();
    const { shares } = await seal.initialize({ shares: 5, threshold: 3 }, nothing);
    await seal.seal();
    const sealer = () => seal.sealer;
    expect(sealer).toThrow('Vault is sealed');
    for (let first = 0; first < 5; first += 1) {
      for (let second = first + 1; second < 5; second += 1) {
        await seal.submitShare(hex(shares[first] as SecretBytes));
        await seal.submitShare(hex(shares[second] as SecretBytes));
        expect(seal.isSealed).toBe(true);
        const third = shares.find((_, index) => index !== first && index !== second) as SecretBytes;
        await seal.submitShare(third.insecureBytes().toString('base64'));
        expect(seal.isSealed, `${first} ${second}`).toBe(false);
        await seal.seal();
      }
    }
  });

  it('SEAL-02: counts the same share once, and starts again after a wrong combination', async () => {
    const seal = newSeal();
    const { shares } = await seal.initialize({ shares: 3, threshold: 2 }, nothing);
    await seal.seal();
    const first = hex(shares[0] as SecretBytes);
    await seal.submitShare(first);
    await seal.submitShare(first.toUpperCase());
    expect((await seal.status()).progress).toBe(1);
    const wrong = Buffer.from(first, 'hex');
    wrong[0] = (wrong[0] as number) ^ 1;
    await expect(seal.submitShare(wrong.toString('hex'))).rejects.toThrow('unseal failed, invalid key');
    expect(await seal.status()).toMatchObject({ progress: 0, nonce: '', sealed: true });
    await seal.submitShare(first);
    await seal.submitShare(hex(shares[1] as SecretBytes));
    expect(seal.isSealed).toBe(false);
  });

  it.each([[''], ['zz'], ['abcd'], ['a'.repeat(200)], ['é'.repeat(20)]])(
    'refuses a share that is none: %j',
    async (text) => {
      const seal = newSeal();
      await seal.initialize({ shares: 3, threshold: 2 }, nothing);
      await seal.seal();
      await expect(seal.submitShare(text)).rejects.toSatisfy((error) => isError(error, 'invalid_request'));
      expect((await seal.status()).progress).toBe(0);
    },
  );

  it.each([
    [0, 0],
    [1, 2],
    [3, 1],
    [256, 3],
    [2.5, 2],
  ])('refuses %d shares with a threshold of %d, and is as if nothing had happened', async (shares, threshold) => {
    const seal = newSeal();
    await expect(seal.initialize({ shares, threshold }, nothing)).rejects.toSatisfy((error) =>
      isError(error, 'invalid_request'),
    );
    expect((await seal.status()).initialized).toBe(false);
  });

  it('with one share, the share is the key', async () => {
    const seal = newSeal();
    const { shares } = await seal.initialize({ shares: 1, threshold: 1 }, nothing);
    expect(shares[0]?.byteLength).toBe(32);
    await seal.seal();
    await seal.submitShare(hex(shares[0] as SecretBytes));
    expect(seal.isSealed).toBe(false);
  });
});

describe('initialisation', () => {
  it('IDN-11: happens once, also when twenty ask at the same moment', async () => {
    const seals = Array.from({ length: 20 }, () => newSeal());
    const outcomes = await Promise.allSettled(
      seals.map((seal) => seal.initialize({ shares: 1, threshold: 1 }, nothing)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(newSeal().initialize({ shares: 1, threshold: 1 }, nothing)).rejects.toThrow('already initialized');
  });

  it('leaves nothing behind when what is stored with it fails', async () => {
    const seal = newSeal();
    const failing = seal.initialize({ shares: 1, threshold: 1 }, () => Promise.reject(new Error('disk')));
    await expect(failing).rejects.toThrow('disk');
    expect(seal.isSealed).toBe(true);
    expect((await seal.status()).initialized).toBe(false);
  });
});

describe('rotation', () => {
  it('SEAL-09: keeps everything readable over twenty terms and a restart', async () => {
    const seal = newSeal();
    const { shares } = await seal.initialize({ shares: 1, threshold: 1 }, nothing);
    const sealed = [seal.sealer.seal('row', Buffer.from('term 1'))];
    for (let term = 2; term <= 21; term += 1) {
      expect(await seal.rotate()).toBe(term);
      sealed.push(seal.sealer.seal('row', Buffer.from(`term ${term}`)));
    }
    const again = newSeal();
    await again.submitShare(hex(shares[0] as SecretBytes));
    expect(sealed.map((value) => again.sealer.open('row', value)?.toString())).toEqual(
      sealed.map((_, index) => `term ${index + 1}`),
    );
    expect(again.sealer.hashCredential('x')).toBe(seal.sealer.hashCredential('x'));
  });
});

describe('an HSM seal', () => {
  it('opens by itself, and only by its HSM', async () => {
    const hsm = fakeHsm();
    const seal = newSeal(hsm);
    const { recovery } = await seal.initialize({ shares: 3, threshold: 2 }, nothing);
    expect(recovery).toBe(true);
    const again = newSeal(hsm);
    hsm.away = true;
    await expect(again.unsealWithHsm()).rejects.toThrow();
    expect(again.isSealed).toBe(true);
    hsm.away = false;
    expect(await again.unsealWithHsm()).toBe(true);
    expect(again.isSealed).toBe(false);
  });

  it('SEAL-10: is not opened by shares, and a Shamir store not by an HSM', async () => {
    const seal = newSeal(fakeHsm());
    const { shares } = await seal.initialize({ shares: 1, threshold: 1 }, nothing);
    const again = newSeal();
    await expect(again.submitShare(hex(shares[0] as SecretBytes))).rejects.toThrow('unseals with its HSM');
    await expect(again.unsealWithHsm()).rejects.toThrow('pkcs11 seal');
    store = openMemoryStore();
    await newSeal().initialize({ shares: 1, threshold: 1 }, nothing);
    await expect(newSeal(fakeHsm()).unsealWithHsm()).rejects.toThrow('shamir seal');
  });
});

describe('SEAL-06: the stored seal', () => {
  it('does not open when any byte of its two rows was changed', async () => {
    const seal = newSeal();
    const { shares } = await seal.initialize({ shares: 1, threshold: 1 }, nothing);
    for (const row of await store.list('seal', { limit: 10 })) {
      for (let at = 0; at < row.sealed.length; at += 1) {
        const sealed = Buffer.from(row.sealed);
        sealed[at] = (sealed[at] as number) ^ 1;
        const changed = { ...row, sealed };
        const reading = {
          ...store,
          read: async (table: never, key: { id: string }) =>
            key.id === row.id ? changed : store.read(table, key as never),
        };
        const again = new Seal({
          store: reading as unknown as Store,
          random: systemRandom,
          clock: new ManualClock(0),
          clusterName: 'test',
        });
        await expect(again.submitShare(hex(shares[0] as SecretBytes)), `${row.id} ${at}`).rejects.toThrow();
        expect(again.isSealed).toBe(true);
      }
    }
  });
});
