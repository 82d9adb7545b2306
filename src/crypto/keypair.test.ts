import { describe, expect, it } from 'vitest';
import { SecretBytes } from '../lib/index.ts';
import { ecdsaDerToRaw, ecdsaOrderBytes, ecdsaRawToDer } from './ecdsa-signature.ts';
import { PrivateKey, PublicKey } from './keypair.ts';
import { type KeyPairAlgorithm, keyPairAlgorithms, schemeFits } from './signature.ts';
import { isEcAlgorithm } from './spki.ts';
import { signatureSchemes } from './x509-signature-scheme.ts';

const data = Buffer.from('to be signed');
const quick: KeyPairAlgorithm[] = ['rsa-2048', 'ec-p256', 'ec-p384', 'ec-p521', 'ed25519'];

describe('a key pair', () => {
  it.each(quick)(
    'of type %s signs by each scheme that fits, refuses the others, and survives PKCS#8 and SPKI',
    async (algorithm) => {
      const key = await PrivateKey.generate(algorithm);
      const again = PrivateKey.fromPkcs8(key.toPkcs8());
      const open = PublicKey.fromSpki(key.publicKey.spki);
      expect(again.algorithm).toBe(algorithm);
      expect(again.publicKey.spki.equals(open.spki)).toBe(true);
      for (const scheme of signatureSchemes) {
        if (!schemeFits(scheme, algorithm)) {
          expect(() => key.sign(scheme, data)).toThrow('does not fit');
          expect(open.verify(scheme, data, Buffer.alloc(64))).toBe(false);
          continue;
        }
        const signature = again.sign(scheme, data);
        expect(open.verify(scheme, data, signature)).toBe(true);
        expect(open.verify(scheme, Buffer.from('other'), signature)).toBe(false);
      }
    },
  );

  it('refuses trailing bytes, truncation, garbage, and public keys given as private ones', async () => {
    const key = await PrivateKey.generate('ec-p256');
    const der = key.toPkcs8().insecureBytes();
    const bad = [
      Buffer.concat([der, Buffer.alloc(1)]),
      der.subarray(0, -1),
      Buffer.alloc(0),
      key.publicKey.spki,
      Buffer.alloc(20_000, 0x30),
    ];
    for (const bytes of bad)
      expect(() => PrivateKey.fromPkcs8(new SecretBytes(Buffer.from(bytes)))).toThrow('private key');
    expect(() => PublicKey.fromSpki(Buffer.concat([key.publicKey.spki, Buffer.alloc(1)]))).toThrow('public key');
    expect(() => PublicKey.fromSpki(der)).toThrow('public key');
  });

  it('refuses a private key whose public half is another one', async () => {
    const [mine, other] = [await PrivateKey.generate('ec-p256'), await PrivateKey.generate('ec-p256')];
    const der = Buffer.from(mine.toPkcs8().insecureBytes());
    other.publicKey.spki.subarray(-64).copy(der, der.length - 64);
    expect(() => PrivateKey.fromPkcs8(new SecretBytes(der))).toThrow('private key');
  });

  it('knows a scheme for every algorithm', () => {
    for (const algorithm of keyPairAlgorithms)
      expect(signatureSchemes.some((scheme) => schemeFits(scheme, algorithm))).toBe(true);
  });
});

describe('ECDSA signature forms', () => {
  it.each(quick.filter(isEcAlgorithm))(
    'turn into each other for %s, leading zeros and high bits included',
    async (algorithm) => {
      const key = await PrivateKey.generate(algorithm);
      const size = ecdsaOrderBytes[algorithm];
      for (let round = 0; round < 60; round += 1) {
        const der = key.sign('ecdsa-sha256', Buffer.from([round]));
        const raw = ecdsaDerToRaw(der, size);
        expect(raw?.length).toBe(2 * size);
        expect(ecdsaRawToDer(raw as Buffer).equals(der)).toBe(true);
      }
      const edges = [
        Buffer.alloc(2 * size, 0xff),
        Buffer.concat([Buffer.alloc(size - 1), Buffer.from([1]), Buffer.alloc(size, 0x80)]),
      ];
      for (const raw of edges) expect(ecdsaDerToRaw(ecdsaRawToDer(raw), size)?.equals(raw)).toBe(true);
    },
  );

  it('give the known bytes for small numbers', () => {
    const raw = Buffer.alloc(64);
    raw[31] = 0x7f;
    raw[63] = 0x80;
    expect(ecdsaRawToDer(raw).toString('hex')).toBe('300702017f02020080');
  });

  it('refuse zero, odd lengths and every DER that is not minimal', () => {
    for (const raw of [
      Buffer.alloc(64),
      Buffer.alloc(63, 1),
      Buffer.alloc(2, 1),
      Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32)]),
    ]) {
      expect(() => ecdsaRawToDer(raw)).toThrow(RangeError);
    }
    const bad = [
      '30060201010201',
      '3006020101020101ff',
      '300702020001020101',
      '3006020181020101',
      '3081060201010201 01',
      '3006020100020101',
      '3006020101030101',
      '30800201010201010000',
    ];
    for (const hex of bad) expect(ecdsaDerToRaw(Buffer.from(hex.replaceAll(' ', ''), 'hex'), 32)).toBeUndefined();
  });
});
