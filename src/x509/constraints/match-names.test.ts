import { describe, expect, it } from 'vitest';
import { DerReader } from '../der/index.ts';
import { decodeNameConstraints, encodeNameConstraints, type NameSubtree } from '../extensions/index.ts';
import { encodeDistinguishedName, type GeneralName, ipToBytes } from '../names/index.ts';
import { isNameAllowed } from './index.ts';

const permit = (...permitted: NameSubtree[]) => ({ permitted, excluded: [] });
const exclude = (...excluded: NameSubtree[]) => ({ permitted: [], excluded });
const ip = (address: string, mask: string): NameSubtree => ({
  kind: 'ip',
  address: ipToBytes(address) as Buffer,
  mask: ipToBytes(mask) as Buffer,
});

describe('name constraints (RFC 5280 4.2.1.10)', () => {
  it.each([
    [
      'dns',
      'example.com',
      ['example.com', 'a.example.com', 'EXAMPLE.com', '*.example.com'],
      ['badexample.com', 'com', 'example.com.evil'],
    ],
    ['dns', '.example.com', ['a.example.com'], ['example.com']],
    ['dns', '', ['anything.test'], []],
    [
      'email',
      'a@example.com',
      ['a@example.com', 'a@EXAMPLE.com'],
      ['A@example.com', 'b@example.com', 'a@x.example.com'],
    ],
    ['email', 'example.com', ['a@example.com'], ['a@x.example.com']],
    ['email', '.example.com', ['a@x.example.com'], ['a@example.com']],
    [
      'uri',
      'example.com',
      ['http://example.com/x', 'spiffe://EXAMPLE.com:8/'],
      ['http://a.example.com/', 'urn:x:y', 'http://10.0.0.1/', 'http://example.com@evil/'],
    ],
    ['uri', '.example.com', ['http://a.example.com/'], ['http://example.com/']],
  ] as const)('%s %s', (kind, base, allowed, refused) => {
    for (const value of allowed) {
      expect(isNameAllowed({ kind, value }, permit({ kind, base }))).toBe(true);
      expect(isNameAllowed({ kind, value }, exclude({ kind, base }))).toBe(false);
    }
    for (const value of refused) expect(isNameAllowed({ kind, value }, permit({ kind, base }))).toBe(false);
  });

  it('a URI whose host has another spelling is refused beside any rule about URIs', () => {
    for (const host of ['example.com.', '%65xample.com', 'example%2ecom', '127.1', '0x7f.1', '[::1]', '[v1.x]', '']) {
      const name: GeneralName = { kind: 'uri', value: `http://${host}/x` };
      expect(isNameAllowed(name, exclude({ kind: 'uri', base: 'example.com' })), host).toBe(false);
      expect(isNameAllowed(name, permit({ kind: 'uri', base: '' })), host).toBe(false);
    }
  });

  it('addresses by mask, each family for itself', () => {
    const ten = ip('10.0.0.0', '255.0.0.0');
    expect(isNameAllowed({ kind: 'ip', value: '10.255.0.1' }, permit(ten))).toBe(true);
    expect(isNameAllowed({ kind: 'ip', value: '11.0.0.1' }, permit(ten))).toBe(false);
    expect(isNameAllowed({ kind: 'ip', value: '2001:db8::1' }, permit(ten))).toBe(false);
    expect(isNameAllowed({ kind: 'ip', value: '2001:db8::1' }, permit(ip('2001:db8::', 'ffff:ffff::')))).toBe(true);
  });

  it('directory names by their first relative names', () => {
    const der = encodeDistinguishedName([{ type: 'organization', value: 'Example' }]);
    const below = encodeDistinguishedName([
      { type: 'organization', value: 'EXAMPLE' },
      { type: 'commonName', value: 'x' },
    ]);
    expect(isNameAllowed({ kind: 'directory', der: below }, permit({ kind: 'directory', der }))).toBe(true);
    expect(isNameAllowed({ kind: 'directory', der }, permit({ kind: 'directory', der: below }))).toBe(false);
  });

  it('exclusion beats permission; kinds nobody mentions are free', () => {
    const both = {
      permitted: [{ kind: 'dns', base: 'a.test' }],
      excluded: [{ kind: 'dns', base: 'b.a.test' }],
    } as const;
    expect(isNameAllowed({ kind: 'dns', value: 'a.test' }, both)).toBe(true);
    expect(isNameAllowed({ kind: 'dns', value: 'c.b.a.test' }, both)).toBe(false);
    expect(isNameAllowed({ kind: 'email', value: 'x@y.z' }, both)).toBe(true);
  });

  it('a wildcard is refused when an excluded name could be meant by it', () => {
    const wildcard: GeneralName = { kind: 'dns', value: '*.example.com' };
    expect(isNameAllowed(wildcard, exclude({ kind: 'dns', base: 'a.example.com' }))).toBe(false);
    expect(isNameAllowed(wildcard, exclude({ kind: 'dns', base: 'example.org' }))).toBe(true);
    expect(isNameAllowed(wildcard, permit({ kind: 'dns', base: 'a.example.com' }))).toBe(false);
  });

  it('forms of names that cannot be judged are refused beside a constraint on them', () => {
    const other: GeneralName = { kind: 'other', oid: '1.2.3', value: 'x' };
    expect(isNameAllowed(other, permit({ kind: 'opaque', tag: 0xa0 }))).toBe(false);
    expect(isNameAllowed(other, permit({ kind: 'opaque', tag: 0x88 }))).toBe(true);
    const mailbox: GeneralName = { kind: 'other', oid: '1.3.6.1.5.5.7.8.9', value: 'ü@x.test' };
    expect(isNameAllowed(mailbox, permit({ kind: 'email', base: 'x.test' }))).toBe(false);
  });
});

describe('the extension', () => {
  it('has the published bytes for DNS a.b permitted and 10/8 excluded, and comes back', () => {
    const constraints = { permitted: [{ kind: 'dns', base: 'a.b' }], excluded: [ip('10.0.0.0', '255.0.0.0')] } as const;
    const reader = new DerReader(encodeNameConstraints(constraints)).enter();
    reader.readOid();
    expect(reader.readDefaultFalse()).toBe(true);
    const value = reader.read(0x04);
    expect(value.toString('hex')).toBe('3017a00730058203612e62a10c300a87080a000000ff000000');
    expect(decodeNameConstraints(value)).toEqual(constraints);
  });

  it.each([
    ['an empty list', '3000'],
    ['an empty permitted list', '3002a000'],
    ['a mask with holes', '300ea00c300a87080a000000ff00ff00'],
    ['an address of odd length', '3008a006300487020a00'],
    ['a minimum', '300aa0083006820161800100'],
  ])('is refused with %s', (_name, hex) => {
    expect(() => decodeNameConstraints(Buffer.from(hex, 'hex'))).toThrow(/malformed DER/);
  });
});
