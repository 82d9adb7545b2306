import { tags } from '../der/index.ts';
import { decodeString } from './decode-string.ts';
import { readRawAttributes } from './distinguished-name.ts';

const caseFolded: ReadonlySet<number> = new Set([
  tags.utf8String,
  tags.printableString,
  tags.ia5String,
  tags.bmpString,
]);

/**
 * One comparable text a relative name (RFC 5280 7.1): string values by content, case folded, runs of blanks as one,
 * ends trimmed; other types by their bytes. Values are JSON-quoted, so no value can imitate a border.
 */
export function canonicalRelativeNames(name: Buffer): string[] {
  const members: string[][] = [];
  for (const { oid, tag, content, rdn } of readRawAttributes(name)) {
    const value = caseFolded.has(tag)
      ? decodeString(tag, content).normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')
      : `#${tag}:${content.toString('hex')}`;
    const member = JSON.stringify([oid, value]);
    const list = members[rdn];
    if (list) list.push(member);
    else members[rdn] = [member];
  }
  return members.map((list) => list.sort().join('+'));
}

/** Equality of two Name encodings: bytes first, then RFC 5280 7.1. */
export function sameName(left: Buffer, right: Buffer): boolean {
  if (left.equals(right)) return true;
  const [one, other] = [canonicalRelativeNames(left), canonicalRelativeNames(right)];
  return one.length === other.length && one.every((part, index) => part === other[index]);
}

/** Whether `name` lies in the subtree of `base`: begins with all of its relative names (RFC 5280 4.2.1.10). */
export function nameWithin(name: Buffer, base: Buffer): boolean {
  const parts = canonicalRelativeNames(name);
  return canonicalRelativeNames(base).every((part, index) => part === parts[index]);
}
