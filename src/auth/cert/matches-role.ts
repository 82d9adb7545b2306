import {
  attributeValues,
  decodeDistinguishedName,
  type GeneralName,
  matchesDnsName,
  matchesDnsPattern,
  matchesEmail,
  matchesTextPattern,
  matchesUri,
  type ParsedCertificate,
} from '../../x509/index.ts';
import type { CertRole } from './records.ts';

type NamedKind = Extract<GeneralName['kind'], 'dns' | 'email' | 'uri'>;
type Matches = (pattern: string, name: string) => boolean;

const namesOf = (leaf: ParsedCertificate, kind: NamedKind): string[] =>
  leaf.alternativeNames.flatMap((name) => (name.kind === kind ? [name.value] : []));

const any = (patterns: readonly string[], names: readonly string[], matches: Matches): boolean =>
  names.some((name) => patterns.some((pattern) => matches(pattern, name)));

const unlessAsked = (patterns: readonly string[], names: readonly string[], matches: Matches): boolean =>
  patterns.length === 0 || any(patterns, names, matches);

/** Common names are host names, or any text, which matches as it is. */
const matchesCommonName: Matches = (pattern, name) => pattern === name || matchesDnsPattern(pattern, name);

/** Among patterns for names of every kind, one without an `@` is none for mail addresses. */
const matchesEmailAmongNames: Matches = (pattern, name) => pattern.includes('@') && matchesEmail(pattern, name);

/** Whether the names and extensions of a verified certificate are those a role asks for. Every kind asked for must fit. */
export function matchesRole(leaf: ParsedCertificate, commonName: string, role: CertRole): boolean {
  const units = attributeValues(decodeDistinguishedName(leaf.subject), 'organizationalUnit');
  const [dns, email, uri] = [namesOf(leaf, 'dns'), namesOf(leaf, 'email'), namesOf(leaf, 'uri')];
  return (
    (role.allowedNames.length === 0 ||
      any(role.allowedNames, [commonName], matchesCommonName) ||
      any(role.allowedNames, dns, matchesDnsName) ||
      any(role.allowedNames, email, matchesEmailAmongNames)) &&
    unlessAsked(role.allowedCommonNames, [commonName], matchesCommonName) &&
    unlessAsked(role.allowedDnsSans, dns, matchesDnsName) &&
    unlessAsked(role.allowedEmailSans, email, matchesEmail) &&
    unlessAsked(role.allowedUriSans, uri, matchesUri) &&
    unlessAsked(role.allowedOrganizationalUnits, units, matchesTextPattern) &&
    role.requiredExtensions.every((wanted) => hasExtension(leaf, wanted))
  );
}

/** `oid:pattern` over the text of the value (a DER string or its bytes as UTF-8), `hex:oid:pattern` over its hex. */
function hasExtension(leaf: ParsedCertificate, wanted: string): boolean {
  const isHex = wanted.startsWith('hex:');
  const [oid = '', ...rest] = (isHex ? wanted.slice(4) : wanted).split(':');
  const extension = leaf.extensions.get(oid);
  if (!extension) return false;
  const pattern = rest.join(':');
  return matchesTextPattern(
    isHex ? pattern.toLowerCase() : pattern,
    isHex ? Buffer.from(extension.value).toString('hex') : extensionText(Buffer.from(extension.value)),
  );
}

/** The text of a short DER string (UTF8String, PrintableString, IA5String); other values as they are. */
export function extensionText(value: Buffer): string {
  const isString =
    value.length >= 2 && [0x0c, 0x13, 0x16].includes(value[0] as number) && value[1] === value.length - 2;
  return (isString ? value.subarray(2) : value).toString('utf8');
}
