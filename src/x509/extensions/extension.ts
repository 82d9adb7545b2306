import { booleanTrue, type DerReader, octetString, oid, refuseDer, sequence, tags } from '../der/index.ts';

/** One extension as it stands in a certificate, CSR or CRL (RFC 5280 4.1). */
export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of extnValue: the DER of the extension's own type. */
  readonly value: Buffer;
}

export const maxExtensions = 64;

/** Extension DER; `critical` FALSE is the default and left out. */
export function encodeExtension(type: string, critical: boolean, value: Uint8Array): Buffer {
  return critical ? sequence(oid(type), booleanTrue, octetString(value)) : sequence(oid(type), octetString(value));
}

/** Reads a non-empty Extensions list; each OID at most once (RFC 5280 4.2). */
export function readExtensions(reader: DerReader): Map<string, Extension> {
  const list = reader.enter(tags.sequence);
  const extensions = new Map<string, Extension>();
  do {
    const member = list.enter();
    const type = member.readOid();
    const critical = member.readDefaultFalse();
    const value = member.read(tags.octetString);
    member.finish();
    if (extensions.has(type)) refuseDer('the same extension twice');
    if (extensions.size >= maxExtensions) refuseDer('too many extensions');
    extensions.set(type, { oid: type, critical, value });
  } while (!list.done);
  return extensions;
}

export const extensionOids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  issuerAlternativeName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  freshestCrl: '2.5.29.46',
  inhibitAnyPolicy: '2.5.29.54',
  noRevocationAvailable: '2.5.29.56',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  subjectInfoAccess: '1.3.6.1.5.5.7.1.11',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  acmeIdentifier: '1.3.6.1.5.5.7.1.31',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
} as const;
