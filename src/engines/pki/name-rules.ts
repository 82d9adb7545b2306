import { type CidrList, parseCidrList, StrongroomError } from '../../lib/index.ts';
import {
  canonicalDnsName,
  canonicalGeneralName,
  type GeneralName,
  matchesTextPattern,
  matchesUri,
  parseOtherName,
} from '../../x509/index.ts';
import type { PkiRole } from './role.ts';

/** Whether a role allows a DNS name or mail address. The whole name is judged, in the form in which it is issued. */
export function isNameAllowed(role: PkiRole, name: string): boolean {
  const at = name.lastIndexOf('@');
  const isEmail = at !== -1;
  const host = isEmail ? name.slice(at + 1) : name;
  // Whatever enforce_hostnames says: a star stands for more than one host, in the one form RFC 6125 6.4.3 leaves.
  const isWildcard = host.includes('*');
  if (isWildcard && (isEmail || !role.allowWildcardCertificates || !/^\*\.[^*]+$/.test(host))) return false;
  const bare = isWildcard ? host.slice(2) : host;
  if (role.enforceHostnames && canonicalDnsName(bare) === undefined) return false;
  if (role.allowAnyName) return true;
  if (role.allowLocalhost && ['localhost', 'localdomain'].includes(bare) && !isWildcard) return true;
  return listsOf(role).domains.some((domain) => fitsDomain(role, { name, bare, isEmail, isWildcard }, domain));
}

/** Lists of a role as they are compared: read once a role, since a request may have a thousand names. */
interface RoleLists {
  readonly domains: readonly string[];
  readonly addresses: CidrList;
}

const read = new WeakMap<PkiRole, RoleLists>();

function listsOf(role: PkiRole): RoleLists {
  const known = read.get(role);
  if (known) return known;
  const lists = { domains: role.allowedDomains.map(judgedDomain), addresses: parseCidrList(role.allowedIpSansCidr) };
  read.set(role, lists);
  return lists;
}

/** An entry of allowed_domains in the form names are issued in: lower case, Unicode labels as A-labels. */
function judgedDomain(entry: string): string {
  const lower = entry.toLowerCase();
  if (/^[!-~]*$/.test(lower)) return lower;
  return lower.replace(/[^.@*]+/g, (label) => canonicalDnsName(label) ?? label);
}

interface JudgedName {
  readonly name: string;
  readonly bare: string;
  readonly isEmail: boolean;
  readonly isWildcard: boolean;
}

function fitsDomain(role: PkiRole, { name, bare, isEmail, isWildcard }: JudgedName, domain: string): boolean {
  // A mail address in the list of domains stands for itself.
  if (role.allowBareDomains && !isWildcard && (bare === domain || (isEmail && name.toLowerCase() === domain)))
    return true;
  if (role.allowSubdomains) {
    if (bare.endsWith(`.${domain}`)) return true;
    if (isWildcard && bare === domain) return true;
  }
  return role.allowGlobDomains && domain.includes('*') && matchesTextPattern(domain, isWildcard ? `*.${bare}` : bare);
}

/** Refuses the first alternative name that a role does not allow. */
export function requireAllowedNames(role: PkiRole, names: readonly GeneralName[]): void {
  for (const name of names) {
    if (isAlternativeNameAllowed(role, name)) continue;
    const shown = 'value' in name ? name.value : name.kind;
    throw new StrongroomError('invalid_request', `subject alternate name ${shown} not allowed by this role`, {
      hint: 'ask for other names, or a role that allows this one',
    });
  }
}

function isAlternativeNameAllowed(role: PkiRole, name: GeneralName): boolean {
  switch (name.kind) {
    case 'dns':
    case 'email':
      return isNameAllowed(role, name.value);
    case 'ip':
      return isAddressAllowed(role, name.value);
    case 'uri':
      return role.allowedUriSans.some((pattern) => matchesUri(pattern, name.value));
    case 'other':
      return role.allowedOtherSans.some((pattern) => fitsOtherName(pattern, name.oid, name.value));
    default:
      return false;
  }
}

const isAddressAllowed = (role: PkiRole, address: string): boolean =>
  role.allowIpSans && listsOf(role).addresses.allows(address);

/** `*`, or `oid;UTF8:pattern`. */
function fitsOtherName(pattern: string, oid: string, value: string): boolean {
  if (pattern === '*') return true;
  const found = parseOtherName(pattern);
  return found !== undefined && found.oid === oid && matchesTextPattern(found.value, value);
}

/** Whether an entry of allowed_other_sans can allow anything. */
export const isOtherNamePattern = (pattern: string): boolean =>
  pattern === '*' || parseOtherName(pattern) !== undefined;

/** Refuses a common name that a role does not allow. */
export function requireAllowedCommonName(role: PkiRole, commonName: string): void {
  if (commonName === '') {
    if (!role.requireCn) return;
    throw new StrongroomError(
      'missing_field',
      'the common_name field is required, or must be provided in a CSR with "use_csr_common_name" set to true, unless "require_cn" is set to false',
      {
        hint: 'send "common_name"',
      },
    );
  }
  if (role.cnValidations.includes('disabled') || isCommonNameAllowed(role, commonName)) return;
  throw new StrongroomError('invalid_request', `common name ${commonName.slice(0, 128)} not allowed by this role`, {
    hint: 'see allowed_domains and its switches in the role',
  });
}

/** `commonName` as `canonicalCommonName` has it. */
function isCommonNameAllowed(role: PkiRole, commonName: string): boolean {
  const isEmail = commonName.includes('@');
  if (!role.cnValidations.includes(isEmail ? 'email' : 'hostname')) return false;
  const address = canonicalGeneralName('ip', commonName);
  if (address && 'value' in address && !isAddressAllowed(role, address.value)) return false;
  // The root's dot would make it a second spelling of a name that certificates write without.
  if (/[^.]\.[^.]+\.$/.test(commonName) && canonicalDnsName(commonName.slice(0, -1)) !== undefined) return false;
  return isNameAllowed(role, isEmail ? commonName : commonName.toLowerCase());
}
