import { describe, expect, it } from 'vitest';
import {
  type KeyPairAlgorithm,
  keyPairAlgorithms,
  PublicKey,
  schemeFits,
  signatureSchemes,
  systemRandom,
} from '../crypto/index.ts';
import type { Awaitable } from '../lib/index.ts';
import { describeImport } from './conformance-import.ts';
import type { KeyAlgorithm, KeyDescription, KeyProvider } from './port.ts';

export interface ConformanceOptions {
  /** Algorithms this home cannot import, which it has to say as `unsupported_operation`. */
  readonly importUnsupported?: readonly KeyAlgorithm[];
}

type Open = () => Promise<KeyProvider>;

/** RSA-3072 and 4096 take seconds to make and run through the same code as 2048. */
const pairs: readonly KeyPairAlgorithm[] = keyPairAlgorithms.filter(
  (name) => name !== 'rsa-3072' && name !== 'rsa-4096',
);
const data = Buffer.from('to be signed');
const associated = Buffer.from('row 7');
const newId = (): string => systemRandom.bytes(20).toString('hex');

/**
 * The port's promises, as tests. Every home of keys runs them: `factory` opens one, which the suite uses throughout and
 * closes at its end.
 */
export function describeKeyProvider(
  name: string,
  factory: () => Awaitable<KeyProvider>,
  options: ConformanceOptions = {},
): void {
  describe(name, () => {
    let opened: Promise<KeyProvider> | undefined;
    const open: Open = () => {
      opened ??= Promise.resolve(factory());
      return opened;
    };
    describeSigning(open);
    describeMessages(open);
    describeLifeOfKeys(open);
    describeImport(open, options.importUnsupported ?? []);
    describeRefusals(open);
    describeClosing(open);
  });
}

function describeSigning(open: Open): void {
  it.each(pairs)(
    'a %s key signs by every scheme that fits, so that its public key agrees, and by no other',
    async (algorithm) => {
      const keys = await open();
      const { id, publicKeyDer } = await keys.generate({ algorithm, label: 'signer' });
      const outside = PublicKey.fromSpki(publicKeyDer as Buffer);
      for (const scheme of signatureSchemes) {
        if (!schemeFits(scheme, algorithm)) {
          await expect(keys.sign(id, scheme, data)).rejects.toMatchObject({ code: 'invalid_field' });
          await expect(keys.verify(id, scheme, data, Buffer.alloc(64))).rejects.toMatchObject({
            code: 'invalid_field',
          });
          continue;
        }
        const signature = await keys.sign(id, scheme, data);
        expect(outside.verify(scheme, data, signature)).toBe(true);
        expect(await keys.verify(id, scheme, data, signature)).toBe(true);
        expect(await keys.verify(id, scheme, Buffer.from('other'), signature)).toBe(false);
        signature[signature.length - 1] = (signature.at(-1) as number) ^ 1;
        expect(await keys.verify(id, scheme, data, signature)).toBe(false);
        expect(await keys.verify(id, scheme, data, Buffer.alloc(0))).toBe(false);
      }
    },
  );

  it('100 signatures at once, of four keys, are each the right one', async () => {
    const keys = await open();
    const made: KeyDescription[] = [];
    for (const algorithm of ['ec-p256', 'ed25519', 'ec-p384', 'ec-p256'] as const) {
      made.push(await keys.generate({ algorithm, label: 'parallel' }));
    }
    const jobs = Array.from({ length: 100 }, async (_, index) => {
      const key = made[index % 4] as KeyDescription;
      const scheme = key.algorithm === 'ed25519' ? 'ed25519' : 'ecdsa-sha256';
      const message = Buffer.from(`message ${index}`);
      const signature = await keys.sign(key.id, scheme, message);
      return PublicKey.fromSpki(key.publicKeyDer as Buffer).verify(scheme, message, signature);
    });
    expect(await Promise.all(jobs)).toEqual(Array(100).fill(true));
  });
}

function describeMessages(open: Open): void {
  it('an AES key opens what it sealed, of any size, and seals the same differently each time', async () => {
    const keys = await open();
    const { id, publicKeyDer } = await keys.generate({ algorithm: 'aes-256', label: 'sealer' });
    expect(publicKeyDer).toBeUndefined();
    for (const size of [0, 1, 16, 1000, 100_000]) {
      const plaintext = systemRandom.bytes(size);
      for (const aad of [associated, Buffer.alloc(0)]) {
        const message = await keys.encrypt(id, plaintext, aad);
        expect(message.length).toBe(size + 28);
        expect((await keys.decrypt(id, message, aad))?.equals(plaintext)).toBe(true);
        expect((await keys.encrypt(id, plaintext, aad)).equals(message)).toBe(false);
      }
    }
  });

  it('a sealed message with any byte changed, cut, moved to other data or another key does not open', async () => {
    const keys = await open();
    const { id } = await keys.generate({ algorithm: 'aes-256', label: 'sealer' });
    const { id: other } = await keys.generate({ algorithm: 'aes-256', label: 'other' });
    const message = await keys.encrypt(id, data, associated);
    for (let index = 0; index < message.length; index += 1) {
      const changed = Buffer.from(message);
      changed[index] = (changed[index] as number) ^ 0x10;
      expect(await keys.decrypt(id, changed, associated)).toBeUndefined();
    }
    for (const size of [0, 5, 12, 27, message.length - 1]) {
      expect(await keys.decrypt(id, message.subarray(0, size), associated)).toBeUndefined();
    }
    expect(await keys.decrypt(id, message, Buffer.from('row 8'))).toBeUndefined();
    expect(await keys.decrypt(id, message, Buffer.alloc(0))).toBeUndefined();
    expect(await keys.decrypt(other, message, associated)).toBeUndefined();
    expect((await keys.decrypt(id, message, associated))?.equals(data)).toBe(true);
  });

  it('an HMAC key gives one MAC for one message', async () => {
    const keys = await open();
    const { id } = await keys.generate({ algorithm: 'hmac-sha256', label: 'mac' });
    const [first, again, empty] = [
      await keys.mac(id, data),
      await keys.mac(id, data),
      await keys.mac(id, Buffer.alloc(0)),
    ];
    expect(first.length).toBe(32);
    expect(again.equals(first)).toBe(true);
    expect(empty.length).toBe(32);
    expect(empty.equals(first)).toBe(false);
  });

  it('random bytes have the size asked for and do not repeat; sizes out of range are refused', async () => {
    const keys = await open();
    const seen = new Set<string>();
    for (let round = 0; round < 50; round += 1) seen.add((await keys.random(16)).toString('hex'));
    expect(seen.size).toBe(50);
    expect((await keys.random(65_536)).length).toBe(65_536);
    for (const size of [0, -1, 1.5, 65_537, Number.NaN]) {
      await expect(keys.random(size)).rejects.toMatchObject({ code: 'invalid_field' });
    }
  });
}

function describeLifeOfKeys(open: Open): void {
  it.each([...pairs, 'aes-256', 'hmac-sha256'] as const)(
    'a %s key is described as it was made until it is destroyed',
    async (algorithm) => {
      const keys = await open();
      const made = await keys.generate({ algorithm, label: 'Schlüssel «7»' });
      expect(made).toMatchObject({ algorithm, label: 'Schlüssel «7»', home: keys.home, attributes: { local: true } });
      expect(made.id).toMatch(/^[0-9a-f]{40}$/);
      expect(await keys.describe(made.id)).toEqual(made);
      await keys.destroy(made.id);
      expect(await keys.describe(made.id)).toBeUndefined();
      await keys.destroy(made.id);
    },
  );

  it('a repeated order with the same id makes no twin; another algorithm under that id is refused', async () => {
    const keys = await open();
    const request = { algorithm: 'ec-p256', label: 'once', id: newId() } as const;
    const [first, second] = [await keys.generate(request), await keys.generate(request)];
    expect(second).toEqual(first);
    expect(first.id).toBe(request.id);
    await expect(keys.generate({ ...request, algorithm: 'aes-256' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await keys.describe(request.id)).toEqual(first);
  });

  it('a key that is not there is undefined to describe and an internal error to use', async () => {
    const keys = await open();
    const { id } = await keys.generate({ algorithm: 'ec-p256', label: 'gone' });
    await keys.sign(id, 'ecdsa-sha256', data);
    await keys.destroy(id);
    for (const absent of [id, newId()]) {
      expect(await keys.describe(absent)).toBeUndefined();
      await expect(keys.sign(absent, 'ecdsa-sha256', data)).rejects.toMatchObject({ code: 'internal' });
      await expect(keys.decrypt(absent, Buffer.alloc(40), associated)).rejects.toMatchObject({ code: 'internal' });
      await expect(keys.mac(absent, data)).rejects.toMatchObject({ code: 'internal' });
    }
  });
}

function describeRefusals(open: Open): void {
  it('keys do only what they were made for', async () => {
    const keys = await open();
    const { id: signer } = await keys.generate({ algorithm: 'ec-p256', label: 's' });
    const { id: sealer } = await keys.generate({ algorithm: 'aes-256', label: 'e', usages: ['encrypt'] });
    const message = await keys.encrypt(sealer, data, associated);
    const attempts = [
      () => keys.decrypt(sealer, message, associated),
      () => keys.mac(sealer, data),
      () => keys.sign(sealer, 'ecdsa-sha256', data),
      () => keys.encrypt(signer, data, associated),
      () => keys.mac(signer, data),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'invalid_field' });
    expect((await keys.describe(sealer))?.usages).toEqual(['encrypt']);
  });

  it('bad ids, labels, usages, algorithms and sizes are refused before anything is made', async () => {
    const keys = await open();
    const good = { algorithm: 'ec-p256', label: 'good' } as const;
    const requests = [
      { ...good, id: 'AA'.repeat(20) },
      { ...good, id: 'aa'.repeat(19) },
      ...['', 'a\nb'].map((label) => ({ ...good, label })),
      { ...good, label: 'x'.repeat(65) },
      { ...good, usages: [] },
      { ...good, usages: ['encrypt'] as const },
      { ...good, algorithm: 'toString' as 'ec-p256' },
    ];
    for (const request of requests)
      await expect(keys.generate(request)).rejects.toMatchObject({ code: 'invalid_field' });
    await expect(keys.describe('../x')).rejects.toMatchObject({ code: 'invalid_field' });
    const { id } = await keys.generate({ algorithm: 'aes-256', label: 'sizes' });
    const large = Buffer.alloc(4 * 1024 * 1024 + 1);
    await expect(keys.encrypt(id, large, associated)).rejects.toMatchObject({ code: 'invalid_field' });
    expect((await keys.encrypt(id, large.subarray(1), associated)).length).toBe(large.length + 27);
  });
}

function describeClosing(open: Open): void {
  it('is healthy until it is closed, and answers `keys_unavailable` from then on', async () => {
    const keys = await open();
    const { id } = await keys.generate({ algorithm: 'ec-p256', label: 'last' });
    expect(keys.health().state).toBe('ok');
    await keys.close();
    expect(keys.health().state).toBe('degraded');
    await expect(keys.sign(id, 'ecdsa-sha256', data)).rejects.toMatchObject({ code: 'keys_unavailable' });
    await expect(keys.describe(id)).rejects.toMatchObject({ code: 'keys_unavailable' });
    await keys.close();
  });
}
