export { encodeIssuerAlternativeName, encodeSubjectAlternativeName } from './alternative-names.ts';
export {
  type AuthorityInfoAccess,
  decodeAuthorityInfoAccess,
  encodeAuthorityInfoAccess,
} from './authority-info-access.ts';
export { type BasicConstraints, decodeBasicConstraints, encodeBasicConstraints } from './basic-constraints.ts';
export {
  decodeCertificatePolicies,
  decodeRequiresExplicitPolicy,
  encodeCertificatePolicies,
  encodeInhibitAnyPolicy,
  encodePolicyConstraints,
  maxPolicies,
  type PolicyConstraints,
  type PolicyInformation,
} from './certificate-policies.ts';
export {
  decodeCrlDistributionPoints,
  encodeCrlDistributionPoints,
  encodeDistributionPointName,
  encodeFreshestCrl,
  readPointUrls,
} from './crl-distribution-points.ts';
export {
  decodeExtendedKeyUsage,
  type ExtendedKeyUsageName,
  encodeExtendedKeyUsage,
  extendedKeyUsageOids,
  maxPurposes,
} from './extended-key-usage.ts';
export { type Extension, encodeExtension, extensionOids, maxExtensions, readExtensions } from './extension.ts';
export { mustStapleExtension, noRevocationAvailableExtension, ocspNoCheckExtension } from './flags.ts';
export {
  decodeAuthorityKeyIdentifier,
  decodeSubjectKeyIdentifier,
  encodeAuthorityKeyIdentifier,
  encodeSubjectKeyIdentifier,
} from './key-identifiers.ts';
export { decodeKeyUsage, encodeKeyUsage, fitKeyUsage, type KeyUsage, keyUsages, usageFitsKey } from './key-usage.ts';
export {
  decodeNameConstraints,
  encodeNameConstraints,
  type NameConstraints,
  type NameSubtree,
} from './name-constraints.ts';
