import { createECDH } from 'node:crypto';
import { type Awaitable, SecretBytes } from '../lib/index.ts';
import { PrivateKey } from './keypair.ts';
import type { KeyPairAlgorithm } from './signature.ts';
import { ecSpki } from './spki.ts';

/** A key pair whose private half can be given away. */
export interface ExportableKey {
  readonly algorithm: KeyPairAlgorithm;
  /** The form older tools read: PKCS#1 for RSA, SEC 1 for EC; Ed25519 has PKCS#8 alone. `label` is its PEM label. */
  toTraditional(): { readonly label: string; readonly der: SecretBytes };
  /** PKCS#8 DER. */
  toPkcs8(): SecretBytes;
}

/** A key pair that is made to be given away: nothing is signed with it here. */
export interface PortableKey extends ExportableKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
}

const scalarBytes = 32;
/** ECPrivateKey of P-256 (RFC 5915 3) around scalar and point, with the curve's name as SEC 1 files have it. */
const sec1Head = Buffer.from('30770201010420', 'hex');
const sec1Curve = Buffer.from('a00a06082a8648ce3d030107', 'hex');
/** PrivateKeyInfo (RFC 5958 2): the algorithm names the curve, the key inside does not again. */
const pkcs8Head = Buffer.from('308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420', 'hex');
const pointHead = Buffer.from('a144034200', 'hex');

class PortableP256Key implements PortableKey {
  readonly algorithm = 'ec-p256';
  readonly spki: Buffer;
  readonly #scalar: SecretBytes;
  readonly #point: Buffer;

  constructor(scalar: SecretBytes, point: Buffer) {
    this.#scalar = scalar;
    this.#point = point;
    this.spki = ecSpki('ec-p256', point);
  }

  toTraditional(): { readonly label: string; readonly der: SecretBytes } {
    return { label: 'EC PRIVATE KEY', der: this.#join(sec1Head, sec1Curve) };
  }

  toPkcs8(): SecretBytes {
    return this.#join(pkcs8Head);
  }

  #join(head: Buffer, ...middle: readonly Buffer[]): SecretBytes {
    return new SecretBytes(Buffer.concat([head, this.#scalar.insecureBytes(), ...middle, pointHead, this.#point]));
  }
}

/** OpenSSL makes the pair by the same function as for a key object, without the object, its jobs and its encoders. */
function generateP256(): PortableKey {
  const pair = createECDH('prime256v1');
  const point = pair.generateKeys();
  const made = pair.getPrivateKey();
  const scalar = Buffer.alloc(scalarBytes);
  made.copy(scalar, scalarBytes - made.length);
  made.fill(0);
  return new PortableP256Key(new SecretBytes(scalar), point);
}

/**
 * Makes a key pair to be given away. On P-256 at once, which takes 0.05 ms where a trip to the thread pool and node's
 * encoders keep the main thread for 0.25 ms; off the main thread for what takes longer.
 */
export function generatePortableKey(algorithm: KeyPairAlgorithm): Awaitable<PortableKey> {
  return algorithm === 'ec-p256' ? generateP256() : generateElsewhere(algorithm);
}

async function generateElsewhere(algorithm: KeyPairAlgorithm): Promise<PortableKey> {
  const key = await PrivateKey.generate(algorithm);
  return {
    algorithm,
    spki: key.publicKey.spki,
    toTraditional: () => key.toTraditional(),
    toPkcs8: () => key.toPkcs8(),
  };
}
