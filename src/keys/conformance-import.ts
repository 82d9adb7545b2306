import { expect, it } from 'vitest';
import {
  AeadKey,
  type KeyPairAlgorithm,
  MacKey,
  PrivateKey,
  schemeFits,
  signatureSchemes,
  systemRandom,
} from '../crypto/index.ts';
import { SecretBytes } from '../lib/index.ts';
import type { KeyAlgorithm, KeyProvider } from './port.ts';

const pairs: readonly KeyPairAlgorithm[] = ['rsa-2048', 'ec-p256', 'ec-p384', 'ec-p521', 'ed25519'];
const data = Buffer.from('to be signed');
const associated = Buffer.from('row 7');
const newId = (): string => systemRandom.bytes(20).toString('hex');
const secret = (size: number): SecretBytes => new SecretBytes(systemRandom.bytes(size));
const copyOf = (bytes: SecretBytes): SecretBytes => new SecretBytes(Buffer.from(bytes.insecureBytes()));

/** The part of the suite about keys that come from outside. */
export function describeImport(open: () => Promise<KeyProvider>, unsupported: readonly KeyAlgorithm[]): void {
  it.each(pairs)(
    'an imported %s key signs as the one that was sent, and says that it came from outside',
    async (algorithm) => {
      const keys = await open();
      const pair = await PrivateKey.generate(algorithm);
      const request = { algorithm, label: 'imported', id: newId() };
      const importing = keys.import({ ...request, material: pair.toPkcs8() });
      if (unsupported.includes(algorithm)) {
        await expect(importing).rejects.toMatchObject({ code: 'unsupported_operation' });
        expect(await keys.describe(request.id)).toBeUndefined();
        return;
      }
      const made = await importing;
      expect(made.publicKeyDer?.equals(pair.publicKey.spki)).toBe(true);
      expect(made.attributes.local).toBe(false);
      const scheme = signatureSchemes.find((candidate) => schemeFits(candidate, algorithm)) ?? 'ed25519';
      expect(pair.publicKey.verify(scheme, data, await keys.sign(made.id, scheme, data))).toBe(true);
      expect(await keys.import({ ...request, material: pair.toPkcs8() })).toEqual(made);
      const other = (await PrivateKey.generate(algorithm)).toPkcs8();
      await expect(keys.import({ ...request, material: other })).rejects.toMatchObject({ code: 'conflict' });
    },
  );

  it('imported secret keys work as they do elsewhere', async () => {
    const keys = await open();
    const [aes, hmac] = [secret(32), secret(64)];
    const sealer = await keys.import({ algorithm: 'aes-256', label: 'aes', material: copyOf(aes) });
    const macer = await keys.import({ algorithm: 'hmac-sha256', label: 'hmac', material: copyOf(hmac) });
    const here = new AeadKey(aes, systemRandom);
    expect(here.open(await keys.encrypt(sealer.id, data, associated), associated)?.equals(data)).toBe(true);
    expect((await keys.decrypt(sealer.id, here.seal(data, associated), associated))?.equals(data)).toBe(true);
    expect((await keys.mac(macer.id, data)).equals(new MacKey(hmac).bytes(data))).toBe(true);
    expect(sealer.attributes.local).toBe(false);
  });

  it('material that is garbage, of the wrong size or of another algorithm is refused and leaves nothing', async () => {
    const keys = await open();
    const id = newId();
    const p256 = (await PrivateKey.generate('ec-p256')).toPkcs8();
    const refused = [
      { algorithm: 'ec-p256', material: secret(138) },
      { algorithm: 'ec-p384', material: p256 },
      { algorithm: 'aes-256', material: secret(16) },
      { algorithm: 'hmac-sha256', material: secret(31) },
      { algorithm: 'hmac-sha256', material: secret(129) },
    ] as const;
    for (const request of refused) {
      await expect(keys.import({ ...request, label: 'bad', id })).rejects.toMatchObject({ code: 'invalid_field' });
    }
    expect(await keys.describe(id)).toBeUndefined();
  });
}
