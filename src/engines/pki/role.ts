import type { JsonObject } from '../../lib/index.ts';
import { leafPurposes } from '../../x509/index.ts';
import { requireKeyKind } from './key-parameters.ts';
import type { SubjectFields } from './subject.ts';
import { readPurposes, usualKeyUsages } from './usages.ts';

/** Which certificates may be issued. Whole seconds; 0 = not set. */
export interface PkiRole {
  readonly issuerRef: string;
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly allowLocalhost: boolean;
  readonly allowedDomains: readonly string[];
  readonly allowBareDomains: boolean;
  readonly allowSubdomains: boolean;
  readonly allowGlobDomains: boolean;
  readonly allowWildcardCertificates: boolean;
  readonly allowAnyName: boolean;
  readonly enforceHostnames: boolean;
  readonly allowIpSans: boolean;
  readonly allowedIpSansCidr: readonly string[];
  readonly allowedUriSans: readonly string[];
  readonly allowedOtherSans: readonly string[];
  readonly allowedSerialNumbers: readonly string[];
  readonly allowedUserIds: readonly string[];
  readonly serverFlag: boolean;
  readonly clientFlag: boolean;
  readonly codeSigningFlag: boolean;
  readonly emailProtectionFlag: boolean;
  readonly keyType: 'rsa' | 'ec' | 'ed25519' | 'any';
  readonly keyBits: number;
  readonly signatureBits: number;
  readonly usePss: boolean;
  readonly keyUsage: readonly string[];
  readonly extKeyUsage: readonly string[];
  readonly extKeyUsageOids: readonly string[];
  readonly useCsrCommonName: boolean;
  readonly useCsrSans: boolean;
  readonly organizationalUnit: readonly string[];
  readonly organization: readonly string[];
  readonly country: readonly string[];
  readonly locality: readonly string[];
  readonly province: readonly string[];
  readonly streetAddress: readonly string[];
  readonly postalCode: readonly string[];
  readonly generateLease: boolean;
  readonly noStore: boolean;
  readonly requireCn: boolean;
  readonly cnValidations: readonly string[];
  readonly policyIdentifiers: readonly string[];
  readonly basicConstraintsValidForNonCa: boolean;
  readonly notBeforeSeconds: number;
  readonly notAfter: string;
}

export const defaultRole: PkiRole = {
  issuerRef: 'default',
  ttlSeconds: 0,
  maxTtlSeconds: 0,
  allowLocalhost: true,
  allowedDomains: [],
  allowBareDomains: false,
  allowSubdomains: false,
  allowGlobDomains: false,
  allowWildcardCertificates: true,
  allowAnyName: false,
  enforceHostnames: true,
  allowIpSans: true,
  allowedIpSansCidr: [],
  allowedUriSans: [],
  allowedOtherSans: [],
  allowedSerialNumbers: [],
  allowedUserIds: [],
  serverFlag: true,
  clientFlag: true,
  codeSigningFlag: false,
  emailProtectionFlag: false,
  keyType: 'rsa',
  keyBits: 0,
  signatureBits: 0,
  usePss: false,
  keyUsage: usualKeyUsages,
  extKeyUsage: [],
  extKeyUsageOids: [],
  useCsrCommonName: true,
  useCsrSans: true,
  organizationalUnit: [],
  organization: [],
  country: [],
  locality: [],
  province: [],
  streetAddress: [],
  postalCode: [],
  generateLease: false,
  noStore: false,
  requireCn: true,
  cnValidations: ['email', 'hostname'],
  policyIdentifiers: [],
  basicConstraintsValidForNonCa: false,
  notBeforeSeconds: 30,
  notAfter: '',
};

/** The subject fields of a role. */
export const rolesSubject = (role: PkiRole): SubjectFields => ({
  ou: role.organizationalUnit,
  organization: role.organization,
  country: role.country,
  locality: role.locality,
  province: role.province,
  street_address: role.streetAddress,
  postal_code: role.postalCode,
});

/** The purposes of a role, by its flags and its lists, as OIDs. */
export function rolesPurposes(role: PkiRole): string[] {
  const flags = {
    server: role.serverFlag,
    client: role.clientFlag,
    codeSigning: role.codeSigningFlag,
    emailProtection: role.emailProtectionFlag,
  };
  return leafPurposes(flags, readPurposes(role.extKeyUsage, role.extKeyUsageOids));
}

/** A role as it is read back, defaults spelled out. */
export function showRole(role: PkiRole): JsonObject {
  return {
    allow_any_name: role.allowAnyName,
    allow_bare_domains: role.allowBareDomains,
    allow_glob_domains: role.allowGlobDomains,
    allow_ip_sans: role.allowIpSans,
    allow_localhost: role.allowLocalhost,
    allow_subdomains: role.allowSubdomains,
    allow_token_displayname: false,
    allow_wildcard_certificates: role.allowWildcardCertificates,
    allowed_domains: role.allowedDomains,
    allowed_domains_template: false,
    allowed_ip_sans_cidr: role.allowedIpSansCidr,
    allowed_other_sans: role.allowedOtherSans,
    allowed_serial_numbers: role.allowedSerialNumbers,
    allowed_uri_sans: role.allowedUriSans,
    allowed_uri_sans_template: false,
    allowed_user_ids: role.allowedUserIds,
    basic_constraints_valid_for_non_ca: role.basicConstraintsValidForNonCa,
    client_flag: role.clientFlag,
    cn_validations: role.cnValidations,
    code_signing_flag: role.codeSigningFlag,
    country: role.country,
    email_protection_flag: role.emailProtectionFlag,
    enforce_hostnames: role.enforceHostnames,
    ext_key_usage: role.extKeyUsage,
    ext_key_usage_oids: role.extKeyUsageOids,
    generate_lease: role.generateLease,
    issuer_ref: role.issuerRef,
    key_bits: role.keyType === 'any' ? role.keyBits : requireKeyKind(role.keyType, role.keyBits).bits,
    key_type: role.keyType,
    key_usage: role.keyUsage,
    locality: role.locality,
    max_ttl: role.maxTtlSeconds,
    no_store: role.noStore,
    not_after: role.notAfter,
    not_before_duration: role.notBeforeSeconds,
    organization: role.organization,
    ou: role.organizationalUnit,
    policy_identifiers: role.policyIdentifiers,
    postal_code: role.postalCode,
    province: role.province,
    require_cn: role.requireCn,
    server_flag: role.serverFlag,
    signature_bits: role.signatureBits,
    street_address: role.streetAddress,
    ttl: role.ttlSeconds,
    use_csr_common_name: role.useCsrCommonName,
    use_csr_sans: role.useCsrSans,
    use_pss: role.usePss,
  };
}
