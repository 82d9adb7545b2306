import { type PublicKeyKind, type SignatureScheme, VerifyKey } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { DerReader, readSequence, refuseDer, tags } from '../der/index.ts';
import { type EcCurve, type KeyAlgorithm, keyAlgorithmOfIdentifier } from './algorithm-identifiers.ts';
import { computeKeyIdentifier } from './key-identifier.ts';
import { findKeyWeakness } from './key-quality.ts';

export const maxSpkiBytes = 4096;
const coordinateBytes: Readonly<Record<EcCurve, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };

/** Numbers of an RSA key, big-endian without leading zeros. */
export interface RsaNumbers {
  readonly modulus: Buffer;
  readonly exponent: Buffer;
}

/** A refused public key. `reason` is fixed text about the key, fit for the caller. */
function refuseKey(reason: string): never {
  throw new StrongroomError('invalid_field', `public key refused: ${reason}`, {
    hint: 'use RSA of 2048 to 8192 bits, EC P-256, P-384 or P-521, or Ed25519',
  });
}

/**
 * A SubjectPublicKeyInfo of a kind we handle, read strictly: exact algorithm identifier (RFC 3279, 5480, 8410), RSA
 * of 2048 bits or more, uncompressed EC point of the curve's length, 32 bytes of Ed25519. Whoever holds one holds a
 * copy nobody else can change.
 */
export class SubjectPublicKey {
  /** SubjectPublicKeyInfo DER. Do not write to it. */
  readonly spki: Buffer;
  readonly algorithm: KeyAlgorithm;
  readonly kind: PublicKeyKind;
  /** Content of the BIT STRING: RSAPublicKey DER, EC point, or Ed25519 point. */
  readonly publicBytes: Buffer;
  readonly rsa: RsaNumbers | undefined;
  #verifyKey: VerifyKey | undefined;
  #found = false;

  private constructor(spki: Buffer, algorithm: KeyAlgorithm, publicBytes: Buffer, rsa: RsaNumbers | undefined) {
    this.spki = spki;
    this.algorithm = algorithm;
    this.kind = algorithm === 'rsa' || algorithm === 'ed25519' ? algorithm : 'ec';
    this.publicBytes = publicBytes;
    this.rsa = rsa;
  }

  /** Reads SubjectPublicKeyInfo DER. Throws `invalid_field`. */
  static read(bytes: Uint8Array): SubjectPublicKey {
    if (bytes.length > maxSpkiBytes) refuseDer('public key too large');
    const spki = Buffer.from(bytes);
    const reader = readSequence(spki);
    const algorithm = keyAlgorithmOfIdentifier(reader.readWhole(tags.sequence));
    const publicBytes = reader.readBitString();
    reader.finish();
    if (algorithm === undefined) return refuseKey('its algorithm or parameters are not supported');
    return new SubjectPublicKey(spki, algorithm, publicBytes, checkPublicBytes(algorithm, publicBytes));
  }

  /** Bits of the modulus or of the curve's order, as Vault's `key_bits`; 0 for Ed25519. */
  get bits(): number {
    if (this.rsa) return bitLength(this.rsa.modulus);
    return this.algorithm === 'ed25519' ? 0 : Number(this.algorithm.slice(2));
  }

  keyIdentifier(method: 'sha1' | 'sha256' = 'sha1'): Buffer {
    return computeKeyIdentifier(this.publicBytes, method);
  }

  /** Whether `signature` (ECDSA as DER) over `data` was made by this key. False for a key that is no valid point. */
  verify(scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): boolean {
    const key = this.#loadVerifyKey();
    return key?.verify(scheme, data, signature) ?? false;
  }

  /** The same as `verify`, off the main thread. */
  async verifyAside(scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    const key = this.#loadVerifyKey();
    return key === undefined ? false : await key.verifyAside(scheme, data, signature);
  }

  /**
   * Refuses keys anybody could break: points off the curve or of small order, even or factorable moduli, close primes
   * (`key-quality.ts`). The first success is remembered.
   */
  requireQuality(): void {
    if (this.#found) return;
    const weakness = findKeyWeakness(this);
    if (weakness !== undefined) refuseKey(weakness);
    if (this.#loadVerifyKey() === undefined) refuseKey('it is not a point of its curve');
    this.#found = true;
  }

  #loadVerifyKey(): VerifyKey | undefined {
    if (this.#verifyKey) return this.#verifyKey;
    try {
      this.#verifyKey = new VerifyKey(this.spki);
    } catch {
      return undefined;
    }
    return this.#verifyKey;
  }
}

const bitLength = (number: Buffer): number => (number.length - 1) * 8 + (32 - Math.clz32(number[0] as number));

function checkPublicBytes(algorithm: KeyAlgorithm, publicBytes: Buffer): RsaNumbers | undefined {
  if (algorithm === 'rsa') return readRsaNumbers(publicBytes);
  if (algorithm === 'ed25519') {
    if (publicBytes.length !== 32) refuseKey('an Ed25519 key has 32 bytes');
    return undefined;
  }
  const size = 1 + 2 * coordinateBytes[algorithm];
  if (publicBytes.length !== size || publicBytes[0] !== 4) refuseKey('the EC point must be uncompressed');
  return undefined;
}

function readPositive(reader: DerReader): Buffer {
  const content = reader.read(tags.integer);
  if (content.length === 0 || (content[0] as number) >= 0x80) refuseKey('an RSA number is not positive');
  if (content[0] === 0 && (content.length === 1 || (content[1] as number) < 0x80)) {
    refuseDer('INTEGER not in its shortest form');
  }
  return content[0] === 0 ? content.subarray(1) : content;
}

function readRsaNumbers(publicBytes: Buffer): RsaNumbers {
  const outer = new DerReader(publicBytes);
  const reader = outer.enter(tags.sequence);
  outer.finish();
  const modulus = readPositive(reader);
  const exponent = readPositive(reader);
  reader.finish();
  const bits = bitLength(modulus);
  if (bits < 2048) refuseKey('RSA keys have at least 2048 bits');
  if (bits > 8192) refuseKey('RSA keys have at most 8192 bits');
  return { modulus, exponent };
}
