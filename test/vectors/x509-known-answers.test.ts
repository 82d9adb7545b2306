import { describe, expect, it } from 'vitest';
import { PrivateKey, sha256Hex } from '../../src/crypto/index.ts';
import { SecretBytes } from '../../src/lib/index.ts';
import {
  buildCsr,
  describeIssuer,
  emptyName,
  encodeCertsOnly,
  encodeDistinguishedName,
  encodeRevokedEntry,
  extendedKeyUsageOids,
  formatSerial,
  issueCertificate,
  issueCrl,
  parseCertificate,
  parseCrl,
  parseCsr,
  SubjectPublicKey,
  selfIssuer,
} from '../../src/x509/index.ts';

/** Ed25519 test keys 1 and 2 of RFC 8032 7.1, in PKCS#8 (RFC 8410 7). The bytes below were made with OpenSSL 3.0. */
const keyOfSeed = (seed: string): PrivateKey =>
  PrivateKey.fromPkcs8(new SecretBytes(Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex')));
const caKey = keyOfSeed('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
const leafKey = keyOfSeed('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
const seconds = (text: string): number => Date.parse(text) / 1000;
const signWith = (key: PrivateKey) => (tbs: Uint8Array) => key.sign('ed25519', tbs);
const publicKeyOf = (key: PrivateKey) => SubjectPublicKey.read(key.publicKey.spki);
const countingSerial = (first: number): Buffer => {
  const serial = Buffer.from(Array.from({ length: 20 }, (_, index) => index + 1));
  serial[0] = first;
  return serial;
};

async function issueRoot(): Promise<Buffer> {
  const template = {
    serial: countingSerial(1),
    subject: encodeDistinguishedName([
      { type: 'organization', value: 'Example' },
      { type: 'commonName', value: 'Root' },
    ]),
    publicKey: publicKeyOf(caKey),
    notBeforeSeconds: seconds('2026-01-01T00:00:00Z'),
    notAfterSeconds: seconds('2049-12-31T23:59:59Z'),
    basicConstraints: { ca: true, pathLength: 1 },
    keyUsage: ['keyCertSign', 'cRLSign'] as const,
  };
  return (await issueCertificate({ template, issuer: selfIssuer(template), sign: signWith(caKey) })).der;
}

async function issueLeaf(): Promise<Buffer> {
  const issuer = describeIssuer(parseCertificate(await issueRoot()));
  const template = {
    serial: countingSerial(0x7f),
    subject: encodeDistinguishedName([{ type: 'commonName', value: 'a.example.test' }]),
    publicKey: publicKeyOf(leafKey),
    notBeforeSeconds: seconds('2026-01-01T00:00:00Z'),
    notAfterSeconds: seconds('2026-04-01T00:00:00Z'),
    basicConstraints: { ca: false },
    keyUsage: ['digitalSignature'] as const,
    extendedKeyUsage: [extendedKeyUsageOids.serverAuth, extendedKeyUsageOids.clientAuth],
    alternativeNames: [
      { kind: 'dns', value: 'a.example.test' },
      { kind: 'ip', value: '192.0.2.1' },
      { kind: 'uri', value: 'spiffe://example.test/w' },
    ] as const,
    crlDistributionPoints: ['http://pki.example.test/crl/1'],
    authorityInfoAccess: { ocsp: ['http://pki.example.test/ocsp'], caIssuers: ['http://pki.example.test/ca.der'] },
  };
  return (await issueCertificate({ template, issuer, sign: signWith(caKey) })).der;
}

describe('documents made with OpenSSL come out of our encoder byte for byte', () => {
  it('a self-signed root (366 bytes)', async () => {
    const der = await issueRoot();
    expect(der.length).toBe(366);
    expect(sha256Hex(der)).toBe('579603ae58a84421048880383d4902de2e9e263a3d211c22f2256206cfbe824d');
  });

  it('a leaf with every pointer (592 bytes)', async () => {
    const der = await issueLeaf();
    expect(der.length).toBe(592);
    expect(sha256Hex(der)).toBe('ea9c6f6fe804c6be7bb81808ff83958563b21c8ce44fec82795af2859d77f3fa');
    expect(formatSerial(parseCertificate(der).serial)).toBe(
      '7f:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14',
    );
  });

  it('a CRL with a critical issuing distribution point (312 bytes)', async () => {
    const der = await issueCrl({
      template: {
        thisUpdateSeconds: seconds('2026-02-02T00:00:00Z'),
        nextUpdateSeconds: seconds('2026-02-09T00:00:00Z'),
        number: 42n,
        entries: [
          encodeRevokedEntry({
            serial: countingSerial(0x7f),
            revokedAtSeconds: seconds('2026-02-01T00:00:00Z'),
            reason: 'keyCompromise',
          }),
        ],
        issuingDistributionPoint: { urls: ['http://pki.example.test/crl/1'], covers: 'leaves' },
      },
      issuer: describeIssuer(parseCertificate(await issueRoot())),
      sign: signWith(caKey),
    });
    expect(der.length).toBe(312);
    expect(sha256Hex(der)).toBe('895dd3bcc0c908fc6717e735cb9d16676eea29208a233b63c7773015fd2815b9');
    expect(parseCrl(der).number).toBe(42n);
  });

  it('a certification request with empty attributes', async () => {
    const template = {
      subject: encodeDistinguishedName([{ type: 'commonName', value: 'a.example.test' }]),
      publicKey: publicKeyOf(leafKey),
    };
    const der = await buildCsr(template, signWith(leafKey));
    expect(der.toString('hex')).toBe(
      '308198304c02010030193117301506035504030c0e612e6578616d706c652e74657374302a300506032b65700321003d' +
        '4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660ca000300506032b6570034100b471832695' +
        'cfcf9cab5eded1598bb113f19637051b3ba004190aef94a493bfe20e5c5d3e68c9186ab74dab1c9aa5ea6c7b791c8bf5' +
        'e706c3bb96fc69d6320902',
    );
    expect(parseCsr(der).subject.equals(emptyName)).toBe(false);
  });

  it('a PKCS#7 certs-only message with one certificate', async () => {
    expect(sha256Hex(encodeCertsOnly([await issueLeaf()]))).toBe(
      'b659f82d3e0c11102b20370b87923b69bd2293a05ef4ed57a2f71c91b4d6b221',
    );
  });
});
