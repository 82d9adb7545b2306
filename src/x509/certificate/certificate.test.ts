import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { bitString, context, integer, sequence, time } from '../der/index.ts';
import { encodePem } from '../pem/pem.ts';
import { keyIdentifiers, signatureIdentifiers } from '../public-key/index.ts';
import { commonName, makeLeaf, makeRoot, testNowSeconds } from '../testing/authority.ts';
import { formatSerial, parseCertificate, parseSerial } from './index.ts';

let leaf: Buffer;

beforeAll(async () => {
  leaf = (await makeLeaf(await makeRoot())).der;
});

const spki = sequence(keyIdentifiers.ed25519, bitString(Buffer.alloc(32, 9)));
const validity = sequence(time(testNowSeconds), time(testNowSeconds + 1));
const version = Buffer.from('a003020102', 'hex');

interface Parts {
  version?: Buffer;
  serial?: Buffer;
  inner?: Buffer;
  outer?: Buffer;
  tail?: Buffer[];
}

/** A certificate in shape, with parts of our choosing; its signature is nobody's. */
function shape(parts: Parts = {}): Buffer {
  const inner = parts.inner ?? signatureIdentifiers.ed25519;
  const name = commonName('x');
  const tbs = sequence(
    parts.version ?? version,
    parts.serial ?? integer(5),
    inner,
    name,
    validity,
    name,
    spki,
    ...(parts.tail ?? []),
  );
  return sequence(tbs, parts.outer ?? signatureIdentifiers.ed25519, bitString(Buffer.alloc(64)));
}

describe('reading certificates', () => {
  it('takes DER, PEM and base64, and keeps the bytes', () => {
    for (const input of [leaf, encodePem('CERTIFICATE', leaf), leaf.toString('base64')]) {
      expect(parseCertificate(input).der).toEqual(leaf);
    }
    expect(() => parseCertificate(shape())).not.toThrow();
  });

  it.each([
    ['version 1', { version: Buffer.alloc(0) }],
    ['version 2', { version: Buffer.from('a003020101', 'hex') }],
    ['a negative serial number', { serial: Buffer.from('0201ff', 'hex') }],
    ['a serial number of 21 bytes', { serial: Buffer.from(`0215${'01'.repeat(21)}`, 'hex') }],
    ['two different algorithms', { inner: signatureIdentifiers['ecdsa-sha256'] }],
    ['an empty list of extensions', { tail: [context(3, sequence())] }],
    [
      'something after the extensions',
      {
        tail: [context(3, sequence(sequence(Buffer.from('06022a03', 'hex'), Buffer.from('0400', 'hex')))), context(4)],
      },
    ],
    ['unique identifiers', { tail: [Buffer.from('810100', 'hex')] }],
  ] as [string, Parts][])('refuses %s', (_name, parts) => {
    expect(() => parseCertificate(shape(parts))).toThrow(/malformed DER/);
  });

  it('PKI-12: refuses trailing bytes and sizes over 64 KiB', () => {
    expect(() => parseCertificate(Buffer.concat([leaf, Buffer.of(0)]))).toThrow(/trailing/);
    expect(() => parseCertificate(Buffer.concat([leaf, Buffer.alloc(70_000)]))).toThrow(/too large/);
  });

  it('PKI-12: random damage gives a refusal or a certificate, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.nat(leaf.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (at, noise, cut) => {
          const forged = Buffer.from(leaf);
          forged.set(noise.subarray(0, forged.length - at), at);
          try {
            parseCertificate(cut ? forged.subarray(0, at) : forged);
          } catch (error) {
            expect((error as { code?: string }).code).toBe('invalid_field');
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('serial numbers', () => {
  it('are shown in lower hex with colons, without their sign octet', () => {
    expect(formatSerial(Buffer.from('0087654321', 'hex'))).toBe('87:65:43:21');
    expect(formatSerial(Buffer.from('7f02', 'hex'))).toBe('7f:02');
    expect(formatSerial(Buffer.from('00', 'hex'))).toBe('00');
  });

  it('are read with colons, with hyphens or without', () => {
    for (const text of ['7f:02:aB', '7f-02-ab', '7F02AB']) expect(parseSerial(text).toString('hex')).toBe('7f02ab');
    for (const text of ['', ':', '7', '7f:2', '7f:02:', 'zz', '7f 02', `7f${nul}02`, '00'.repeat(22), '7f::02']) {
      expect(() => parseSerial(text)).toThrow(/malformed serial/);
    }
  });
});

const nul = String.fromCharCode(0);
