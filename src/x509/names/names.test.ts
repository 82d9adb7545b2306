import { describe, expect, it } from 'vitest';
import { sequence } from '../der/index.ts';
import { decodeGeneralNames } from './general-name.ts';
import {
  bytesToIp,
  canonicalDnsName,
  canonicalEmail,
  canonicalGeneralName,
  decodeDistinguishedName,
  encodeDistinguishedName,
  encodeGeneralName,
  formatDistinguishedName,
  formatOtherName,
  ipToBytes,
  isDnsName,
  isHttpUrl,
  isUriName,
  matchesDnsPattern,
  matchesTextPattern,
  type NameAttribute,
  nameWithin,
  parseOtherName,
  sameName,
} from './index.ts';

const name = (...attributes: readonly NameAttribute[]): Buffer => encodeDistinguishedName(attributes);
const nul = String.fromCharCode(0);

describe('distinguished names', () => {
  it('give every attribute its string type', () => {
    const der = name(
      { type: 'country', value: 'DE' },
      { type: 'domainComponent', value: 'test' },
      { type: 'commonName', value: 'ä' },
    );
    expect(der.toString('hex')).toBe(
      '3030310b300906035504061302444531143012060a0992268993f22c640119160474657374310b300906035504030c02c3a4',
    );
    expect(decodeDistinguishedName(der)).toEqual([
      { type: 'country', value: 'DE', rdn: 0 },
      { type: 'domainComponent', value: 'test', rdn: 1 },
      { type: 'commonName', value: 'ä', rdn: 2 },
    ]);
  });

  it('accept 64 characters in a common name, counted as characters, and refuse 65', () => {
    expect(() => name({ type: 'commonName', value: '😀'.repeat(64) })).not.toThrow();
    expect(() => name({ type: 'commonName', value: 'a'.repeat(65) })).toThrow(/more than 64/);
  });

  it.each([
    ['commonName', ''],
    ['commonName', ' a'],
    ['commonName', 'a '],
    ['commonName', `a${nul}b`],
    ['commonName', 'a\nb'],
    ['commonName', '\ud800'],
    ['country', 'DEU'],
    ['country', '1A'],
    ['serialNumber', 'a_b'],
    ['emailAddress', 'ä@example.test'],
  ] as const)('refuse %s %j', (type, value) => {
    expect(() => name({ type, value })).toThrow(/subject attribute/);
  });

  it('are shown by RFC 4514 with everything special escaped', () => {
    const der = name({ type: 'organization', value: 'A, B+C' }, { type: 'commonName', value: '#x="y"' });
    expect(formatDistinguishedName(der)).toBe('CN=\\#x\\=\\"y\\",O=A\\, B\\+C');
  });

  it('compare without regard to case and inner blanks, and keep borders between values', () => {
    const one = name({ type: 'organization', value: 'Example  Org' });
    expect(sameName(one, name({ type: 'organization', value: 'EXAMPLE org' }))).toBe(true);
    expect(sameName(one, name({ type: 'organization', value: 'ExampleOrg' }))).toBe(false);
    const two = name({ type: 'organization', value: 'a' }, { type: 'commonName', value: 'b' });
    expect(nameWithin(two, name({ type: 'organization', value: 'A' }))).toBe(true);
    expect(nameWithin(two, name({ type: 'commonName', value: 'b' }))).toBe(false);
    expect(nameWithin(name({ type: 'organization', value: 'a' }), two)).toBe(false);
  });

  it('refuse to be read with control characters inside', () => {
    const der = name({ type: 'commonName', value: 'a.corp' });
    der[der.length - 3] = 0;
    expect(() => decodeDistinguishedName(der)).toThrow(/control characters/);
  });
});

describe('DNS names', () => {
  it.each(['a.example.test', 'localhost', 'xn--bcher-kva.example', '1.a', `${'a'.repeat(63)}.b`])(
    'accept %s',
    (text) => {
      expect(isDnsName(text)).toBe(true);
    },
  );

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'A.b',
    'a b',
    `a${nul}.b`,
    '-a.b',
    'a-.b',
    'a_b.c',
    '*.a',
    'a.*',
    '10.0.0.1',
    '1.2.3',
    '::1',
    `${'a'.repeat(64)}.b`,
    `${'a.'.repeat(127)}ab`,
    'a/b',
    'a:1',
  ])('PKI-08: refuse %j', (text) => {
    expect(isDnsName(text)).toBe(false);
  });

  it('allow one whole leftmost wildcard label, when asked', () => {
    const options = { allowWildcard: true };
    expect(isDnsName('*.a.test', options)).toBe(true);
    for (const text of ['*', '*.*.a', 'a.*.b', 'x*.a', '*x.a', '*.']) expect(isDnsName(text, options)).toBe(false);
  });

  it('PKI-08: are lower-cased, and Unicode becomes A-labels', () => {
    expect(canonicalDnsName('App.Corp')).toBe('app.corp');
    expect(canonicalDnsName('Bücher.example')).toBe('xn--bcher-kva.example');
    expect(canonicalDnsName('*.bücher.example', { allowWildcard: true })).toBe('*.xn--bcher-kva.example');
    for (const text of ['app.corp.', ' app.corp', 'app.corp ', 'a。.b', 'ä ö', 'ａ..b'])
      expect(canonicalDnsName(text)).toBeUndefined();
  });
});

describe('other alternative names', () => {
  it('IP addresses: 4 or 16 bytes, IPv4 inside IPv6 becomes IPv4', () => {
    expect(ipToBytes('192.0.2.1')?.toString('hex')).toBe('c0000201');
    expect(ipToBytes('::ffff:192.0.2.1')?.toString('hex')).toBe('c0000201');
    expect(ipToBytes('::ffff:c000:201')?.toString('hex')).toBe('c0000201');
    expect(bytesToIp(ipToBytes('2001:DB8::1') as Buffer)).toBe('2001:db8::1');
    for (const text of ['', '192.0.2', '192.0.2.01', '1.2.3.4/8', 'fe80::1%eth0', '256.1.1.1'])
      expect(ipToBytes(text)).toBeUndefined();
  });

  it('email addresses: one @, ASCII, domain in lower case', () => {
    expect(canonicalEmail('A.b@Example.TEST')).toBe('A.b@example.test');
    for (const text of ['', 'a', '@a.b', 'a@', 'a@b@c.d', 'a b@c.d', `a${nul}@b.c`, 'ä@b.c', '.a@b.c', '"a"@b.c']) {
      expect(canonicalEmail(text)).toBeUndefined();
    }
  });

  it('URIs: absolute, with a scheme, without userinfo', () => {
    for (const text of ['spiffe://example.test/w', 'http://a.b:8/c?d#e', 'urn:uuid:1', 'http://[2001:db8::1]/']) {
      expect(isUriName(text)).toBe(true);
    }
    for (const text of [
      '',
      'a',
      '//a',
      'http:',
      'http:///a',
      'http://u@a.b/',
      'http://u:p@a/',
      'http://a b/',
      `http://a${nul}/`,
      'http://ä/',
      'http://a/%zz',
    ]) {
      expect(isUriName(text)).toBe(false);
    }
    expect(isHttpUrl('http://pki.example.test/crl')).toBe(true);
    for (const text of ['ldap://a/b', 'http://', 'file:///etc/passwd', 'http://:80/'])
      expect(isHttpUrl(text)).toBe(false);
  });

  it('other names go there and back in the form oid;UTF8:value', () => {
    const parsed = parseOtherName('1.3.6.1.4.1.311.20.2.3;utf8:user@corp');
    expect(parsed).toEqual({ oid: '1.3.6.1.4.1.311.20.2.3', value: 'user@corp' });
    expect(formatOtherName(parsed as { oid: string; value: string })).toBe('1.3.6.1.4.1.311.20.2.3;UTF8:user@corp');
    for (const text of ['', '1.2;UTF8:', '1.2:UTF8:a', '9.9;UTF8:a', `1.2;UTF8:a${nul}`, '1.2;INT:1']) {
      expect(parseOtherName(text)).toBeUndefined();
    }
  });

  it('every kind goes there and back as DER', () => {
    const names = [
      { kind: 'dns', value: '*.a.test' },
      { kind: 'email', value: 'a@b.test' },
      { kind: 'uri', value: 'spiffe://a.test/b' },
      { kind: 'ip', value: '192.0.2.1' },
      { kind: 'ip', value: '2001:db8::1' },
      { kind: 'other', oid: '1.3.6.1.4.1.311.20.2.3', value: 'ü@corp' },
      { kind: 'directory', der: name({ type: 'commonName', value: 'x' }) },
    ] as const;
    expect(decodeGeneralNames(sequence(...names.map(encodeGeneralName)))).toEqual(names);
  });

  it.each([
    ['a registered id without octets', '8800'],
    ['a registered id that is cut off', '880180'],
    ['an EDI party name that is no sequence', '850161'],
    ['a tag of no form', '89022a03'],
    ['another tag of no form', 'a9020500'],
  ])('%s is no name', (_title, hex) => {
    expect(() => decodeGeneralNames(sequence(Buffer.from(hex, 'hex')))).toThrow(/malformed DER/);
  });

  it('forms that nobody judges come back when they are well formed, and are not written when they are not', () => {
    const registered = Buffer.from('88022a03', 'hex');
    expect(decodeGeneralNames(sequence(registered))).toEqual([{ kind: 'opaque', tag: 0x88, der: registered }]);
    expect(encodeGeneralName({ kind: 'opaque', tag: 0x88, der: registered })).toEqual(registered);
    const party = Buffer.from('a5058103616263', 'hex');
    expect(decodeGeneralNames(sequence(party))).toEqual([{ kind: 'opaque', tag: 0xa5, der: party }]);
    expect(() => encodeGeneralName({ kind: 'opaque', tag: 0xa5, der: party })).toThrow(/alternative name/);
  });

  it('MTL-09: a NUL or a blank inside a read name makes the list unreadable', () => {
    const der = encodeGeneralName({ kind: 'dns', value: 'app.corpx.evil' });
    for (const octet of [0, 0x20, 0x7f, 0xe4]) {
      const forged = Buffer.from(der);
      forged[10] = octet;
      expect(() => decodeGeneralNames(sequence(forged))).toThrow(/malformed DER/);
    }
  });

  it('the encoder refuses what is not canonical', () => {
    for (const value of ['A.b', 'a.', 'a b', '10.0.0.1'])
      expect(() => encodeGeneralName({ kind: 'dns', value })).toThrow();
    expect(() => encodeGeneralName({ kind: 'email', value: 'a@B.c' })).toThrow();
    expect(() => encodeGeneralName({ kind: 'ip', value: 'x' })).toThrow();
    expect(canonicalGeneralName('dns', 'A.b')).toEqual({ kind: 'dns', value: 'a.b' });
    expect(canonicalGeneralName('ip', '10.0.0.256')).toBeUndefined();
  });
});

describe('patterns', () => {
  it('MTL-09: the whole name must match, a star stays inside its label', () => {
    expect(matchesDnsPattern('app.corp', 'app.corp')).toBe(true);
    expect(matchesDnsPattern('app.corp', 'APP.CORP')).toBe(true);
    expect(matchesDnsPattern('*.corp', 'a.corp')).toBe(true);
    for (const text of [`app.corp${nul}.evil`, 'app.corp.evil', 'evilapp.corp', 'appxcorp', 'app.corp\n', '']) {
      expect(matchesDnsPattern('app.corp', text)).toBe(false);
    }
    for (const text of ['a.b.corp', 'corp', 'a.corp.evil']) expect(matchesDnsPattern('*.corp', text)).toBe(false);
  });

  it('text patterns match across separators, and cost no backtracking', () => {
    expect(matchesTextPattern('spiffe://a/*', 'spiffe://a/b/c')).toBe(true);
    expect(matchesTextPattern('a*b*c', 'a-b-b-c')).toBe(true);
    expect(matchesTextPattern('a*a', 'a')).toBe(false);
    expect(matchesTextPattern('a*b*c', 'a-c-b')).toBe(false);
    const started = performance.now();
    expect(matchesTextPattern(`${'a*'.repeat(200)}b`, 'a'.repeat(2000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(50);
  });
});
