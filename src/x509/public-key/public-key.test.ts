import { describe, expect, it } from 'vitest';
import { bitString, integerFromBytes, sequence } from '../der/index.ts';
import { testKey } from '../testing/authority.ts';
import { keyIdentifiers, SubjectPublicKey } from './index.ts';

const rsaSpki = (modulus: bigint, exponent = 65_537n): Buffer => {
  const bytes = (value: bigint) => {
    const hex = value.toString(16);
    return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  };
  const key = sequence(integerFromBytes(bytes(modulus)), integerFromBytes(bytes(exponent)));
  return sequence(keyIdentifiers.rsa, bitString(key));
};
const modulusOf = async () =>
  BigInt(`0x${SubjectPublicKey.read((await testKey('leaf', 'rsa-2048')).publicKey.spki).rsa?.modulus.toString('hex')}`);
const check = (spki: Buffer) => () => SubjectPublicKey.read(spki).requireQuality();
/** Any odd number of the size serves as a «prime» here: only the shape of the product matters. */
const large = (1n << 1024n) - 105n;

describe('public keys', () => {
  it.each(['rsa-2048', 'ec-p256', 'ec-p384', 'ec-p521', 'ed25519'] as const)(
    '%s keys are read with their bits',
    async (algorithm) => {
      const key = SubjectPublicKey.read((await testKey('leaf', algorithm)).publicKey.spki);
      expect(() => key.requireQuality()).not.toThrow();
      expect(key.bits).toBe(algorithm === 'ed25519' ? 0 : Number(algorithm.replace(/^\D+/, '')));
      expect(key.keyIdentifier().length).toBe(20);
      expect(key.keyIdentifier('sha256').length).toBe(20);
    },
  );

  it('PKI-11: RSA below 2048 bits and above 8192 is refused', () => {
    expect(check(rsaSpki((1n << 1024n) - 1n))).toThrow(/at least 2048/);
    expect(check(rsaSpki((1n << 2047n) - 1n))).toThrow(/at least 2048/);
    expect(check(rsaSpki((1n << 8193n) + 1n))).toThrow(/at most 8192/);
  });

  it('PKI-11: even moduli, small factors, small or even exponents are refused', async () => {
    const modulus = await modulusOf();
    expect(check(rsaSpki(modulus - 1n))).toThrow(/even/);
    expect(check(rsaSpki(modulus, 3n))).toThrow(/exponent/);
    expect(check(rsaSpki(modulus, 65_538n))).toThrow(/exponent/);
    expect(check(rsaSpki(modulus, 1n << 70n))).toThrow(/exponent/);
    expect(check(rsaSpki(large * large * 751n))).toThrow(/small factor/);
  });

  it('PKI-11: primes close to each other are found within 100 rounds of Fermat', () => {
    // Neighbours without small factors stand for the two primes of a weak generator.
    const near = (1n << 1030n) + 1_000_000_007n;
    const candidates = Array.from({ length: 400 }, (_, index) => near + BigInt(index * 2));
    const free = candidates.filter((value) => !hasSmallFactor(value));
    expect(free.length).toBeGreaterThan(1);
    expect(check(rsaSpki((free[0] as bigint) * (free[1] as bigint)))).toThrow(/close to each other/);
    expect(check(rsaSpki((free[0] as bigint) * (free[0] as bigint)))).toThrow(/close to each other/);
  });

  it('PKI-11: EC points off the curve, compressed or of another length are refused', async () => {
    const spki = (await testKey('leaf', 'ec-p256')).publicKey.spki;
    const off = Buffer.from(spki);
    off[off.length - 1] = (off[off.length - 1] as number) ^ 1;
    expect(check(off)).toThrow(/not a point/);
    const point = SubjectPublicKey.read(spki).publicBytes;
    const compressed = Buffer.concat([Buffer.of(2), point.subarray(1, 33)]);
    expect(check(sequence(keyIdentifiers['P-256'], bitString(compressed)))).toThrow(/uncompressed/);
    expect(check(sequence(keyIdentifiers['P-384'], bitString(point)))).toThrow(/uncompressed/);
  });

  it('PKI-11: Ed25519 points of small order or not in canonical form are refused', () => {
    const zeros = '00'.repeat(31);
    for (const point of [
      `01${zeros}`,
      `00${zeros}`,
      `${'ff'.repeat(31)}7f`,
      `ed${'ff'.repeat(30)}7f`,
      `ec${'ff'.repeat(30)}ff`,
    ]) {
      expect(check(sequence(keyIdentifiers.ed25519, bitString(Buffer.from(point, 'hex'))))).toThrow(
        /public key refused/,
      );
    }
    expect(check(sequence(keyIdentifiers.ed25519, bitString(Buffer.alloc(31))))).toThrow(/32 bytes/);
  });

  it('other algorithms and parameters are refused, however close', () => {
    const withoutNull = Buffer.from('300b06092a864886f70d010101', 'hex');
    const dsa = Buffer.from('300906072a8648ce380401', 'hex');
    for (const algorithm of [withoutNull, dsa]) {
      expect(check(sequence(algorithm, bitString(Buffer.alloc(32))))).toThrow(/not supported/);
    }
  });

  it('a key verifies only by schemes of its kind', async () => {
    const pair = await testKey('leaf', 'ec-p256');
    const key = SubjectPublicKey.read(pair.publicKey.spki);
    const data = Buffer.from('data');
    const signature = pair.sign('ecdsa-sha256', data);
    expect(key.verify('ecdsa-sha256', data, signature)).toBe(true);
    expect(key.verify('ecdsa-sha384', data, signature)).toBe(false);
    expect(key.verify('rsa-sha256', data, signature)).toBe(false);
    expect(key.verify('ed25519', data, signature)).toBe(false);
    expect(key.verify('ecdsa-sha256', data, Buffer.alloc(0))).toBe(false);
  });
});

function hasSmallFactor(value: bigint): boolean {
  for (let prime = 2n; prime < 752n; prime += 1n) if (value % prime === 0n) return true;
  return false;
}
