import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PublicKey } from '../../src/crypto/index.ts';
import { describeKeyProvider } from '../../src/keys/conformance.ts';
import { makeTokenFixture, type TokenFixture } from './token-fixture.ts';

let token: TokenFixture;
beforeAll(async () => {
  token = await makeTokenFixture();
});
afterAll(() => token.dispose());

// SoftHSM 2.6.1 unwraps no Edwards keys.
const options = { importUnsupported: ['ed25519'] } as const;
describeKeyProvider('PKCS#11, blocking calls', () => token.open({ calls: 'blocking' }), options);
describeKeyProvider('PKCS#11, threaded calls', () => token.open({ calls: 'threaded', sessions: 4 }), options);

describe('PKCS#11 session pool', () => {
  it.each([1, 2, 8])('of %i: 100 parallel signatures and messages are each the right one', async (sessions) => {
    const keys = await token.open({ calls: 'threaded', sessions });
    expect(keys.token()).toMatchObject({ sessions, calls: 'threaded', tokenSerial: token.serial });
    const { id, publicKeyDer } = await keys.generate({ algorithm: 'ec-p256', label: 'pool' });
    const { id: sealer } = await keys.generate({ algorithm: 'aes-256', label: 'pool' });
    const outside = PublicKey.fromSpki(publicKeyDer as Buffer);
    const jobs = Array.from({ length: 100 }, async (_, index) => {
      const data = Buffer.from(`message ${index}`);
      if (index % 2 === 0) return outside.verify('ecdsa-sha256', data, await keys.sign(id, 'ecdsa-sha256', data));
      return (await keys.decrypt(sealer, await keys.encrypt(sealer, data, data), data))?.equals(data);
    });
    expect(await Promise.all(jobs)).toEqual(Array(100).fill(true));
    await keys.close();
  });

  it('signing goes on while a large key is being made', async () => {
    const keys = await token.open({ calls: 'blocking' });
    const { id } = await keys.generate({ algorithm: 'ec-p256', label: 'busy' });
    let made = false;
    const making = keys.generate({ algorithm: 'rsa-4096', label: 'slow' }).then(() => {
      made = true;
    });
    let signed = 0;
    while (!made) {
      await keys.sign(id, 'ecdsa-sha256', Buffer.from('x'));
      signed += 1;
    }
    await making;
    expect(signed).toBeGreaterThan(10);
    await keys.close();
  });

  it('what waits beyond the queue is refused as `overloaded`, the rest is served', async () => {
    const keys = await token.open({ queueLimit: 150 });
    const { id } = await keys.generate({ algorithm: 'ec-p256', label: 'queue' });
    const sign = (): Promise<Buffer> => keys.sign(id, 'ecdsa-sha256', Buffer.from('x'));
    await sign();
    const results = await Promise.allSettled(Array.from({ length: 400 }, sign));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(results.length - refused.length).toBe(150);
    for (const result of refused) expect(result.reason).toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
    await sign();
    await keys.close();
  });
});
