import pkcs11js from 'pkcs11js';
import type { KeyAlgorithm, KeyUsage } from '../../port.ts';
import type { KeyFacts } from '../protocol.ts';
import { readAttribute, readFlag, readNumber } from './attributes.ts';
import { type Cryptoki, cryptokiNumbers, type Handle } from './cryptoki.ts';
import { ChildFailure } from './failure.ts';

const curves: ReadonlyMap<string, KeyAlgorithm> = new Map([
  ['06082a8648ce3d030107', 'ec-p256'],
  ['06052b81040022', 'ec-p384'],
  ['06052b81040023', 'ec-p521'],
]);

/** Everything the server wants to know of a key, read from the token, and the reason not to use it if there is one. */
export function readKeyFacts(
  cryptoki: Cryptoki,
  session: Handle,
  handle: Handle,
  publicHandle: Handle | undefined,
): { readonly facts: KeyFacts; readonly unsafe: string | undefined } {
  const flag = (type: number): boolean => readFlag(cryptoki, session, handle, type);
  const algorithm = readAlgorithm(cryptoki, session, handle);
  const attributes = {
    sensitive: flag(pkcs11js.CKA_SENSITIVE),
    extractable: flag(pkcs11js.CKA_EXTRACTABLE),
    alwaysSensitive: flag(pkcs11js.CKA_ALWAYS_SENSITIVE),
    neverExtractable: flag(pkcs11js.CKA_NEVER_EXTRACTABLE),
    local: flag(pkcs11js.CKA_LOCAL),
  };
  const label = readAttribute(cryptoki, session, handle, pkcs11js.CKA_LABEL)?.toString('utf8') ?? '';
  const usages = readUsages(algorithm, flag);
  const publicKey = readPublicKey(cryptoki, session, algorithm, handle, publicHandle);
  return { facts: { algorithm, label, usages, attributes, ...publicKey }, unsafe: findWeakness(attributes, flag) };
}

function findWeakness(attributes: KeyFacts['attributes'], flag: (type: number) => boolean): string | undefined {
  if (!attributes.sensitive) return 'CKA_SENSITIVE is not set';
  if (attributes.extractable) return 'CKA_EXTRACTABLE is set';
  // Another key wrapped by this one could be decrypted as if it were data.
  if (flag(pkcs11js.CKA_WRAP) && flag(pkcs11js.CKA_DECRYPT)) return 'CKA_WRAP and CKA_DECRYPT are both set';
  return undefined;
}

function readUsages(algorithm: KeyAlgorithm, flag: (type: number) => boolean): KeyUsage[] {
  if (algorithm === 'aes-256') {
    const usages: KeyUsage[] = flag(pkcs11js.CKA_ENCRYPT) ? ['encrypt'] : [];
    return flag(pkcs11js.CKA_DECRYPT) ? [...usages, 'decrypt'] : usages;
  }
  if (!flag(pkcs11js.CKA_SIGN)) return [];
  return algorithm === 'hmac-sha256' ? ['mac'] : ['sign'];
}

function readAlgorithm(cryptoki: Cryptoki, session: Handle, handle: Handle): KeyAlgorithm {
  switch (readNumber(cryptoki, session, handle, pkcs11js.CKA_KEY_TYPE)) {
    case pkcs11js.CKK_RSA: {
      const bytes = readAttribute(cryptoki, session, handle, pkcs11js.CKA_MODULUS)?.length;
      if (bytes === 256) return 'rsa-2048';
      if (bytes === 384) return 'rsa-3072';
      if (bytes === 512) return 'rsa-4096';
      break;
    }
    case pkcs11js.CKK_EC: {
      const parameters = readAttribute(cryptoki, session, handle, pkcs11js.CKA_EC_PARAMS)?.toString('hex') ?? '';
      const curve = curves.get(parameters);
      if (curve) return curve;
      break;
    }
    case cryptokiNumbers.CKK_EC_EDWARDS:
      return 'ed25519';
    case pkcs11js.CKK_AES:
      // SoftHSM forgets the length of a key it unwrapped.
      if ([32, 0, undefined].includes(readNumber(cryptoki, session, handle, pkcs11js.CKA_VALUE_LEN))) return 'aes-256';
      break;
    case pkcs11js.CKK_GENERIC_SECRET:
    case pkcs11js.CKK_SHA256_HMAC:
      return 'hmac-sha256';
  }
  throw new ChildFailure('unsupported', 'the token holds a key of that id of a type that is not used here');
}

type PublicKeyFacts = Pick<KeyFacts, 'point' | 'modulus' | 'exponent' | 'spki'>;

/** From the public object of the same id, else from what the private object tells. */
function readPublicKey(
  cryptoki: Cryptoki,
  session: Handle,
  algorithm: KeyAlgorithm,
  handle: Handle,
  publicHandle: Handle | undefined,
): PublicKeyFacts {
  if (algorithm === 'aes-256' || algorithm === 'hmac-sha256') return {};
  const read = (type: number): string | undefined =>
    readAttribute(cryptoki, session, publicHandle ?? handle, type)?.toString('base64');
  if (algorithm.startsWith('rsa-')) {
    const modulus = read(pkcs11js.CKA_MODULUS);
    const exponent = read(pkcs11js.CKA_PUBLIC_EXPONENT);
    if (modulus !== undefined && exponent !== undefined) return { modulus, exponent };
  } else if (publicHandle !== undefined) {
    const point = read(pkcs11js.CKA_EC_POINT);
    if (point !== undefined) return { point };
  }
  const spki = read(cryptokiNumbers.CKA_PUBLIC_KEY_INFO);
  return spki === undefined || spki === '' ? {} : { spki };
}
