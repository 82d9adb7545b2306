const schemePattern = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const characterPattern = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
const maxUriBytes = 2048;

/** Authority part of a URI, or undefined when it has none. */
export function uriAuthority(uri: string): string | undefined {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(uri)?.[1];
}

/** Host of a URI in lower case without port and userinfo; undefined when there is no authority. */
export function uriHost(uri: string): string | undefined {
  const authority = uriAuthority(uri);
  if (authority === undefined) return undefined;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const bracket = /^\[([^\]]*)\]/.exec(host);
  return (bracket ? (bracket[1] as string) : (host.split(':', 1)[0] as string)).toLowerCase();
}

/** Whether text is an absolute URI with a scheme, in RFC 3986 characters, without userinfo (RFC 5280 4.2.1.6). */
export function isUriName(text: string): boolean {
  if (text.length > maxUriBytes || !schemePattern.test(text) || !characterPattern.test(text)) return false;
  if (text.length === text.indexOf(':') + 1) return false;
  const authority = uriAuthority(text);
  return authority === undefined || (authority !== '' && !authority.includes('@')) || text.startsWith('file:///');
}

/** Whether text is an http or https address with a host: what CRL, OCSP and CA pointers may be. */
export function isHttpUrl(text: string): boolean {
  return isUriName(text) && /^https?:\/\/[^/?#:]/.test(text) && URL.canParse(text);
}
