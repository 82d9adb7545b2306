import type { NameConstraints, NameSubtree } from '../extensions/index.ts';
import { type GeneralName, ipToBytes, isDnsName, nameWithin, uriAuthority, uriHost } from '../names/index.ts';

/** DNS (RFC 5280 4.2.1.10): the base and everything below; empty covers all; a leading dot means below only. */
function dnsWithin(name: string, base: string): boolean {
  if (base === '') return true;
  const lower = name.toLowerCase();
  return base.startsWith('.') ? lower.endsWith(base) : lower === base || lower.endsWith(`.${base}`);
}

/** Host rule of email and URI constraints: `host` exactly, `.dom` below. */
const hostWithin = (host: string, base: string): boolean =>
  base.startsWith('.') ? host.endsWith(base) : host === base;

function emailWithin(mailbox: string, base: string): boolean {
  if (base === '') return true;
  const at = mailbox.lastIndexOf('@');
  const host = mailbox.slice(at + 1).toLowerCase();
  const baseAt = base.lastIndexOf('@');
  if (baseAt === -1) return hostWithin(host, base.toLowerCase());
  return mailbox.slice(0, at) === base.slice(0, baseAt) && host === base.slice(baseAt + 1).toLowerCase();
}

function ipWithin(address: string, base: Buffer, mask: Buffer): boolean {
  const bytes = ipToBytes(address);
  if (bytes === undefined || bytes.length !== base.length) return false;
  return bytes.every((octet, index) => {
    const bits = mask[index] as number;
    return (octet & bits) === ((base[index] as number) & bits);
  });
}

/**
 * The host of a URI where it can be judged. An address or no host cannot satisfy a URI constraint (RFC 5280 4.2.1.10);
 * neither can a host written another way (encoded, with the root's dot), which readers resolve and do not compare.
 */
const judgedHost = (uri: string): string | undefined => {
  const host = uriAuthority(uri)?.includes('[') ? undefined : uriHost(uri);
  return host !== undefined && isDnsName(host, { allowUnderscore: true }) ? host : undefined;
};

function within(name: GeneralName, subtree: NameSubtree): boolean {
  if (subtree.kind === 'ip') return name.kind === 'ip' && ipWithin(name.value, subtree.address, subtree.mask);
  if (subtree.kind === 'directory') return name.kind === 'directory' && nameWithin(name.der, subtree.der);
  if (subtree.kind === 'opaque' || name.kind !== subtree.kind) return false;
  if (subtree.kind === 'dns') return dnsWithin(name.value, subtree.base);
  if (subtree.kind === 'email') return emailWithin(name.value, subtree.base);
  const host = judgedHost(name.value);
  return host !== undefined && (subtree.base === '' || hostWithin(host, subtree.base));
}

/** Whether a wildcard could stand for a name inside an excluded tree: `*.x` with anything excluded at or below x. */
function wildcardTouches(name: GeneralName, subtree: NameSubtree): boolean {
  if (name.kind !== 'dns' || subtree.kind !== 'dns' || !name.value.startsWith('*.')) return false;
  const parent = name.value.slice(2).toLowerCase();
  const base = subtree.base.replace(/^\./, '');
  return base === parent || base.endsWith(`.${parent}`);
}

function excludes(name: GeneralName, subtree: NameSubtree): boolean {
  if (within(name, subtree) || wildcardTouches(name, subtree)) return true;
  // A URI that cannot be judged, beside a rule about URIs, is refused rather than let through.
  return name.kind === 'uri' && subtree.kind === 'uri' && judgedHost(name.value) === undefined;
}

const smtpUtf8MailboxOid = '1.3.6.1.5.5.7.8.9';
const tagOfKind = (name: GeneralName): number =>
  name.kind === 'opaque' ? name.tag : name.kind === 'other' ? 0xa0 : -1;

/** Constraints on forms of names we cannot judge forbid every name of that form (RFC 5280 4.2.1.10, last rule). */
function beyondJudging(name: GeneralName, subtrees: readonly NameSubtree[]): boolean {
  // SmtpUTF8Mailbox names are bound by email constraints (RFC 9598 6), which we do not convert: refused beside one.
  const internationalMailbox = name.kind === 'other' && name.oid === smtpUtf8MailboxOid;
  return subtrees.some(
    (subtree) =>
      (subtree.kind === 'opaque' && subtree.tag === tagOfKind(name)) ||
      (internationalMailbox && subtree.kind === 'email'),
  );
}

/** Whether one name may stand below a CA with these constraints: exclusion beats permission; unmentioned kinds are free. */
export function isNameAllowed(name: GeneralName, { permitted, excluded }: NameConstraints): boolean {
  if (beyondJudging(name, permitted) || beyondJudging(name, excluded)) return false;
  if (excluded.some((subtree) => excludes(name, subtree))) return false;
  const sameKind = permitted.filter((subtree) => subtree.kind === name.kind);
  return sameKind.length === 0 || sameKind.some((subtree) => within(name, subtree));
}
