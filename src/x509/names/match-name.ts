import { isDnsName } from './dns-name.ts';
import { canonicalEmail } from './email-address.ts';
import { matchesDnsPattern, matchesTextPattern } from './match-pattern.ts';
import { isUriName, uriAuthority } from './uri-name.ts';

/**
 * Whether a DNS alternative name matches a pattern. What is no DNS name as it is issued (a dot at the end, an empty label)
 * matches nothing.
 */
export function matchesDnsName(pattern: string, name: string): boolean {
  const isIssuable = isDnsName(name.toLowerCase(), { allowWildcard: true, allowUnderscore: true });
  return isIssuable && matchesDnsPattern(pattern, name);
}

/** A star alone is any host; else stars stay inside their label. */
const matchesHost = (pattern: string, host: string): boolean => pattern === '*' || matchesDnsPattern(pattern, host);

/**
 * Whether a mail address matches a pattern: with an `@`, each side for itself, the local part with regard to case (RFC
 * 5321 2.4), stars inside a label of the domain; without one, the whole text.
 */
export function matchesEmail(pattern: string, name: string): boolean {
  const email = canonicalEmail(name);
  if (email === undefined) return false;
  const [at, patternAt] = [email.lastIndexOf('@'), pattern.lastIndexOf('@')];
  if (patternAt === -1) return matchesTextPattern(pattern, email);
  return (
    matchesTextPattern(pattern.slice(0, patternAt), email.slice(0, at)) &&
    matchesHost(pattern.slice(patternAt + 1), email.slice(at + 1))
  );
}

/** Octets that are never written encoded in the normal form, and those whose encoding hides structure: `/`, `\`, controls. */
const misleadingEscape = /%(?:2[DEF]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5[CF]|7[EF]|[01].)/;

/**
 * Whether a URI is in its normal form (RFC 3986 6.2.2): scheme and authority in lower case, no dot segments and no empty
 * ones, nothing encoded that need not be. Every other spelling may be read as another name than the one that was matched.
 */
export function isNormalUri(uri: string): boolean {
  if (!isUriName(uri)) return false;
  const [, scheme = '', rest = ''] = /^([^:]*):(.*)$/s.exec(uri) ?? [];
  const authority = uriAuthority(uri) ?? '';
  if (/[A-Z]/.test(scheme) || /[A-Z%]/.test(authority)) return false;
  if (/%(?![0-9A-F]{2})/.test(uri) || misleadingEscape.test(uri)) return false;
  const path = (rest.startsWith('//') ? rest.slice(2 + authority.length) : rest).replace(/[?#].*$/s, '');
  const segments = path.split('/');
  const inner = segments.slice(1, -1);
  return !inner.includes('') && !segments.includes('.') && !segments.includes('..');
}

/**
 * Whether a URI matches a pattern. Only one in its normal form matches at all. Where the pattern has an authority, that
 * is matched for itself, stars inside a label: no star reaches from it into the path or back. A star that ends a pattern
 * inside its authority leaves the path open. Elsewhere a star stands for any characters.
 */
export function matchesUri(pattern: string, uri: string): boolean {
  if (!isNormalUri(uri)) return false;
  const wanted = /^([^:/?#]*:)\/\/([^/?#]*)(.*)$/s.exec(pattern);
  if (!wanted) return matchesTextPattern(pattern, uri);
  const [, scheme = '', authority = '', rest = ''] = wanted;
  const own = uriAuthority(uri);
  if (own === undefined) return false;
  const ownScheme = uri.slice(0, uri.indexOf(':') + 1);
  const openPath = rest === '' && authority.endsWith('*');
  return (
    matchesTextPattern(scheme.toLowerCase(), ownScheme) &&
    matchesHost(authority, own) &&
    (openPath || matchesTextPattern(rest, uri.slice(ownScheme.length + 2 + own.length)))
  );
}
