import { StrongroomError } from '../lib/index.ts';

const maxPathLength = 4_096;
const maxSegments = 100;

/** A request's path below `/v1/`, decoded once. */
export interface CanonicalPath {
  /** Without leading and trailing slash. */
  readonly path: string;
  readonly trailingSlash: boolean;
}

function refuse(hint: string): never {
  throw new StrongroomError('invalid_path', 'invalid path', { hint });
}

/** Plain paths are the rule: letters, digits and the marks that are never encoded, single slashes. */
const plainPath =
  /^(?:[A-Za-z0-9_~@!$&'()*+,;=:-][A-Za-z0-9_.~@!$&'()*+,;=:-]*|\.[A-Za-z0-9_~@!$&'()*+,;=:-][A-Za-z0-9_.~@!$&'()*+,;=:-]*)(?:\/(?:[A-Za-z0-9_~@!$&'()*+,;=:-][A-Za-z0-9_.~@!$&'()*+,;=:-]*|\.[A-Za-z0-9_~@!$&'()*+,;=:-][A-Za-z0-9_.~@!$&'()*+,;=:-]*))*$/;

/**
 * Makes a path canonical, once, at the edge: after this there is one spelling of it, and policies, routes, the audit log
 * and the store all see the same. A path that is not canonical is refused, not repaired: empty and dot segments, encoded
 * slashes, backslashes, control characters, and letters that need no encoding but were encoded.
 */
export function canonicalPath(raw: string): CanonicalPath {
  if (raw.length > maxPathLength)
    throw new StrongroomError('uri_too_long', 'the path is too long', { hint: `at most ${maxPathLength} characters` });
  const trailingSlash = raw.endsWith('/');
  const body = trailingSlash ? raw.slice(0, -1) : raw;
  if (body === '') refuse('name what to act on after /v1/');
  // A text this short cannot have too many segments.
  if (body.length < 2 * maxSegments && plainPath.test(body)) return { path: body, trailingSlash };
  const segments = body.split('/');
  if (segments.length > maxSegments) refuse('the path has too many segments');
  return { path: segments.map(decodeSegment).join('/'), trailingSlash };
}

function decodeSegment(segment: string): string {
  if (segment === '') refuse('double slashes are not canonical');
  for (const found of segment.matchAll(/%(?:([0-9A-Fa-f]{2})|)/g)) {
    const code = found[1];
    if (code === undefined) refuse('a percent sign must begin an escape of two hex digits');
    if (/[A-Za-z0-9._~-]/.test(String.fromCharCode(Number.parseInt(code, 16)))) {
      refuse('letters, digits and . _ ~ - are not encoded in a canonical path');
    }
  }
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    return refuse('the path is not UTF-8');
  }
  if (decoded === '.' || decoded === '..') refuse('relative paths not supported');
  if (decoded.includes('/') || decoded.includes('\\')) refuse('slashes inside a segment are not supported');
  if (!isPrintable(decoded)) refuse('control characters are not supported in paths');
  return decoded;
}

function isPrintable(text: string): boolean {
  // C0, DEL, C1, line and paragraph separators, byte order mark, bidirectional controls.
  return !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(text);
}
