import { attributeSensitive, attributeTypeInvalid } from '../return-values.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { returnValueOf } from './failure.ts';

/**
 * One attribute, asked for alone: a call for several fails as a whole when one of them is unknown to the token.
 * Undefined when the token does not have it or does not tell.
 */
export function readAttribute(cryptoki: Cryptoki, session: Handle, object: Handle, type: number): Buffer | undefined {
  try {
    return cryptoki.C_GetAttributeValue(session, object, [{ type }])[0]?.value;
  } catch (error) {
    const code = returnValueOf(error);
    if (code === attributeTypeInvalid || code === attributeSensitive) return undefined;
    throw error;
  }
}

/** A CK_BBOOL; false when the token does not say so. */
export function readFlag(cryptoki: Cryptoki, session: Handle, object: Handle, type: number): boolean {
  const value = readAttribute(cryptoki, session, object, type);
  return value !== undefined && value.length === 1 && value[0] !== 0;
}

/** A CK_ULONG, in the byte order and width of the machine (little-endian on every machine Node runs on but s390x). */
export function readNumber(cryptoki: Cryptoki, session: Handle, object: Handle, type: number): number | undefined {
  const value = readAttribute(cryptoki, session, object, type);
  if (value === undefined || value.length < 4) return undefined;
  return bigEndian ? value.readUInt32BE(value.length - 4) : value.readUInt32LE(0);
}

const bigEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;
