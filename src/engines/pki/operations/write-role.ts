import type { Answer, EngineRequest } from '../../../core/index.ts';
import { field } from '../../../core/index.ts';
import { parseCidrList, StrongroomError } from '../../../lib/index.ts';
import { extendedKeyUsageOids, isOid, maxPolicies, maxPurposes } from '../../../x509/index.ts';
import { requireKeyKind } from '../key-parameters.ts';
import { isOtherNamePattern } from '../name-rules.ts';
import type { PkiStore } from '../pki-store.ts';
import { defaultRole, type PkiRole, rolesPurposes, rolesSubject, showRole } from '../role.ts';
import { buildSubject } from '../subject.ts';
import { readKeyUsages } from '../usages.ts';
import { readTime, requireNotBeforeDuration } from '../validity.ts';

const list = () => field.list().optional();
const flag = () => field.boolean().optional();

/** Fields of a role by Vault's names. */
export const roleFields = {
  issuer_ref: field.text().optional(),
  ttl: field.seconds().optional(),
  max_ttl: field.seconds().optional(),
  allow_localhost: flag(),
  allowed_domains: list(),
  allowed_domains_template: flag(),
  allow_bare_domains: flag(),
  allow_subdomains: flag(),
  allow_glob_domains: flag(),
  allow_wildcard_certificates: flag(),
  allow_any_name: flag(),
  enforce_hostnames: flag(),
  allow_ip_sans: flag(),
  allowed_ip_sans_cidr: list(),
  allowed_uri_sans: list(),
  allowed_uri_sans_template: flag(),
  allowed_other_sans: list(),
  allowed_serial_numbers: list(),
  allowed_user_ids: list(),
  server_flag: flag(),
  client_flag: flag(),
  code_signing_flag: flag(),
  email_protection_flag: flag(),
  key_type: field.word(['rsa', 'ec', 'ed25519', 'any']).optional(),
  key_bits: field.integer().optional(),
  signature_bits: field.integer().optional(),
  use_pss: flag(),
  key_usage: list(),
  ext_key_usage: list(),
  ext_key_usage_oids: list(),
  use_csr_common_name: flag(),
  use_csr_sans: flag(),
  ou: list(),
  organization: list(),
  country: list(),
  locality: list(),
  province: list(),
  street_address: list(),
  postal_code: list(),
  generate_lease: flag(),
  no_store: flag(),
  require_cn: flag(),
  cn_validations: list(),
  policy_identifiers: list(),
  basic_constraints_valid_for_non_ca: flag(),
  not_before_duration: field.seconds().optional(),
  not_after: field.text().optional(),
  allow_token_displayname: flag(),
};

/** Where each sent field goes. */
const members = {
  issuer_ref: 'issuerRef',
  ttl: 'ttlSeconds',
  max_ttl: 'maxTtlSeconds',
  allow_localhost: 'allowLocalhost',
  allowed_domains: 'allowedDomains',
  allow_bare_domains: 'allowBareDomains',
  allow_subdomains: 'allowSubdomains',
  allow_glob_domains: 'allowGlobDomains',
  allow_wildcard_certificates: 'allowWildcardCertificates',
  allow_any_name: 'allowAnyName',
  enforce_hostnames: 'enforceHostnames',
  allow_ip_sans: 'allowIpSans',
  allowed_ip_sans_cidr: 'allowedIpSansCidr',
  allowed_uri_sans: 'allowedUriSans',
  allowed_other_sans: 'allowedOtherSans',
  allowed_serial_numbers: 'allowedSerialNumbers',
  allowed_user_ids: 'allowedUserIds',
  server_flag: 'serverFlag',
  client_flag: 'clientFlag',
  code_signing_flag: 'codeSigningFlag',
  email_protection_flag: 'emailProtectionFlag',
  key_type: 'keyType',
  key_bits: 'keyBits',
  signature_bits: 'signatureBits',
  use_pss: 'usePss',
  key_usage: 'keyUsage',
  ext_key_usage: 'extKeyUsage',
  ext_key_usage_oids: 'extKeyUsageOids',
  use_csr_common_name: 'useCsrCommonName',
  use_csr_sans: 'useCsrSans',
  ou: 'organizationalUnit',
  organization: 'organization',
  country: 'country',
  locality: 'locality',
  province: 'province',
  street_address: 'streetAddress',
  postal_code: 'postalCode',
  generate_lease: 'generateLease',
  no_store: 'noStore',
  require_cn: 'requireCn',
  cn_validations: 'cnValidations',
  policy_identifiers: 'policyIdentifiers',
  basic_constraints_valid_for_non_ca: 'basicConstraintsValidForNonCa',
  not_before_duration: 'notBeforeSeconds',
  not_after: 'notAfter',
} as const satisfies Readonly<Record<string, keyof PkiRole>>;

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

/** What this release does not do is refused: a role that seems to narrow and does not would be dangerous. */
function refuseUnsupported(fields: Readonly<Record<string, unknown>>): void {
  for (const name of ['allowed_domains_template', 'allowed_uri_sans_template', 'allow_token_displayname']) {
    if (fields[name] === true) refuse(`${name} is not supported`, 'write the names out, or one role each');
  }
}

/** Stores a role. A POST starts from the defaults, as in Vault; a PATCH from what is there. */
export async function writeRole(
  pki: PkiStore,
  request: EngineRequest<Readonly<Record<string, unknown>> & { readonly name: string }>,
  patch: boolean,
): Promise<Answer> {
  const { fields, mount } = request;
  if (!/^\w(?:[\w.-]{0,126}\w)?$/.test(fields.name)) refuse('invalid role name', 'letters, digits and _ . -');
  refuseUnsupported(fields);
  let stored: PkiRole = defaultRole;
  await pki.roles.modify(mount, fields.name, (previous) => {
    if (patch && !previous) throw new StrongroomError('not_found', '', { hint: 'there is no such role' });
    stored = merge(patch && previous ? previous : defaultRole, fields);
    checkRole(stored);
    return stored;
  });
  if (stored.noStore && stored.generateLease)
    request.warn('no_store and generate_lease together: certificates that are not stored have no lease');
  return { data: showRole(stored) };
}

function merge(before: PkiRole, fields: Readonly<Record<string, unknown>>): PkiRole {
  const sent = Object.entries(members).flatMap(([name, member]) =>
    fields[name] === undefined || fields[name] === null ? [] : [[member, fields[name]]],
  );
  const merged = { ...before, ...(Object.fromEntries(sent) as Partial<PkiRole>) };
  return {
    ...merged,
    allowedDomains: merged.allowedDomains.filter((domain) => domain !== ''),
    issuerRef: merged.issuerRef || 'default',
    policyIdentifiers: [...new Set(merged.policyIdentifiers)],
    cnValidations: merged.cnValidations.length > 0 ? merged.cnValidations : defaultRole.cnValidations,
  };
}

const maxListed = 1_000;
const validations = ['email', 'hostname', 'disabled'];

/** Usages that no leaf can have together would be refused at each request. */
function checkUsages(role: PkiRole): void {
  const usages = readKeyUsages(role.keyUsage);
  if (usages.includes('keyCertSign')) refuse('key_usage CertSign is for CAs only', 'leave it out of the role');
  if (usages.some((usage) => usage.endsWith('Only')) && !usages.includes('keyAgreement'))
    refuse('EncipherOnly and DecipherOnly need KeyAgreement', 'add it, or leave them out');
  const purposes = rolesPurposes(role);
  if (purposes.length > maxPurposes) refuse('too many extended key usages', `${maxPurposes} at most`);
  if (purposes.length > 1 && purposes.includes(extendedKeyUsageOids.timeStamping))
    refuse('TimeStamping must stand alone', 'set server_flag and client_flag to false');
}

function checkRole(role: PkiRole): void {
  if (role.keyType !== 'any') requireKeyKind(role.keyType, role.keyBits);
  if (![0, 256, 384, 512].includes(role.signatureBits)) refuse('unsupported signature_bits', '0, 256, 384 or 512');
  if (role.maxTtlSeconds > 0 && role.ttlSeconds > role.maxTtlSeconds)
    refuse('"ttl" value must be less than "max_ttl" value', 'lower ttl or raise max_ttl');
  checkUsages(role);
  buildSubject('', rolesSubject(role));
  const unknown = role.cnValidations.find((name) => !validations.includes(name));
  if (unknown !== undefined || (role.cnValidations.includes('disabled') && role.cnValidations.length > 1)) {
    refuse('invalid cn_validations', 'email and hostname, or disabled alone');
  }
  if (!role.allowedOtherSans.every(isOtherNamePattern))
    refuse('invalid allowed_other_sans', 'write *, or 1.3.6.1.4.1.311.20.2.3;UTF8:*@example.test');
  requireNotBeforeDuration(role.notBeforeSeconds);
  if (role.notAfter !== '') readTime('not_after', role.notAfter);
  if (!role.policyIdentifiers.every(isOid)) refuse('policy_identifiers must be OIDs', 'write 1.3.6.1.4.1.1');
  if (role.policyIdentifiers.length > maxPolicies) refuse('too many policy_identifiers', `${maxPolicies} at most`);
  const lists = [
    role.allowedDomains,
    role.allowedUriSans,
    role.allowedOtherSans,
    role.allowedSerialNumbers,
    role.allowedUserIds,
    role.allowedIpSansCidr,
  ];
  if (lists.some((items) => items.length > maxListed || items.some((item) => item.length > 512)))
    refuse('a list of the role is too long', `${maxListed} items of 512 characters`);
  parseCidrList(role.allowedIpSansCidr);
}
