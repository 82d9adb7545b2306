import { describe, expect, it } from 'vitest';
import { PrivateKey } from '../../crypto/index.ts';
import type { KeyFacts } from './protocol.ts';
import { factsOfPublicKey, publicKeyOfFacts } from './public-key-facts.ts';

const rest = {
  label: '',
  usages: [],
  attributes: { sensitive: true, extractable: false, alwaysSensitive: true, neverExtractable: true, local: true },
} satisfies Partial<KeyFacts>;

describe('public keys as tokens tell them', () => {
  it.each(['ec-p256', 'ec-p384', 'ec-p521', 'ed25519', 'rsa-2048'] as const)(
    'of type %s give the same SubjectPublicKeyInfo that they were taken from',
    async (algorithm) => {
      const { spki } = (await PrivateKey.generate(algorithm)).publicKey;
      const facts = factsOfPublicKey(algorithm, spki);
      expect(publicKeyOfFacts({ ...rest, algorithm, ...facts })?.spki.equals(spki)).toBe(true);
      expect(publicKeyOfFacts({ ...rest, algorithm, spki: spki.toString('base64') })?.spki.equals(spki)).toBe(true);
      expect(publicKeyOfFacts({ ...rest, algorithm })).toBeUndefined();
      if (!('point' in facts)) return;
      const wrapped = Buffer.from(facts.point, 'base64');
      const bare = wrapped.subarray(algorithm === 'ec-p521' ? 3 : 2).toString('base64');
      expect(publicKeyOfFacts({ ...rest, algorithm, point: bare })?.spki.equals(spki)).toBe(true);
      const cut = wrapped.subarray(0, -1).toString('base64');
      expect(() => publicKeyOfFacts({ ...rest, algorithm, point: cut })).toThrow();
    },
  );

  it('a point that is not on the curve is refused', async () => {
    const { spki } = (await PrivateKey.generate('ec-p256')).publicKey;
    const off = Buffer.from(spki.subarray(-65));
    off[64] = (off[64] as number) ^ 1;
    expect(() => publicKeyOfFacts({ ...rest, algorithm: 'ec-p256', point: off.toString('base64') })).toThrow(
      'public key',
    );
  });
});
