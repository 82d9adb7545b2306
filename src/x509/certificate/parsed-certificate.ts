import type { SignatureScheme } from '../../crypto/index.ts';
import { checkDer, DerReader, readSequence, refuseDer, tags } from '../der/index.ts';
import {
  type AuthorityInfoAccess,
  type BasicConstraints,
  decodeAuthorityInfoAccess,
  decodeAuthorityKeyIdentifier,
  decodeBasicConstraints,
  decodeCertificatePolicies,
  decodeCrlDistributionPoints,
  decodeExtendedKeyUsage,
  decodeKeyUsage,
  decodeNameConstraints,
  decodeRequiresExplicitPolicy,
  decodeSubjectKeyIdentifier,
  type Extension,
  extensionOids,
  type KeyUsage,
  type NameConstraints,
  readExtensions,
} from '../extensions/index.ts';
import { decodeGeneralNames, type GeneralName, maxNameBytes, readRawAttributes } from '../names/index.ts';
import { readDocument } from '../pem/pem.ts';
import { maxSpkiBytes, schemeOfIdentifier } from '../public-key/index.ts';

export const maxCertificateBytes = 65_536;

/** A certificate read strictly. Buffers are views of `der`: do not write to them. */
export interface ParsedCertificate {
  readonly der: Buffer;
  readonly tbs: Buffer;
  /** Content of the serialNumber INTEGER, with its sign octet if it has one. */
  readonly serial: Buffer;
  /** AlgorithmIdentifier, the same inside and outside. */
  readonly signatureIdentifier: Buffer;
  /** Undefined for an algorithm we do not verify. */
  readonly scheme: SignatureScheme | undefined;
  readonly signature: Buffer;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
  /** SubjectPublicKeyInfo, not yet judged: `SubjectPublicKey.read` does. */
  readonly spki: Buffer;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly basicConstraints: BasicConstraints | undefined;
  readonly keyUsage: readonly KeyUsage[] | undefined;
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly subjectKeyIdentifier: Buffer | undefined;
  readonly authorityKeyIdentifier: Buffer | undefined;
  /** Empty when there is no such extension. */
  readonly alternativeNames: readonly GeneralName[];
  readonly nameConstraints: NameConstraints | undefined;
  readonly policies: readonly string[];
  readonly requiresExplicitPolicy: boolean;
  readonly crlDistributionPoints: readonly string[];
  readonly authorityInfoAccess: AuthorityInfoAccess | undefined;
}

/** Content of a positive INTEGER of at most 20 octets, a leading sign octet aside (RFC 5280 4.1.2.2). */
export function readSerial(reader: DerReader): Buffer {
  const content = reader.read(tags.integer);
  const bare = content[0] === 0 ? content.length - 1 : content.length;
  if (content.length === 0 || (content[0] as number) >= 0x80 || bare > 20) refuseDer('serial number out of range');
  return content;
}

function readVersion(reader: DerReader): void {
  const version = reader.enterContext(0);
  if (version?.readSmallInteger() !== 2) refuseDer('only version 3 certificates are read');
  version.finish();
}

function readName(reader: DerReader): Buffer {
  const name = reader.readWhole(tags.sequence);
  if (name.length > maxNameBytes) refuseDer('name too large');
  readRawAttributes(name);
  return name;
}

type Decoded = Omit<
  ParsedCertificate,
  | 'der'
  | 'tbs'
  | 'serial'
  | 'signatureIdentifier'
  | 'scheme'
  | 'signature'
  | 'issuer'
  | 'subject'
  | 'notBeforeSeconds'
  | 'notAfterSeconds'
  | 'spki'
  | 'extensions'
>;

/** Decodes every extension we know: one that is malformed makes the certificate unreadable, critical or not. */
function decodeExtensions(extensions: ReadonlyMap<string, Extension>): Decoded {
  const decode = <T>(oid: string, decoder: (value: Buffer) => T): T | undefined => {
    const extension = extensions.get(oid);
    return extension === undefined ? undefined : decoder(extension.value);
  };
  return {
    basicConstraints: decode(extensionOids.basicConstraints, decodeBasicConstraints),
    keyUsage: decode(extensionOids.keyUsage, decodeKeyUsage),
    extendedKeyUsage: decode(extensionOids.extendedKeyUsage, decodeExtendedKeyUsage),
    subjectKeyIdentifier: decode(extensionOids.subjectKeyIdentifier, decodeSubjectKeyIdentifier),
    authorityKeyIdentifier: decode(extensionOids.authorityKeyIdentifier, decodeAuthorityKeyIdentifier),
    alternativeNames: decode(extensionOids.subjectAlternativeName, decodeGeneralNames) ?? [],
    nameConstraints: decode(extensionOids.nameConstraints, decodeNameConstraints),
    policies: decode(extensionOids.certificatePolicies, decodeCertificatePolicies) ?? [],
    requiresExplicitPolicy: decode(extensionOids.policyConstraints, decodeRequiresExplicitPolicy) ?? false,
    crlDistributionPoints: decode(extensionOids.crlDistributionPoints, decodeCrlDistributionPoints) ?? [],
    authorityInfoAccess: decode(extensionOids.authorityInfoAccess, decodeAuthorityInfoAccess),
  };
}

/** Reads certificate DER that nobody else can change. Throws `invalid_field`. */
export function parseCertificateDer(der: Buffer): ParsedCertificate {
  if (der.length > maxCertificateBytes) refuseDer('certificate too large');
  checkDer(der);
  const outer = readSequence(der);
  const tbs = outer.readWhole(tags.sequence);
  const signatureIdentifier = outer.readWhole(tags.sequence);
  const signature = outer.readBitString();
  outer.finish();

  const reader = new DerReader(tbs).enter();
  readVersion(reader);
  const serial = readSerial(reader);
  if (!reader.readWhole(tags.sequence).equals(signatureIdentifier)) refuseDer('two different signature algorithms');
  const issuer = readName(reader);
  const validity = reader.enter();
  const notBeforeSeconds = validity.readTime();
  const notAfterSeconds = validity.readTime();
  validity.finish();
  const subject = readName(reader);
  const spki = reader.readWhole(tags.sequence);
  if (spki.length > maxSpkiBytes) refuseDer('public key too large');
  // Unique identifiers [1] and [2] are refused: RFC 5280 4.1.2.8 forbids writing them.
  const list = reader.enterContext(3);
  const extensions = list ? readExtensions(list) : new Map<string, Extension>();
  list?.finish();
  reader.finish();
  const scheme = schemeOfIdentifier(signatureIdentifier);
  const frame = { der, tbs, serial, signatureIdentifier, scheme, signature, issuer, subject, spki, extensions };
  return { ...frame, notBeforeSeconds, notAfterSeconds, ...decodeExtensions(extensions) };
}

/** Reads one certificate from DER, PEM or base64 text: at most 64 KiB, DER throughout, version 3. Throws `invalid_field`. */
export function parseCertificate(input: string | Uint8Array): ParsedCertificate {
  return parseCertificateDer(readDocument(input, ['CERTIFICATE', 'X509 CERTIFICATE'], maxCertificateBytes));
}
