import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PrivateKey } from '../../crypto/index.ts';
import { assembleSigned } from '../certificate/index.ts';
import { context, integer, oid, sequence, setOf, utf8String } from '../der/index.ts';
import { encodeBasicConstraints } from '../extensions/index.ts';
import { encodePem } from '../pem/pem.ts';
import { SubjectPublicKey } from '../public-key/index.ts';
import { commonName, testKey } from '../testing/authority.ts';
import { buildCsr, type CsrTemplate, parseCsr } from './index.ts';

let key: PrivateKey;
const sign = (tbs: Uint8Array) => key.sign('ecdsa-sha256', tbs);

beforeAll(async () => {
  key = await testKey('csr');
});

const build = (changes: Partial<CsrTemplate> = {}) =>
  buildCsr(
    { subject: commonName('a.example.test'), publicKey: SubjectPublicKey.read(key.publicKey.spki), ...changes },
    sign,
  );

/** A request with a signed part of our choosing. */
const forge = (...parts: Buffer[]): Buffer => {
  const info = sequence(...parts);
  return assembleSigned(info, 'ecdsa-sha256', sign(info));
};
const attribute = (type: string, ...values: Buffer[]): Buffer => sequence(oid(type), setOf(values));
const extensionRequest = '1.2.840.113549.1.9.14';

describe('certification requests', () => {
  it('give back what they were made with', async () => {
    const csr = parseCsr(
      await build({
        alternativeNames: [
          { kind: 'dns', value: 'b.example.test' },
          { kind: 'ip', value: '10.0.0.1' },
        ],
        keyUsage: ['digitalSignature'],
        extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
        basicConstraints: { ca: true, pathLength: 0 },
      }),
    );
    expect(csr.subjectAttributes).toEqual([{ type: 'commonName', value: 'a.example.test', rdn: 0 }]);
    expect(csr.alternativeNames).toEqual([
      { kind: 'dns', value: 'b.example.test' },
      { kind: 'ip', value: '10.0.0.1' },
    ]);
    expect(csr.keyUsage).toEqual(['digitalSignature']);
    expect(csr.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(csr.basicConstraints).toEqual({ ca: true, pathLength: 0 });
    expect(csr.publicKey.spki).toEqual(key.publicKey.spki);
    expect(csr.otherExtensions).toEqual([]);
  });

  it('are read from PEM under both labels, and from bytes', async () => {
    const der = await build();
    for (const input of [der, encodePem('CERTIFICATE REQUEST', der), encodePem('NEW CERTIFICATE REQUEST', der)]) {
      expect(parseCsr(input).der).toEqual(der);
    }
    expect(() => parseCsr(encodePem('CERTIFICATE', der))).toThrow(/another kind/);
  });

  it('PKI-11: one changed byte anywhere makes them unreadable', async () => {
    const der = await build();
    for (let index = 0; index < der.length; index += 1) {
      const forged = Buffer.from(der);
      forged[index] = (forged[index] as number) ^ 1;
      expect(() => parseCsr(forged)).toThrow();
    }
  });

  it('PKI-11: a signature by another key is refused', async () => {
    const other = await testKey('other');
    const info = sequence(integer(0), commonName('x'), key.publicKey.spki, context(0));
    const der = assembleSigned(info, 'ecdsa-sha256', other.sign('ecdsa-sha256', info));
    expect(() => parseCsr(der)).toThrow(/does not verify/);
  });

  it('another version, a missing part or an extra one is refused', () => {
    const spki = key.publicKey.spki;
    expect(() => parseCsr(forge(integer(1), commonName('x'), spki, context(0)))).toThrow(/version/);
    expect(() => parseCsr(forge(integer(0), spki, context(0)))).toThrow();
    expect(() => parseCsr(forge(integer(0), commonName('x'), spki, context(0), integer(0)))).toThrow();
    expect(parseCsr(forge(integer(0), commonName('x'), spki)).unknownAttributes).toEqual([]);
  });

  it('PKI-12: trailing bytes and 10 MB are refused at once', async () => {
    const der = await build();
    expect(() => parseCsr(Buffer.concat([der, Buffer.of(0)]))).toThrow(/trailing/);
    const started = performance.now();
    expect(() => parseCsr(Buffer.concat([der, Buffer.alloc(10_000_000)]))).toThrow(/too large/);
    expect(() => parseCsr(`-----BEGIN CERTIFICATE REQUEST-----\n${'A'.repeat(10_000_000)}`)).toThrow(/too large/);
    expect(performance.now() - started).toBeLessThan(100);
  });

  it('at most one extension request with one value is read', () => {
    const spki = key.publicKey.spki;
    const wish = sequence(encodeBasicConstraints({ ca: true }));
    const request = (...attributes: Buffer[]) => forge(integer(0), commonName('x'), spki, context(0, ...attributes));
    expect(parseCsr(request(attribute(extensionRequest, wish))).basicConstraints?.ca).toBe(true);
    expect(() => parseCsr(request(attribute(extensionRequest, wish), attribute(extensionRequest, wish)))).toThrow(
      /repeated/,
    );
    expect(() =>
      parseCsr(request(attribute(extensionRequest, wish, sequence(encodeBasicConstraints({ ca: false }))))),
    ).toThrow();
    expect(() =>
      parseCsr(
        request(
          attribute(
            extensionRequest,
            sequence(encodeBasicConstraints({ ca: true }), encodeBasicConstraints({ ca: false })),
          ),
        ),
      ),
    ).toThrow(/twice/);
  });

  it('challenge passwords are read, unknown attributes named', () => {
    const attributes = context(
      0,
      attribute('1.2.840.113549.1.9.7', utf8String('pass')),
      attribute('1.3.6.1.4.1.311.13.2.3', utf8String('x')),
    );
    const csr = parseCsr(forge(integer(0), commonName('x'), key.publicKey.spki, attributes));
    expect(csr.challengePassword).toBe('pass');
    expect(csr.unknownAttributes).toEqual(['1.3.6.1.4.1.311.13.2.3']);
  });

  it('PKI-08: a subject with NUL is refused', () => {
    const subject = commonName('app.corpx.evil');
    subject[subject.indexOf('x')] = 0;
    expect(() => parseCsr(forge(integer(0), subject, key.publicKey.spki, context(0)))).toThrow(/control characters/);
  });

  it('PKI-12: random damage gives a refusal and nothing else', async () => {
    const der = await build({ alternativeNames: [{ kind: 'dns', value: 'b.example.test' }] });
    fc.assert(
      fc.property(
        fc.nat(der.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (at, noise, cut) => {
          const forged = Buffer.from(der);
          forged.set(noise.subarray(0, forged.length - at), at);
          try {
            parseCsr(cut ? forged.subarray(0, at) : forged);
          } catch (error) {
            expect((error as { code?: string }).code).toBe('invalid_field');
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a signer with another key is found out before the request leaves', async () => {
    const other = await testKey('other');
    const template = { subject: commonName('x'), publicKey: SubjectPublicKey.read(key.publicKey.spki) };
    await expect(buildCsr(template, (tbs) => other.sign('ecdsa-sha256', tbs))).rejects.toMatchObject({
      code: 'internal',
    });
  });
});
