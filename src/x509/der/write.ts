import { contextConstructed, contextPrimitive, tags } from './tags.ts';

/** One DER element: identifier, shortest length (X.690 10.1), content joined from `parts`. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  return joinElement(tag, parts);
}

/** The same from a list, which may be longer than a call's arguments can be. */
export function joinElement(tag: number, parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const lengthOctets = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
  const bytes = Buffer.allocUnsafe(2 + lengthOctets + length);
  bytes[0] = tag;
  bytes[1] = lengthOctets === 0 ? length : 0x80 | lengthOctets;
  if (lengthOctets > 0) bytes.writeUIntBE(length, 2, lengthOctets);
  let offset = 2 + lengthOctets;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(tags.sequence, ...parts);

/** SET OF: the encodings in ascending order, shorter ones as if padded with zero bytes (X.690 11.6). */
export function setOf(members: readonly Uint8Array[]): Buffer {
  if (members.length < 2) return element(tags.set, ...members);
  return element(tags.set, ...[...members].sort(Buffer.compare));
}

/** BOOLEAN TRUE. FALSE is always a DEFAULT in X.509, so it is never written. */
export const booleanTrue: Buffer = Buffer.from('0101ff', 'hex');

export const derNull: Buffer = Buffer.from('0500', 'hex');

/** Content octets of a non-negative INTEGER: no leading zeros, one 00 where the top bit is set (X.690 8.3). */
export function unsignedIntegerContent(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start += 1;
  if (magnitude.length === 0) return Uint8Array.of(0);
  const bare = start === 0 ? magnitude : magnitude.subarray(start);
  return (bare[0] as number) < 0x80 ? bare : Buffer.concat([Uint8Array.of(0), bare]);
}

/** INTEGER from the big-endian bytes of a non-negative number. */
export function integerFromBytes(magnitude: Uint8Array, tag: number = tags.integer): Buffer {
  return element(tag, unsignedIntegerContent(magnitude));
}

/** INTEGER (or `[n]` IMPLICIT INTEGER) from a non-negative number. */
export function integer(value: number | bigint, tag: number = tags.integer): Buffer {
  if (value < 0) throw new RangeError('only non-negative integers are written');
  const hex = value.toString(16);
  return integerFromBytes(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'), tag);
}

export const enumerated = (value: number): Buffer => integer(value, tags.enumerated);

const noUnusedBits = Uint8Array.of(0);

/** BIT STRING of whole bytes. */
export const bitString = (bytes: Uint8Array): Buffer => element(tags.bitString, noUnusedBits, bytes);

/** BIT STRING of named bits, bit 0 first; trailing zero bits are left out (X.690 11.2.2). */
export function namedBitString(bits: readonly number[], tag: number = tags.bitString): Buffer {
  if (bits.length === 0) return element(tag, noUnusedBits);
  const last = Math.max(...bits);
  const content = Buffer.alloc(2 + (last >> 3));
  content[0] = 7 - (last & 7);
  for (const bit of bits) content[1 + (bit >> 3)] = (content[1 + (bit >> 3)] as number) | (0x80 >> (bit & 7));
  return element(tag, content);
}

export const octetString = (...parts: readonly Uint8Array[]): Buffer => element(tags.octetString, ...parts);

export const utf8String = (text: string): Buffer => element(tags.utf8String, Buffer.from(text, 'utf8'));

export const printableString = (text: string): Buffer => element(tags.printableString, Buffer.from(text, 'latin1'));

export const ia5String = (text: string, tag: number = tags.ia5String): Buffer =>
  element(tag, Buffer.from(text, 'latin1'));

/** `[n]` EXPLICIT around parts, or `[n]` IMPLICIT of a constructed type. */
export const context = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  element(contextConstructed(number), ...parts);

/** `[n]` IMPLICIT of a primitive type. */
export const contextValue = (number: number, content: Uint8Array): Buffer => element(contextPrimitive(number), content);
