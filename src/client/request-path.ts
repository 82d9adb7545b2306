import { StrongroomError } from '../lib/index.ts';
import type { QueryValue } from './wire.ts';

const maxPathLength = 8192;

function refuse(message: string): never {
  throw new StrongroomError('invalid_path', message, {
    hint: 'write a path such as secret/data/app, without "..", "//" or control characters',
  });
}

/** RFC 3986 3.3: pchar stays readable; everything else is percent-encoded as UTF-8. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(/%(?:3A|40|24|26|2B|2C|3B|3D)/g, (code) => decodeURIComponent(code));
}

/**
 * The request target of a path below `/v1/`. A leading `/` is dropped, as is `v1/` after it; a trailing `/` stays.
 * A path that is not canonical is refused here rather than repaired by a URL parser on the way.
 */
export function requestTarget(path: string, query: Readonly<Record<string, QueryValue>> = {}): string {
  if (path.length > maxPathLength) refuse('the path is too long');
  const bare = path.startsWith('/v1/') ? path.slice(4) : path.startsWith('/') ? path.slice(1) : path;
  if (bare === '') refuse('the path is empty');
  const segments = bare.split('/');
  const last = segments.length - 1;
  const encoded = segments.map((segment, index) => {
    if (segment === '' && index !== last) refuse('the path has an empty segment');
    if (segment === '.' || segment === '..') refuse('the path has a relative segment');
    if (/[\u0000-\u001f\u007f]/.test(segment) || !segment.isWellFormed()) refuse('the path has a control character');
    return encodeSegment(segment);
  });
  return `/v1/${encoded.join('/')}${encodeQuery(query)}`;
}

function encodeQuery(query: Readonly<Record<string, QueryValue>>): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (typeof value === 'object') for (const item of value) parts.append(name, item);
    else parts.append(name, String(value));
  }
  const text = parts.toString();
  return text === '' ? '' : `?${text}`;
}

/** One caller-given name as one path segment: a name with `/` in it would be another path. */
export function pathSegment(name: string): string {
  if (name === '' || name.includes('/')) refuse(`"${name.slice(0, 64)}" is not one path segment`);
  return name;
}

/** A mount path without slashes at its ends. */
export function mountPath(path: string): string {
  const bare = path.replace(/^\/+|\/+$/g, '');
  if (bare === '') refuse('the mount path is empty');
  return bare;
}
