import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair as generateWithNode,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { SecretBytes, StrongroomError } from '../lib/index.ts';
import { defaultScheme, type KeyPairAlgorithm, schemeFacts, schemeFits } from './signature.ts';
import { ecSpki, isEcAlgorithm } from './spki.ts';
import type { SignatureScheme } from './x509-signature-scheme.ts';

/** An RSA-4096 key in PKCS#8 has about 2.4 kB. */
const maximumKeyBytes = 8192;
const curves: Readonly<Record<string, KeyPairAlgorithm>> = {
  prime256v1: 'ec-p256',
  secp384r1: 'ec-p384',
  secp521r1: 'ec-p521',
};
const generateAsync = promisify(generateWithNode);

function refuse(what: string): never {
  throw new StrongroomError('invalid_field', `the ${what} key is not one that can be used`, {
    hint: 'RSA of 2048, 3072 or 4096 bits, EC on P-256, P-384 or P-521 with a named curve, or Ed25519, in DER',
  });
}

function algorithmOf(key: KeyObject): KeyPairAlgorithm | undefined {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return 'ed25519';
    case 'ec':
      return Object.hasOwn(curves, details.namedCurve ?? '') ? curves[details.namedCurve ?? ''] : undefined;
    case 'rsa': {
      const exponent = details.publicExponent ?? 0n;
      if (exponent < 65_537n || exponent % 2n === 0n) return undefined;
      const size = details.modulusLength;
      return size === 2048 || size === 3072 || size === 4096 ? `rsa-${size}` : undefined;
    }
    default:
      return undefined;
  }
}

/** One SEQUENCE that fills the buffer: nothing after it, no indefinite length. */
function isWholeSequence(der: Uint8Array): boolean {
  if (der.length < 4 || der.length > maximumKeyBytes || der[0] !== 0x30) return false;
  const first = der[1] as number;
  if (first < 0x80) return first + 2 === der.length;
  if (first === 0x81) return (der[2] as number) + 3 === der.length;
  return first === 0x82 && (((der[2] as number) << 8) | (der[3] as number)) + 4 === der.length;
}

type SignerInput = KeyObject | { key: KeyObject; padding: number; saltLength?: number };

function inputFor(key: KeyObject, scheme: SignatureScheme): SignerInput {
  const { family, digestBytes } = schemeFacts(scheme);
  if (family === 'rsa-pss') return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: digestBytes };
  return key;
}

function requireFit(scheme: SignatureScheme, algorithm: KeyPairAlgorithm): void {
  if (schemeFits(scheme, algorithm)) return;
  throw new StrongroomError('invalid_field', 'the signature scheme does not fit the key', {
    hint: `a key of type ${algorithm} can sign by ${defaultScheme(algorithm)}`,
  });
}

/** The point by way of JWK, which takes node a third of the time its DER encoder does. */
function exportSpki(key: KeyObject, algorithm: KeyPairAlgorithm): Buffer {
  if (!isEcAlgorithm(algorithm)) return key.export({ type: 'spki', format: 'der' });
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return ecSpki(algorithm, Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]));
}

/** The public half of a key pair. */
export class PublicKey {
  readonly algorithm: KeyPairAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  readonly #key: KeyObject;

  private constructor(key: KeyObject, algorithm: KeyPairAlgorithm) {
    this.#key = key;
    this.algorithm = algorithm;
    this.spki = exportSpki(key, algorithm);
  }

  /** Reads a SubjectPublicKeyInfo in DER. Throws `invalid_field` for anything but the algorithms we know. */
  static fromSpki(spki: Uint8Array): PublicKey {
    if (!isWholeSequence(spki)) refuse('public');
    let key: KeyObject;
    try {
      key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    } catch {
      return refuse('public');
    }
    return PublicKey.fromKeyObject(key);
  }

  /** For this room: wraps what node:crypto made. `known`: the algorithm, where the key was just made by it. */
  static fromKeyObject(key: KeyObject, known?: KeyPairAlgorithm): PublicKey {
    const algorithm = known ?? algorithmOf(key);
    return algorithm === undefined ? refuse('public') : new PublicKey(key, algorithm);
  }

  /** Whether `signature` is one of `data` by this key. False for a malformed signature or a scheme that does not fit. */
  verify(scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): boolean {
    if (!schemeFits(scheme, this.algorithm)) return false;
    return verify(schemeFacts(scheme).digest, data, inputFor(this.#key, scheme), signature);
  }
}

/** A key pair whose private half is in this process. The KeyObject is made once: parsing costs more than signing. */
export class PrivateKey {
  readonly algorithm: KeyPairAlgorithm;
  readonly publicKey: PublicKey;
  readonly #key: KeyObject;

  private constructor(key: KeyObject, known?: KeyPairAlgorithm) {
    this.#key = key;
    this.publicKey = PublicKey.fromKeyObject(createPublicKey(key), known);
    this.algorithm = this.publicKey.algorithm;
  }

  /** Makes a key pair off the main thread (RSA-4096 takes seconds). */
  static async generate(algorithm: KeyPairAlgorithm): Promise<PrivateKey> {
    if (algorithm === 'ed25519') return new PrivateKey((await generateAsync('ed25519', {})).privateKey, algorithm);
    if (algorithm.startsWith('rsa-')) {
      const pair = await generateAsync('rsa', { modulusLength: Number(algorithm.slice(4)), publicExponent: 65_537 });
      return new PrivateKey(pair.privateKey, algorithm);
    }
    const namedCurve = Object.keys(curves).find((name) => curves[name] === algorithm) ?? '';
    return new PrivateKey((await generateAsync('ec', { namedCurve })).privateKey, algorithm);
  }

  /**
   * Reads a PKCS#8 PrivateKeyInfo in DER (RFC 5958), not encrypted. Throws `invalid_field` for anything but the
   * algorithms we know and for a key whose halves do not belong together.
   */
  static fromPkcs8(pkcs8: SecretBytes): PrivateKey {
    const der = pkcs8.insecureBytes();
    if (!isWholeSequence(der)) refuse('private');
    let key: PrivateKey;
    try {
      key = new PrivateKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
      const probe = Buffer.from('halves belong together');
      const scheme = defaultScheme(key.algorithm);
      if (!key.publicKey.verify(scheme, probe, key.sign(scheme, probe))) refuse('private');
    } catch {
      return refuse('private');
    }
    return key;
  }

  /** Reads an unencrypted private key from PEM of any of its usual labels (PKCS#8, PKCS#1, SEC 1). Throws `invalid_field`. */
  static fromPem(label: string, der: SecretBytes): PrivateKey {
    const type = label === 'EC PRIVATE KEY' ? 'sec1' : label === 'RSA PRIVATE KEY' ? 'pkcs1' : 'pkcs8';
    if (type === 'pkcs8') return PrivateKey.fromPkcs8(der);
    try {
      return PrivateKey.fromPkcs8(
        new PrivateKey(createPrivateKey({ key: der.insecureBytes(), format: 'der', type })).toPkcs8(),
      );
    } catch {
      return refuse('private');
    }
  }

  /** A signature of `data`; ECDSA as DER. Throws `invalid_field` when the scheme does not fit the key. */
  sign(scheme: SignatureScheme, data: Uint8Array): Buffer {
    requireFit(scheme, this.algorithm);
    return sign(schemeFacts(scheme).digest, data, inputFor(this.#key, scheme));
  }

  /** The same as `sign`, in the thread pool. */
  async signAside(scheme: SignatureScheme, data: Uint8Array): Promise<Buffer> {
    requireFit(scheme, this.algorithm);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    sign(schemeFacts(scheme).digest, data, inputFor(this.#key, scheme), (error, signature) =>
      error === null ? resolve(signature) : reject(error),
    );
    return promise;
  }

  /** The form older tools read: PKCS#1 for RSA, SEC 1 for EC; Ed25519 has PKCS#8 alone. `label` is its PEM label. */
  toTraditional(): { readonly label: string; readonly der: SecretBytes } {
    const type = this.#key.asymmetricKeyType;
    if (type === 'ec')
      return { label: 'EC PRIVATE KEY', der: new SecretBytes(this.#key.export({ type: 'sec1', format: 'der' })) };
    if (type === 'rsa')
      return { label: 'RSA PRIVATE KEY', der: new SecretBytes(this.#key.export({ type: 'pkcs1', format: 'der' })) };
    return { label: 'PRIVATE KEY', der: this.toPkcs8() };
  }

  /** The private key as PKCS#8 DER, for sealing. */
  toPkcs8(): SecretBytes {
    return new SecretBytes(this.#key.export({ type: 'pkcs8', format: 'der' }));
  }
}
