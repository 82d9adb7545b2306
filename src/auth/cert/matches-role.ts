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

const stringTags: ReadonlySet<number | undefined> = new Set([0x0c, 0x13, 0x16]);

/** The text of a DER string (UTF8String, PrintableString, IA5String); other values as they are. */
export function extensionText(value: Buffer): string {
  return (stringTags.has(value[0]) ? (contentOf(value) ?? value) : value).toString('utf8');
}

/** What is inside a DER element, its length in one to three octets (X.690 8.1.3). */
function contentOf(element: Buffer): Buffer | undefined {
  const [, first = 0xff, second = 0, third = 0] = element;
  const [header, length] = first < 0x80 ? [2, first] : first === 0x81 ? [3, second] : [4, second * 256 + third];
  return first !== 0x80 && first <= 0x82 && length === element.length - header ? element.subarray(header) : undefined;
}
