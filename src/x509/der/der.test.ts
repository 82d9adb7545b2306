import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitString,
  checkDer,
  DerReader,
  decodeNamedBits,
  decodeOid,
  generalizedTime,
  integer,
  integerFromBytes,
  isOid,
  namedBitString,
  octetString,
  oid,
  readSequence,
  sequence,
  setOf,
  tags,
  time,
} from './index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Buffer => Buffer.from(text, 'hex');

describe('writing DER', () => {
  it.each([
    [0, '0400'],
    [1, '040100'],
    [127, `047f${'00'.repeat(127)}`],
    [128, `048180${'00'.repeat(128)}`],
    [255, `0481ff${'00'.repeat(255)}`],
    [256, `04820100${'00'.repeat(256)}`],
    [65_536, `0483010000${'00'.repeat(65_536)}`],
  ])('uses the shortest length for %i bytes', (size, expected) => {
    expect(hex(octetString(Buffer.alloc(size)))).toBe(expected);
  });

  it.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [256, '02020100'],
    [2n ** 64n - 1n, '020900ffffffffffffffff'],
  ])('writes the INTEGER %s in its shortest form', (value, expected) => {
    expect(hex(integer(value))).toBe(expected);
  });

  it('drops leading zeros of a number given in bytes and keeps it positive', () => {
    expect(hex(integerFromBytes(bytes('000000')))).toBe('020100');
    expect(hex(integerFromBytes(bytes('0000ff')))).toBe('020200ff');
    expect(hex(integerFromBytes(new Uint8Array()))).toBe('020100');
  });

  it('refuses to write a negative number', () => {
    expect(() => integer(-1)).toThrow(RangeError);
  });

  it('removes trailing zero bits of named bits', () => {
    expect(hex(namedBitString([0]))).toBe('03020780');
    expect(hex(namedBitString([5, 6]))).toBe('03020106');
    expect(hex(namedBitString([0, 8]))).toBe('0303078080');
    expect(hex(namedBitString([]))).toBe('030100');
  });

  it('sorts SET OF by encoded bytes', () => {
    expect(hex(setOf([octetString(bytes('02')), octetString(bytes('01')), bytes('0500')]))).toBe(
      '31080401010401020500',
    );
  });

  it('chooses UTCTime up to 2049 and GeneralizedTime from 2050', () => {
    expect(time(Date.parse('2049-12-31T23:59:59Z') / 1000).toString('latin1', 2)).toBe('491231235959Z');
    expect(time(Date.parse('2050-01-01T00:00:00Z') / 1000).toString('latin1', 2)).toBe('20500101000000Z');
    expect(time(Date.parse('1950-01-01T00:00:00Z') / 1000).toString('latin1', 2)).toBe('500101000000Z');
    expect(generalizedTime(253_402_300_799).toString('latin1', 2)).toBe('99991231235959Z');
  });

  it.each([0.5, Number.NaN, 253_402_300_800, -631_152_001])('refuses the time %d', (seconds) => {
    expect(() => time(seconds)).toThrow(RangeError);
  });
});

describe('reading DER', () => {
  it.each([
    ['an indefinite length', '30800000'],
    ['a length not in its shortest form', '30810100'],
    ['a long length with a leading zero', `30820080${'00'.repeat(128)}`],
    ['a length beyond the end', '3005020100'],
    ['trailing bytes', '30000500'],
    ['a long tag form', '1f8100'],
    ['a cut off header', '30'],
    ['a padded INTEGER', '30040202007f'],
    ['a padded negative INTEGER', '30040202ff80'],
    ['an empty INTEGER', '30020200'],
    ['a BOOLEAN of 1', '3003010101'],
    ['a NULL with content', '3003050100'],
    ['a BIT STRING with set unused bits', '300403020701'],
    ['a BIT STRING without its first octet', '30020300'],
    ['a constructed OCTET STRING', '30052403040100'],
    ['a primitive SEQUENCE', '30021000'],
    ['nothing', ''],
  ])('refuses %s', (_name, text) => {
    expect(() => checkDer(bytes(text))).toThrow(/malformed DER/);
  });

  it('accepts a depth of 32 and refuses 33', () => {
    const nest = (depth: number): Buffer => (depth === 0 ? Buffer.from('0500', 'hex') : sequence(nest(depth - 1)));
    expect(() => checkDer(nest(32))).not.toThrow();
    expect(() => checkDer(nest(33))).toThrow(/nested too deeply/);
  });

  it('PKI-12: 10^5 nested sequences are refused at once, without using the stack', () => {
    // Each level claims what is left: three length octets, whatever the depth.
    const levels = 100_000;
    const nested = Buffer.alloc(levels * 5);
    for (let level = 0; level < levels; level += 1) {
      nested.writeUInt16BE(0x3083, level * 5);
      nested.writeUIntBE((levels - level - 1) * 5, level * 5 + 2, 3);
    }
    const started = performance.now();
    expect(() => checkDer(nested)).toThrow(/nested too deeply/);
    expect(performance.now() - started).toBeLessThan(100);
  });

  it('refuses elements left over and of another type', () => {
    expect(() => readSequence(bytes('30020500ff'))).toThrow(/unexpected element/);
    const reader = readSequence(bytes('3003020101'));
    expect(() => reader.read(tags.null)).toThrow(/unexpected type/);
  });

  it('refuses a BOOLEAN default that is written out', () => {
    expect(() => new DerReader(bytes('010100')).readDefaultFalse()).toThrow(/default/);
  });

  it('refuses named bits with trailing zeros', () => {
    expect(() => decodeNamedBits(bytes('0080'))).toThrow();
    expect(() => decodeNamedBits(bytes('0600'))).toThrow();
    expect(decodeNamedBits(bytes('0106'))).toEqual([5, 6]);
  });

  it.each([
    ['170b3236303130313030305a', 'UTCTime without seconds'],
    ['17113236303130313030303030302b30303030', 'UTCTime with an offset'],
    ['170d3236303233303030303030305a', 'the 30th of February'],
    ['170d3236303130313234303030305a', 'hour 24'],
    ['180f32303236303130313030303030305a', 'GeneralizedTime before 2050'],
    ['181132303530303130313030303030302e355a', 'a fraction of a second'],
  ])('refuses the time %s (%s)', (text) => {
    expect(() => new DerReader(bytes(text)).readTime()).toThrow(/malformed DER/);
  });

  it('never throws anything but a refusal, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        try {
          checkDer(Buffer.from(random));
        } catch (error) {
          expect((error as { code?: string }).code).toBe('invalid_field');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('object identifiers', () => {
  it.each([
    ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
    ['2.5.29.19', '0603551d13'],
    ['2.999.3', '0603883703'],
    ['1.3.6.1.4.1.311.20.2.3', '060a2b060104018237140203'],
  ])('go there and back: %s', (text, expected) => {
    expect(hex(oid(text))).toBe(expected);
    expect(decodeOid(oid(text).subarray(2))).toBe(text);
  });

  it('holds arcs of 128 bits (UUIDs under 2.25)', () => {
    const text = '2.25.329800735698586629295641978511506172918';
    expect(decodeOid(oid(text).subarray(2))).toBe(text);
  });

  it.each(['', '1', '3.1', '1.40', '1.2.', '1..2', '01.2', '1.02', 'a.b', `1.2${'.1'.repeat(40)}`])(
    'refuses "%s"',
    (text) => {
      expect(isOid(text)).toBe(false);
      expect(() => oid(text)).toThrow();
    },
  );

  it.each(['', '80', '8001', '2a86', '2a8001'])('refuses the content %s', (text) => {
    expect(() => decodeOid(bytes(text))).toThrow(/malformed DER/);
  });

  it('writes BIT STRINGs of whole bytes', () => {
    expect(hex(bitString(bytes('a1')))).toBe('030200a1');
  });
});
