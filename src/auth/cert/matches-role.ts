import {
  attributeValues,
  decodeDistinguishedName,
  type GeneralName,
  matchesDnsPattern,
  matchesTextPattern,
  type ParsedCertificate,
} from '../../x509/index.ts';
import type { CertRole } from './records.ts';

type NamedKind = Extract<GeneralName['kind'], 'dns' | 'email' | 'uri'>;

const namesOf = (leaf: ParsedCertificate, kind: NamedKind): string[] =>
  leaf.alternativeNames.flatMap((name) => (name.kind === kind ? [name.value] : []));

const any = (
  patterns: readonly string[],
  names: readonly string[],
  matches: (pattern: string, name: string) => boolean,
): boolean => patterns.length === 0 || names.some((name) => patterns.some((pattern) => matches(pattern, name)));

/** Mail addresses match in their domain without regard to case, and by whole text. */
const matchesEmail = (pattern: string, name: string): boolean =>
  matchesTextPattern(pattern.toLowerCase(), name.toLowerCase());

/** Whether the names and extensions of a verified certificate are those a role asks for. Every kind asked for must fit. */
export function matchesRole(leaf: ParsedCertificate, role: CertRole): boolean {
  const subject = decodeDistinguishedName(leaf.subject);
  const commonNames = attributeValues(subject, 'commonName');
  const units = attributeValues(subject, 'organizationalUnit');
  const [dns, email, uri] = [namesOf(leaf, 'dns'), namesOf(leaf, 'email'), namesOf(leaf, 'uri')];
  return (
    (any(role.allowedNames, [...commonNames, ...dns], matchesDnsPattern) ||
      (role.allowedNames.length > 0 && any(role.allowedNames, email, matchesEmail))) &&
    any(role.allowedCommonNames, commonNames, matchesDnsPattern) &&
    any(role.allowedDnsSans, dns, matchesDnsPattern) &&
    any(role.allowedEmailSans, email, matchesEmail) &&
    any(role.allowedUriSans, uri, matchesTextPattern) &&
    any(role.allowedOrganizationalUnits, units, matchesTextPattern) &&
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
    pattern,
    isHex ? Buffer.from(extension.value).toString('hex') : extensionText(Buffer.from(extension.value)),
  );
}

/** The text of a short DER string (UTF8String, PrintableString, IA5String); other values as they are. */
export function extensionText(value: Buffer): string {
  const isString =
    value.length >= 2 && [0x0c, 0x13, 0x16].includes(value[0] as number) && value[1] === value.length - 2;
  return (isString ? value.subarray(2) : value).toString('utf8');
}
