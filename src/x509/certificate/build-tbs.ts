import { StrongroomError } from '../../lib/index.ts';
import { checkDer, context, integerFromBytes, sequence, time } from '../der/index.ts';
import {
  encodeAuthorityInfoAccess,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeCertificatePolicies,
  encodeCrlDistributionPoints,
  encodeExtendedKeyUsage,
  encodeExtension,
  encodeFreshestCrl,
  encodeInhibitAnyPolicy,
  encodeIssuerAlternativeName,
  encodeKeyUsage,
  encodeNameConstraints,
  encodePolicyConstraints,
  encodeSubjectAlternativeName,
  encodeSubjectKeyIdentifier,
  extensionOids,
  mustStapleExtension,
  noRevocationAvailableExtension,
  ocspNoCheckExtension,
} from '../extensions/index.ts';
import { signatureIdentifiers } from '../public-key/index.ts';
import type { CertificateIssuer } from './issuer.ts';
import type { CertificateTemplate } from './template.ts';

const version3 = Buffer.from('a003020102', 'hex');
const emptyNameBytes = 2;
const writtenHere: ReadonlySet<string> = new Set(
  Object.values(extensionOids).filter((oid) => oid !== extensionOids.acmeIdentifier),
);

const filled = <T>(list: readonly T[] | undefined): readonly T[] | undefined =>
  list === undefined || list.length === 0 ? undefined : list;

/** Who and what for: BC, KU, EKU, SKI, AKI, SAN, IAN. */
function encodeIdentity(template: CertificateTemplate, issuer: CertificateIssuer): Buffer[] {
  const parts: Buffer[] = [];
  if (template.basicConstraints) parts.push(encodeBasicConstraints(template.basicConstraints));
  if (template.keyUsage.length > 0) parts.push(encodeKeyUsage(template.keyUsage));
  const purposes = filled(template.extendedKeyUsage);
  if (purposes) parts.push(encodeExtendedKeyUsage(purposes));
  const keyIdentifier = template.subjectKeyIdentifier ?? template.publicKey.keyIdentifier();
  if (keyIdentifier !== 'omit') parts.push(encodeSubjectKeyIdentifier(keyIdentifier));
  if (issuer.keyIdentifier) parts.push(encodeAuthorityKeyIdentifier(issuer.keyIdentifier));
  const names = filled(template.alternativeNames);
  if (names) parts.push(encodeSubjectAlternativeName(names, template.subject.length === emptyNameBytes));
  const issuerNames = filled(template.issuerAlternativeNames);
  if (issuerNames) parts.push(encodeIssuerAlternativeName(issuerNames));
  return parts;
}

/** Under which rules: policies, name and policy constraints. */
function encodeRules(template: CertificateTemplate): Buffer[] {
  const parts: Buffer[] = [];
  const policies = filled(template.policies);
  if (policies) parts.push(encodeCertificatePolicies(policies));
  if (template.nameConstraints) parts.push(encodeNameConstraints(template.nameConstraints));
  if (template.policyConstraints) parts.push(encodePolicyConstraints(template.policyConstraints));
  if (template.inhibitAnyPolicy !== undefined) parts.push(encodeInhibitAnyPolicy(template.inhibitAnyPolicy));
  return parts;
}

/** Where to look: CRL, delta, AIA, and the flags about revocation. */
function encodePointers(template: CertificateTemplate): Buffer[] {
  const parts: Buffer[] = [];
  const lists = filled(template.crlDistributionPoints);
  if (lists) parts.push(encodeCrlDistributionPoints(lists));
  const deltas = filled(template.freshestCrl);
  if (deltas) parts.push(encodeFreshestCrl(deltas));
  const access = template.authorityInfoAccess;
  if (access && access.ocsp.length + access.caIssuers.length > 0) parts.push(encodeAuthorityInfoAccess(access));
  if (template.ocspNoCheck) parts.push(ocspNoCheckExtension);
  if (template.noRevocationAvailable) parts.push(noRevocationAvailableExtension);
  if (template.mustStaple) parts.push(mustStapleExtension);
  return parts;
}

function encodeOthers(template: CertificateTemplate): Buffer[] {
  return (template.otherExtensions ?? []).map(({ oid, critical, value }) => {
    if (writtenHere.has(oid)) {
      throw new StrongroomError('invalid_field', 'an extension is given raw that has a field of its own', {
        hint: 'use the field',
      });
    }
    checkDer(value);
    return encodeExtension(oid, critical, value);
  });
}

/**
 * TBSCertificate DER (RFC 5280 4.1): version 3, extensions in one fixed order. Lists that are empty leave their
 * extension out. Nothing is judged here but the encodability of values; `lint` judges.
 */
export function buildTbsCertificate(template: CertificateTemplate, issuer: CertificateIssuer): Buffer {
  const extensions = [
    ...encodeIdentity(template, issuer),
    ...encodeRules(template),
    ...encodePointers(template),
    ...encodeOthers(template),
  ];
  const tail = extensions.length === 0 ? [] : [context(3, sequence(...extensions))];
  return sequence(
    version3,
    integerFromBytes(template.serial),
    signatureIdentifiers[issuer.scheme],
    issuer.subject,
    sequence(time(template.notBeforeSeconds), time(template.notAfterSeconds)),
    template.subject,
    template.publicKey.spki,
    ...tail,
  );
}
