import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CertificateTemplate,
  emptyName,
  extendedKeyUsageOids,
  issueCertificate,
  profiles,
  SubjectPublicKey,
} from './index.ts';
import {
  commonName,
  leafTemplate,
  makeRoot,
  refusalOf,
  type TestAuthority,
  testKey,
  testNowSeconds,
} from './testing/authority.ts';

let root: TestAuthority;

beforeAll(async () => {
  root = await makeRoot();
});

async function issue(changes: Partial<CertificateTemplate>, authority = root) {
  const template = leafTemplate(await testKey('leaf'), changes);
  return issueCertificate({ template, issuer: authority.issuer, sign: authority.sign });
}

const refusal = (changes: Partial<CertificateTemplate>, authority = root) => refusalOf(authority, changes);

describe('PKI-24: what would be refused by a validator is refused before the key signs', () => {
  const cases: readonly [string, Partial<CertificateTemplate>, RegExp][] = [
    ['a leaf with keyCertSign', { keyUsage: ['keyCertSign'] }, /keyCertSign is for CAs/],
    [
      'a CA without keyCertSign',
      { basicConstraints: { ca: true }, keyUsage: ['digitalSignature'] },
      /needs keyCertSign/,
    ],
    ['a CA without a subject', { ...profiles.intermediate, subject: emptyName }, /must have a subject/],
    [
      'a CA without a key identifier',
      { ...profiles.intermediate, subjectKeyIdentifier: 'omit' },
      /subject key identifier/,
    ],
    ['keyEncipherment for an EC key', { keyUsage: ['digitalSignature', 'keyEncipherment'] }, /does not fit/],
    ['encipherOnly alone', { keyUsage: ['encipherOnly'] }, /need keyAgreement/],
    ['neither subject nor names', { subject: emptyName, alternativeNames: [] }, /neither a subject/],
    [
      'a name twice',
      {
        alternativeNames: [
          { kind: 'dns', value: 'a.example.test' },
          { kind: 'dns', value: 'a.example.test' },
        ],
      },
      /stands twice/,
    ],
    ['a common name outside the names of a server', { subject: commonName('evil.test') }, /not among/],
    [
      'the same purpose twice',
      { extendedKeyUsage: [extendedKeyUsageOids.clientAuth, extendedKeyUsageOids.clientAuth] },
      /stands twice/,
    ],
    [
      'timeStamping beside others',
      { extendedKeyUsage: [extendedKeyUsageOids.timeStamping, extendedKeyUsageOids.clientAuth] },
      /stand alone/,
    ],
    ['an ldap pointer', { crlDistributionPoints: ['ldap://a/b'] }, /not an http/],
    ['a pointer twice', { crlDistributionPoints: ['http://a/b', 'http://a/b'] }, /stands twice/],
    [
      'noRevAvail with a CRL pointer',
      { noRevocationAvailable: true, crlDistributionPoints: ['http://a/b'] },
      /noRevAvail/,
    ],
    [
      'name constraints in a leaf',
      { nameConstraints: { permitted: [{ kind: 'dns', base: 'a' }], excluded: [] } },
      /for CAs only/,
    ],
    [
      'an unknown critical extension',
      { otherExtensions: [{ oid: '1.2.3', critical: true, value: Buffer.from('0500', 'hex') }] },
      /nobody knows/,
    ],
    [
      'an extension that is not DER',
      { otherExtensions: [{ oid: '1.2.3', critical: false, value: Buffer.from('05', 'hex') }] },
      /malformed DER/,
    ],
    [
      'a raw extension that has a field',
      { otherExtensions: [{ oid: '2.5.29.19', critical: true, value: Buffer.from('30030101ff', 'hex') }] },
      /field of its own/,
    ],
    [
      'an end before the start',
      { notBeforeSeconds: testNowSeconds, notAfterSeconds: testNowSeconds - 1 },
      /end before it begins/,
    ],
    ['a certificate that outlives its issuer', { notAfterSeconds: testNowSeconds + 11 * 365 * 86_400 }, /outlive/],
    ['a start before the issuer’s', { notBeforeSeconds: testNowSeconds - 2 * 365 * 86_400 }, /before the issuer/],
  ];

  it.each(cases)('%s', async (_name, changes, expected) => {
    expect(await refusal(changes)).toMatch(expected);
  });

  it('the issuer’s own key in a leaf', async () => {
    const publicKey = SubjectPublicKey.read(root.key.publicKey.spki);
    expect(await refusal({ publicKey })).toMatch(/issuer’s own/);
  });

  it('a serial number of less than 64 bits', async () => {
    expect(await refusal({ serial: Buffer.of(1, 2, 3) })).toBe('a document failed its check before signing');
  });

  it('the internals of a refusal stay in the cause', async () => {
    const template = leafTemplate(await testKey('leaf'), { serial: Buffer.of(1) });
    const error = await issueCertificate({ template, issuer: root.issuer, sign: root.sign }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code: 'internal', cause: expect.stringContaining('serial-range') });
  });

  it('a certificate beyond the issuer’s end passes when the operator permits it', async () => {
    const notAfterSeconds = testNowSeconds + 11 * 365 * 86_400;
    await expect(issue({ notAfterSeconds, insecurePermitBeyondIssuer: true })).resolves.toBeDefined();
  });
});
