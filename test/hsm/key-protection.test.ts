import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pkcs11KeyProvider } from '../../src/keys/index.ts';
import { makeTokenFixture, type TokenFixture } from './token-fixture.ts';

let token: TokenFixture;
let keys: Pkcs11KeyProvider;
beforeAll(async () => {
  token = await makeTokenFixture();
  keys = await token.open();
});
afterAll(() => token.dispose());

const data = Buffer.from('data');

describe('PKCS#11 key protection', () => {
  it.each(['ec-p256', 'ed25519', 'rsa-2048', 'aes-256', 'hmac-sha256'] as const)(
    'SEAL-05: a new %s key was born in the token, sensitive, and can never leave it',
    async (algorithm) => {
      const { attributes, tokenSerial } = await keys.generate({ algorithm, label: 'protected' });
      const all = { sensitive: true, extractable: false, alwaysSensitive: true, neverExtractable: true, local: true };
      expect(attributes).toEqual(all);
      expect(tokenSerial).toBe(token.serial);
    },
  );

  const weak = [
    ['extractable', { pair: true, sensitive: true, extractable: true, sign: true }],
    ['not sensitive', { pair: true, sensitive: false, extractable: false, sign: true }],
    ['wrapping and decrypting', { sensitive: true, extractable: false, wrap: true, decrypt: true, encrypt: true }],
  ] as const;

  it.each(weak)('SEAL-05: a key somebody made %s is shown, but not used', async (name, attributes) => {
    const id = Buffer.from(name.padEnd(20).slice(0, 20)).toString('hex');
    await token.tamper('plant', id, attributes);
    expect((await keys.describe(id))?.id).toBe(id);
    const use = 'pair' in attributes ? keys.sign(id, 'ecdsa-sha256', data) : keys.encrypt(id, data, data);
    await expect(use).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('not protected') });
    const algorithm = 'pair' in attributes ? 'ec-p256' : 'aes-256';
    await expect(keys.generate({ algorithm, label: 'x', id })).rejects.toMatchObject({ code: 'internal' });
    await keys.destroy(id);
    expect(await keys.describe(id)).toBeUndefined();
  });

  it('two keys of one id are used by nobody: there is no guessing', async () => {
    const id = 'ef'.repeat(20);
    const attributes = { sensitive: true, extractable: false, wrap: false, encrypt: true, decrypt: true };
    await token.tamper('plant', id, attributes);
    await token.tamper('plant', id, attributes);
    await expect(keys.describe(id)).rejects.toMatchObject({ code: 'internal' });
    await expect(keys.encrypt(id, data, data)).rejects.toMatchObject({ code: 'internal' });
  });

  it('a key deleted under us is missing, and the token stays in use', async () => {
    const { id } = await keys.generate({ algorithm: 'ec-p256', label: 'deleted' });
    const { id: other } = await keys.generate({ algorithm: 'ec-p256', label: 'kept' });
    await keys.sign(id, 'ecdsa-sha256', data);
    expect(await token.tamper('delete', id)).toBe('2');
    await expect(keys.sign(id, 'ecdsa-sha256', data)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('missing'),
    });
    expect(await keys.describe(id)).toBeUndefined();
    expect((await keys.sign(other, 'ecdsa-sha256', data)).length).toBeGreaterThan(60);
    expect(keys.health()).toMatchObject({ state: 'ok', generation: 1 });
  });
});
