/** The X.509 room: certificates, requests and revocation lists as bytes. See README.md. */
export {
  buildTbsCertificate,
  type CertificateIssuer,
  type CertificateTemplate,
  describeIssuer,
  formatSerial,
  type IssuerOptions,
  maxCertificateBytes,
  newSerial,
  type ParsedCertificate,
  parseCertificate,
  parseCertificateDer,
  parseSerial,
  selfIssuer,
} from './certificate/index.ts';
export { encodeCertsOnly } from './certs-only.ts';
export { checkIssuable, collectConstrainedNames, isNameAllowed } from './constraints/index.ts';
export {
  buildTbsCrl,
  type CrlIssuer,
  type CrlTemplate,
  encodeRevokedEntry,
  type IssuingDistributionPoint,
  isCrlSignedBy,
  type ParsedCrl,
  type ParsedRevocation,
  parseCrl,
  parseCrlDer,
  type RevocationReason,
  type RevokedCertificate,
  reasonOfNumber,
  revocationReasons,
  serialKey,
} from './crl/index.ts';
export {
  buildCsr,
  type CertificationRequest,
  type CsrTemplate,
  maxCsrBytes,
  parseCsr,
  parseCsrAside,
  type RequestedExtensions,
} from './csr/index.ts';
export { isOid, noExpirySeconds } from './der/index.ts';
export {
  type AuthorityInfoAccess,
  type BasicConstraints,
  type ExtendedKeyUsageName,
  type Extension,
  extendedKeyUsageOids,
  extensionOids,
  fitKeyUsage,
  type KeyUsage,
  keyUsages,
  maxPolicies,
  maxPurposes,
  type NameConstraints,
  type NameSubtree,
  type PolicyInformation,
} from './extensions/index.ts';
export { type IssuedCertificate, type IssueRequest, issueCertificate, requireIssuable } from './issue.ts';
export { type CrlRequest, issueCrl } from './issue-crl.ts';
export {
  type AttributeName,
  attributeNames,
  attributeValues,
  canonicalDnsName,
  canonicalEmail,
  canonicalGeneralName,
  type DecodedAttribute,
  type DnsNameOptions,
  decodeDistinguishedName,
  emptyName,
  encodeDistinguishedName,
  extendName,
  formatDistinguishedName,
  formatOtherName,
  type GeneralName,
  generalNameKey,
  isDnsName,
  isHttpUrl,
  isUriName,
  matchesDnsName,
  matchesDnsPattern,
  matchesEmail,
  matchesTextPattern,
  matchesUri,
  type NameAttribute,
  parseOtherName,
  sameName,
} from './names/index.ts';
export {
  type ClientPathRequest,
  type ClientPathResult,
  type PathFailure,
  SignatureMemo,
  slackSeconds,
  verifyClientPath,
} from './path/index.ts';
export { decodePem, encodePem, type PemBlock, type PemLimits } from './pem/pem.ts';
export {
  authorityProfile,
  type CertificateProfile,
  type LeafFlags,
  leafPurposes,
  profiles,
} from './profiles.ts';
export {
  chooseScheme,
  computeKeyIdentifier,
  type EcCurve,
  type KeyAlgorithm,
  keyIdentifiers,
  SubjectPublicKey,
  schemeFitsKey,
  signatureIdentifiers,
} from './public-key/index.ts';
export type { SignTbs } from './sign-linted.ts';
