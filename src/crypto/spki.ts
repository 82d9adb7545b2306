import type { KeyPairAlgorithm } from './signature.ts';

/** AlgorithmIdentifiers of public keys, byte exact (RFC 3279, 5480, 8410). */
const ecIdentifiers = {
  'ec-p256': '301306072a8648ce3d020106082a8648ce3d030107',
  'ec-p384': '301006072a8648ce3d020106052b81040022',
  'ec-p521': '301006072a8648ce3d020106052b81040023',
} as const;
const rsaIdentifier = Buffer.from('300d06092a864886f70d0101010500', 'hex');
const ed25519Identifier = Buffer.from('300506032b6570', 'hex');

type EcAlgorithm = keyof typeof ecIdentifiers;

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length > 0xffff) throw new RangeError('a public key is not that long');
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function unsignedInteger(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const value = bytes.subarray(start);
  return element(0x02, Buffer.alloc((value[0] ?? 0) >> 7), value);
}

function subjectPublicKeyInfo(identifier: Uint8Array, key: Uint8Array): Buffer {
  return element(0x30, identifier, element(0x03, Buffer.alloc(1), key));
}

/** SubjectPublicKeyInfo of a point in its uncompressed form, 04 ‖ x ‖ y. */
export function ecSpki(algorithm: EcAlgorithm, point: Uint8Array): Buffer {
  return subjectPublicKeyInfo(Buffer.from(ecIdentifiers[algorithm], 'hex'), point);
}

/** SubjectPublicKeyInfo of an RSA key from modulus and exponent, big-endian. */
export function rsaSpki(modulus: Uint8Array, exponent: Uint8Array): Buffer {
  return subjectPublicKeyInfo(rsaIdentifier, element(0x30, unsignedInteger(modulus), unsignedInteger(exponent)));
}

/** SubjectPublicKeyInfo of the 32 bytes of an Ed25519 public key. */
export function ed25519Spki(point: Uint8Array): Buffer {
  if (point.length !== 32) throw new RangeError('an Ed25519 public key has 32 bytes');
  return subjectPublicKeyInfo(ed25519Identifier, point);
}

/** True for the three curves. */
export function isEcAlgorithm(algorithm: KeyPairAlgorithm): algorithm is EcAlgorithm {
  return algorithm in ecIdentifiers;
}

/** The bytes of a public key of an EC algorithm (04 ‖ x ‖ y) or of Ed25519, cut from its SubjectPublicKeyInfo. */
export function pointOfSpki(algorithm: EcAlgorithm | 'ed25519', spki: Uint8Array): Buffer {
  return Buffer.from(spki.subarray(spki.length - publicPointBytes[algorithm]));
}

/** How long that is. */
export const publicPointBytes = { 'ec-p256': 65, 'ec-p384': 97, 'ec-p521': 133, ed25519: 32 } as const;

/** Modulus and exponent, big-endian without leading zeros, of an RSA SubjectPublicKeyInfo that was checked before. */
export function rsaNumbersOfSpki(spki: Uint8Array): { readonly modulus: Buffer; readonly exponent: Buffer } {
  const info = contentOf(spki, 0x30);
  const bits = contentOf(info.content.subarray(rsaIdentifier.length), 0x03);
  const numbers = contentOf(bits.content.subarray(1), 0x30);
  const modulus = contentOf(numbers.content, 0x02);
  const exponent = contentOf(modulus.rest, 0x02);
  return { modulus: withoutZeros(modulus.content), exponent: withoutZeros(exponent.content) };
}

function withoutZeros(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes[0] === 0 ? bytes.subarray(1) : bytes);
}

function contentOf(der: Uint8Array, tag: number): { readonly content: Uint8Array; readonly rest: Uint8Array } {
  if (der[0] !== tag || der.length < 2) throw new RangeError('not an RSA public key');
  let length = der[1] as number;
  let start = 2;
  if (length > 0x80) {
    const count = length - 0x80;
    if (count > 2) throw new RangeError('not an RSA public key');
    length = Buffer.from(der.subarray(2, 2 + count)).readUIntBE(0, count);
    start += count;
  }
  if (start + length > der.length) throw new RangeError('not an RSA public key');
  return { content: der.subarray(start, start + length), rest: der.subarray(start + length) };
}
