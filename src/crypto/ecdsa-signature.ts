/**
 * ECDSA signatures are two numbers. Tokens and JOSE write them as r ‖ s, each padded to the length of the curve's order;
 * X.509 writes DER, SEQUENCE { INTEGER r, INTEGER s } (RFC 3279 2.2.3).
 */

/** Where the number in `bytes[start, end)` begins once leading zeros are dropped; `end` when it is zero. */
function firstNonZero(bytes: Uint8Array, start: number, end: number): number {
  let index = start;
  while (index < end && bytes[index] === 0) index += 1;
  return index;
}

/** r ‖ s as DER. Throws RangeError for an odd or unlikely length, or when r or s is 0 (never a signature). */
export function ecdsaRawToDer(raw: Uint8Array): Buffer {
  const half = raw.length / 2;
  if (!Number.isInteger(half) || half < 20 || half > 66) throw new RangeError('not an ECDSA signature');
  const rStart = firstNonZero(raw, 0, half);
  const sStart = firstNonZero(raw, half, raw.length);
  if (rStart === half || sStart === raw.length) throw new RangeError('not an ECDSA signature');
  const rPad = (raw[rStart] as number) >> 7;
  const sPad = (raw[sStart] as number) >> 7;
  const rLength = half - rStart + rPad;
  const sLength = raw.length - sStart + sPad;
  const bodyLength = 4 + rLength + sLength;
  const longForm = bodyLength > 127 ? 1 : 0;
  const der = Buffer.alloc(2 + longForm + bodyLength);
  let at = 0;
  der[at++] = 0x30;
  if (longForm === 1) der[at++] = 0x81;
  der[at++] = bodyLength;
  der[at++] = 0x02;
  der[at++] = rLength;
  at += rPad;
  der.set(raw.subarray(rStart, half), at);
  at += half - rStart;
  der[at++] = 0x02;
  der[at++] = sLength;
  der.set(raw.subarray(sStart), at + sPad);
  return der;
}

/** The order's length in bytes, by which r and s are padded. */
export const ecdsaOrderBytes = { 'ec-p256': 32, 'ec-p384': 48, 'ec-p521': 66 } as const;

/**
 * DER as r ‖ s of 2 × `orderBytes` bytes. Undefined for anything that is not the one DER form of two positive numbers
 * of that size: no trailing data, no padding, no long form where the short one does.
 */
export function ecdsaDerToRaw(der: Uint8Array, orderBytes: number): Buffer | undefined {
  if (der.length < 8 || der[0] !== 0x30) return undefined;
  let at = 2;
  let bodyLength = der[1] as number;
  if (bodyLength === 0x81) {
    bodyLength = der[2] as number;
    at = 3;
    if (bodyLength < 128) return undefined;
  } else if (bodyLength > 127) return undefined;
  if (at + bodyLength !== der.length) return undefined;
  const raw = Buffer.alloc(2 * orderBytes);
  for (let part = 0; part < 2; part += 1) {
    const next = readInteger(der, at, raw, part * orderBytes, orderBytes);
    if (next === undefined) return undefined;
    at = next;
  }
  return at === der.length ? raw : undefined;
}

/** Copies the INTEGER at `at` into `out`, right-aligned; answers where the next element starts. */
function readInteger(der: Uint8Array, at: number, out: Buffer, offset: number, size: number): number | undefined {
  const length = der[at + 1];
  if (der[at] !== 0x02 || length === undefined || length === 0 || length > size + 1) return undefined;
  const end = at + 2 + length;
  if (end > der.length) return undefined;
  let start = at + 2;
  if ((der[start] as number) >= 0x80) return undefined;
  if (der[start] === 0) {
    start += 1;
    if (start === end || (der[start] as number) < 0x80) return undefined;
  }
  if (end - start > size) return undefined;
  out.set(der.subarray(start, end), offset + size - (end - start));
  return end;
}
