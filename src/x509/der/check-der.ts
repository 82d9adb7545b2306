import { refuseDer } from './refuse.ts';
import { tags } from './tags.ts';

export const maxDepth = 32;

interface Header {
  readonly tag: number;
  readonly contentStart: number;
  readonly end: number;
}

/**
 * Reads identifier and length at `offset` within `limit`. Refuses tag numbers above 30, indefinite length, lengths not
 * in their shortest form, and what runs beyond `limit` (X.690 8.1, 10.1).
 */
export function readHeader(bytes: Uint8Array, offset: number, limit: number): Header {
  if (offset + 2 > limit) refuseDer('cut off');
  const tag = bytes[offset] as number;
  if ((tag & 0x1f) === 0x1f) refuseDer('long tag form');
  const first = bytes[offset + 1] as number;
  let contentStart = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0) refuseDer('indefinite length');
    if (count > 4 || contentStart + count > limit) refuseDer('length out of range');
    length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[contentStart + index] as number);
    if (length < 0x80 || bytes[contentStart] === 0) refuseDer('length not in its shortest form');
    contentStart += count;
  }
  if (length > limit - contentStart) refuseDer('length beyond the end');
  return { tag, contentStart, end: contentStart + length };
}

function checkPrimitive(bytes: Uint8Array, { tag, contentStart, end }: Header): void {
  const length = end - contentStart;
  const first = bytes[contentStart] as number;
  switch (tag) {
    case tags.boolean:
      if (length !== 1 || (first !== 0 && first !== 0xff)) refuseDer('BOOLEAN is neither 00 nor FF');
      return;
    case tags.integer:
    case tags.enumerated: {
      if (length === 0) refuseDer('empty INTEGER');
      const second = bytes[contentStart + 1] as number;
      if (length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
        refuseDer('INTEGER not in its shortest form');
      }
      return;
    }
    case tags.null:
      if (length !== 0) refuseDer('NULL with content');
      return;
    case tags.bitString: {
      if (length === 0 || first > 7 || (length === 1 && first !== 0)) refuseDer('BIT STRING with bad unused bits');
      if (length > 1 && ((bytes[end - 1] as number) & ((1 << first) - 1)) !== 0)
        refuseDer('BIT STRING with set unused bits');
      return;
    }
    case tags.sequence & ~0x20:
    case tags.set & ~0x20:
      refuseDer('SEQUENCE or SET without the constructed bit');
  }
}

/** Universal types that DER allows in constructed form: SEQUENCE and SET alone (X.690 10.2). */
function checkConstructed(tag: number): void {
  if ((tag & 0xc0) === 0 && tag !== tags.sequence && tag !== tags.set) refuseDer('constructed string');
}

/**
 * Walks one element that must fill `bytes` exactly, and everything in it: depth up to 32, no indefinite lengths,
 * shortest lengths and integers, no trailing bytes. Linear in time, no recursion: nesting cannot exhaust the stack.
 */
export function checkDer(bytes: Uint8Array): void {
  const ends: number[] = [];
  let limit = bytes.length;
  let offset = 0;
  let seen = 0;
  do {
    const header = readHeader(bytes, offset, limit);
    seen += 1;
    if (seen === 1 && header.end !== bytes.length) refuseDer('trailing bytes');
    if ((header.tag & 0x20) === 0) {
      checkPrimitive(bytes, header);
      offset = header.end;
    } else {
      checkConstructed(header.tag);
      if (ends.length >= maxDepth) refuseDer('nested too deeply');
      ends.push(limit);
      limit = header.end;
      offset = header.contentStart;
    }
    while (offset === limit && ends.length > 0) limit = ends.pop() as number;
  } while (offset < bytes.length);
}
