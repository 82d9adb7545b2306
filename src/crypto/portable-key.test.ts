import { createPrivateKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { PrivateKey } from './keypair.ts';
import { generatePortableKey, type PortableKey } from './portable-key.ts';
import { keyPairAlgorithms } from './signature.ts';

const quick = keyPairAlgorithms.filter((algorithm) => algorithm !== 'rsa-4096' && algorithm !== 'rsa-3072');

it.each(quick)('a key of type %s reads back as itself in both forms', async (algorithm) => {
  const key = await generatePortableKey(algorithm);
  expect(key.algorithm).toBe(algorithm);
  const traditional = key.toTraditional();
  for (const read of [PrivateKey.fromPkcs8(key.toPkcs8()), PrivateKey.fromPem(traditional.label, traditional.der)]) {
    expect(read.algorithm).toBe(algorithm);
    expect(read.publicKey.spki.equals(key.spki)).toBe(true);
  }
});

async function requireOpenSslForm(key: PortableKey): Promise<void> {
  const pkcs8 = key.toPkcs8().insecureBytes();
  const object = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  expect(object.export({ format: 'der', type: 'pkcs8' }).equals(pkcs8)).toBe(true);
  const { label, der } = key.toTraditional();
  expect(label).toBe('EC PRIVATE KEY');
  expect(object.export({ format: 'der', type: 'sec1' }).equals(der.insecureBytes())).toBe(true);
}

it('a key on P-256 is encoded byte for byte as OpenSSL does, also where its scalar begins with a zero', async () => {
  await requireOpenSslForm(await generatePortableKey('ec-p256'));
  const firstOfScalar = 36;
  for (let round = 0; round < 20_000; round += 1) {
    const key = await generatePortableKey('ec-p256');
    if (key.toPkcs8().insecureBytes()[firstOfScalar] === 0) return requireOpenSslForm(key);
  }
  throw new Error('one scalar in 256 begins with a zero');
});
