import { type KeyPairAlgorithm, PrivateKey, type Random, systemRandom } from '../../crypto/index.ts';
import { assembleSigned } from '../certificate/index.ts';
import {
  authorityProfile,
  buildTbsCertificate,
  type CertificateIssuer,
  type CertificateTemplate,
  describeIssuer,
  encodeDistinguishedName,
  fitKeyUsage,
  issueCertificate,
  newSerial,
  type ParsedCertificate,
  parseCertificate,
  profiles,
  type SignTbs,
  SubjectPublicKey,
  selfIssuer,
} from '../index.ts';

/** A CA for tests: certificate, key, and what issuing needs. */
export interface TestAuthority {
  readonly certificate: ParsedCertificate;
  readonly issuer: CertificateIssuer;
  readonly sign: SignTbs;
  readonly key: PrivateKey;
}

export interface TestLeaf {
  readonly der: Buffer;
  readonly key: PrivateKey;
}

/** 2026-01-01T00:00:00Z: tests stand still here. */
export const testNowSeconds = 1_767_225_600;
const yearSeconds = 365 * 86_400;

const keys = new Map<string, Promise<PrivateKey>>();

/** A key pair by name: made once a run, as RSA keys are slow to make. */
export function testKey(name: string, algorithm: KeyPairAlgorithm = 'ec-p256'): Promise<PrivateKey> {
  const id = `${name}/${algorithm}`;
  const known = keys.get(id) ?? PrivateKey.generate(algorithm);
  keys.set(id, known);
  return known;
}

export const commonName = (value: string): Buffer => encodeDistinguishedName([{ type: 'commonName', value }]);

/** Template of a server and client leaf; `changes` replace fields. */
export function leafTemplate(
  key: PrivateKey,
  changes: Partial<CertificateTemplate> = {},
  random: Random = systemRandom,
): CertificateTemplate {
  const publicKey = changes.publicKey ?? SubjectPublicKey.read(key.publicKey.spki);
  return {
    serial: newSerial(random),
    subject: commonName('a.example.test'),
    publicKey,
    notBeforeSeconds: testNowSeconds - 30,
    notAfterSeconds: testNowSeconds + 3600,
    ...profiles.mtls,
    keyUsage: fitKeyUsage(profiles.mtls.keyUsage, publicKey.kind),
    alternativeNames: [{ kind: 'dns', value: 'a.example.test' }],
    ...changes,
  };
}

/** Template of a CA; `changes` replace fields. */
export function authorityTemplate(key: PrivateKey, name: string, changes: Partial<CertificateTemplate> = {}) {
  const template: CertificateTemplate = {
    serial: newSerial(systemRandom),
    subject: commonName(name),
    publicKey: SubjectPublicKey.read(key.publicKey.spki),
    notBeforeSeconds: testNowSeconds - yearSeconds,
    notAfterSeconds: testNowSeconds + 10 * yearSeconds,
    ...authorityProfile(undefined),
    ...changes,
  };
  return template;
}

/** A self-signed root. */
export async function makeRoot(
  name = 'Test Root',
  algorithm: KeyPairAlgorithm = 'ec-p256',
  changes: Partial<CertificateTemplate> = {},
  scheme?: CertificateIssuer['scheme'],
): Promise<TestAuthority> {
  const key = await testKey(name, algorithm);
  const template = authorityTemplate(key, name, changes);
  const self = selfIssuer(template, scheme);
  const sign: SignTbs = (tbs) => key.sign(self.scheme, tbs);
  const { der } = await issueCertificate({ template, issuer: self, sign });
  const certificate = parseCertificate(der);
  return { certificate, issuer: describeIssuer(certificate, { scheme: self.scheme }), sign, key };
}

/** A CA below another. */
export async function makeIntermediate(
  parent: TestAuthority,
  name: string,
  changes: Partial<CertificateTemplate> = {},
  ancestors: readonly TestAuthority[] = [parent],
): Promise<TestAuthority> {
  const key = await testKey(name);
  const template = authorityTemplate(key, name, { notBeforeSeconds: testNowSeconds - 3600, ...changes });
  const { der } = await issueCertificate({ template, issuer: parent.issuer, sign: parent.sign });
  const certificate = parseCertificate(der);
  const issuer = describeIssuer(certificate, { ancestors: ancestors.map((authority) => authority.certificate) });
  return { certificate, issuer, sign: (tbs) => key.sign(issuer.scheme, tbs), key };
}

/** A leaf of `authority`. */
export async function makeLeaf(
  authority: TestAuthority,
  changes: Partial<CertificateTemplate> = {},
  algorithm: KeyPairAlgorithm = 'ec-p256',
): Promise<TestLeaf> {
  const key = await testKey('leaf', algorithm);
  const template = leafTemplate(key, changes);
  const { der } = await issueCertificate({ template, issuer: authority.issuer, sign: authority.sign });
  return { der, key };
}

/** A leaf as another CA's software might make it: signed without any of our checks. */
export async function makeForeignLeaf(
  authority: TestAuthority,
  changes: Partial<CertificateTemplate> = {},
): Promise<TestLeaf> {
  const key = await testKey('leaf');
  const tbs = buildTbsCertificate(leafTemplate(key, changes), authority.issuer);
  const { scheme } = authority.issuer;
  return { der: assembleSigned(tbs, scheme, authority.key.sign(scheme, tbs)), key };
}

/** Message of the refusal to issue a leaf; throws when it was issued, or when the key was used before refusing. */
export async function refusalOf(authority: TestAuthority, changes: Partial<CertificateTemplate>): Promise<string> {
  let signed = 0;
  const template = leafTemplate(await testKey('leaf'), changes);
  const sign: SignTbs = (tbs) => {
    signed += 1;
    return authority.sign(tbs);
  };
  const refused = await issueCertificate({ template, issuer: authority.issuer, sign }).catch((error: Error) => error);
  if (!(refused instanceof Error)) throw new Error('it was issued');
  if (signed > 0) throw new Error('the key signed before the refusal');
  return refused.message;
}
