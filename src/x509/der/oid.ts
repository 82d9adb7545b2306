import { refuseDer } from './refuse.ts';
import { tags } from './tags.ts';
import { element } from './write.ts';

const encoded = new Map<string, Buffer>();
const decoded = new Map<string, string>();

/** Callers may bring OIDs of their own (roles, requests): the caches stop growing here. */
const maxCached = 1024;
const maxArcs = 32;
const maxContentOctets = 64;
const textPattern = /^[012](?:\.(?:0|[1-9]\d{0,38}))+$/;

/** Whether text is a dotted OID that can be encoded (X.660: first arc 0…2, second below 40 under 0 and 1). */
export function isOid(text: string): boolean {
  if (text.length > 256 || !textPattern.test(text)) return false;
  const arcs = text.split('.');
  if (arcs.length > maxArcs || (arcs[0] !== '2' && Number(arcs[1]) >= 40)) return false;
  // Seven bits an octet are more than two digits, so a short text needs no counting.
  return text.length <= maxContentOctets || contentOctets(arcs).length <= maxContentOctets;
}

function base128(value: bigint): number[] {
  const octets = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) octets.unshift(0x80 | Number(rest & 0x7fn));
  return octets;
}

function contentOctets(arcs: readonly string[]): number[] {
  const [first, second, ...rest] = arcs.map(BigInt) as [bigint, bigint, ...bigint[]];
  return [first * 40n + second, ...rest].flatMap(base128);
}

/** OBJECT IDENTIFIER element of a dotted text. Refuses text that is not one. The answer is shared: do not write to it. */
export function oid(text: string): Buffer {
  const known = encoded.get(text);
  if (known) return known;
  if (!isOid(text)) refuseDer('not an object identifier');
  const bytes = element(tags.oid, Uint8Array.from(contentOctets(text.split('.'))));
  if (encoded.size < maxCached) encoded.set(text, bytes);
  return bytes;
}

/** Dotted text of the content octets of an OBJECT IDENTIFIER (X.690 8.19). */
export function decodeOid(content: Uint8Array): string {
  const key = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  const known = decoded.get(key);
  if (known !== undefined) return known;
  if (content.length === 0 || content.length > maxContentOctets) refuseDer('object identifier of bad length');
  const arcs: bigint[] = [];
  let value = 0n;
  let startOfArc = true;
  for (const octet of content) {
    if (startOfArc && octet === 0x80) refuseDer('object identifier arc with leading zeros');
    value = (value << 7n) | BigInt(octet & 0x7f);
    startOfArc = octet < 0x80;
    if (startOfArc) {
      arcs.push(value);
      value = 0n;
    }
  }
  if (!startOfArc || arcs.length >= maxArcs) refuseDer('object identifier cut off or too long');
  const top = arcs[0] as bigint;
  const first = top < 80n ? top / 40n : 2n;
  const text = [first, top - first * 40n, ...arcs.slice(1)].join('.');
  if (decoded.size < maxCached) decoded.set(key, text);
  return text;
}
