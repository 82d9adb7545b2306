const absolutePattern = /^https?:\/\/([^/?#]*)(.*)$/i;
const hostPattern = /^(?:[A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?$/;

/** RFC 9110 7.2 with what a name can hold: no user part, no percent signs, a port that exists. The empty host is allowed by 7.2. */
export function isHost(text: string): boolean {
  if (text === '') return true;
  const match = hostPattern.exec(text);
  return match !== null && (match[1] === undefined || Number(match[1]) <= 65_535);
}

/**
 * The path and query of a request target, in its origin form. The absolute form (RFC 9112 3.2.2) is taken when it names
 * the same host as the Host field; undefined means refuse. Fragments and backslashes, which no URL of a request may
 * hold (RFC 3986 2), are refused, since URL libraries read them as something else.
 */
export function originForm(target: string, host: string | undefined): string | undefined {
  if (target.includes('#') || target.includes('\\')) return undefined;
  if (target.charCodeAt(0) === 0x2f) return target;
  const match = absolutePattern.exec(target);
  if (match === null) return undefined;
  const authority = match[1] as string;
  if (authority === '' || !isHost(authority) || authority.toLowerCase() !== host?.toLowerCase()) return undefined;
  const rest = match[2] as string;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Parameters in the query of a URL, counted without reading them. */
export function countParameters(url: string): number {
  let count = 1;
  for (let index = url.indexOf('?'); index !== -1; index = url.indexOf('&', index + 1)) count += 1;
  return count - 1;
}
