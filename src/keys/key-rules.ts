import { keyPairAlgorithms, type Random, type SignatureScheme, schemeFits } from '../crypto/index.ts';
import type { SecretBytes } from '../lib/index.ts';
import type { GenerateKeyRequest, KeyAlgorithm, KeyId, KeyUsage, SecretKeyAlgorithm } from './port.ts';
import { invalidKeyField } from './refusals.ts';

/** Bound of what one operation takes; bigger things are hashed or cut into pieces by their callers. */
export const maximumDataBytes = 4 * 1024 * 1024;
export const maximumRandomBytes = 65_536;

const idPattern = /^[0-9a-f]{40}$/;
const labelPattern = /^[^\p{Cc}\p{Cs}]{1,64}$/u;
const pairAlgorithms: ReadonlySet<string> = new Set(keyPairAlgorithms);

export function newKeyId(random: Random): KeyId {
  return random.bytes(20).toString('hex');
}

export function requireKeyId(id: KeyId): void {
  if (!idPattern.test(id)) throw invalidKeyField('not a key id', 'a key id has 40 lower-case hexadecimal characters');
}

export function isKeyPair(algorithm: KeyAlgorithm): algorithm is Exclude<KeyAlgorithm, SecretKeyAlgorithm> {
  return pairAlgorithms.has(algorithm);
}

/** Everything a key of this algorithm can be made for. */
export function usagesOf(algorithm: KeyAlgorithm): readonly KeyUsage[] {
  if (algorithm === 'aes-256') return ['encrypt', 'decrypt'];
  return algorithm === 'hmac-sha256' ? ['mac'] : ['sign'];
}

/** The request with its usages filled in. Refuses unknown algorithms, unfit usages, bad labels and bad ids. */
export function checkedRequest(request: GenerateKeyRequest): Required<Omit<GenerateKeyRequest, 'id'>> {
  const { algorithm, label } = request;
  if (!isKeyPair(algorithm) && algorithm !== 'aes-256' && algorithm !== 'hmac-sha256') {
    throw invalidKeyField('unknown key algorithm', `use one of ${keyPairAlgorithms.join(', ')}, aes-256, hmac-sha256`);
  }
  if (!labelPattern.test(label)) throw invalidKeyField('not a key label', 'give 1 to 64 printable characters');
  if (request.id !== undefined) requireKeyId(request.id);
  const possible = usagesOf(algorithm);
  const usages = possible.filter((usage) => request.usages === undefined || request.usages.includes(usage));
  if (usages.length === 0 || (request.usages ?? []).some((usage) => !possible.includes(usage))) {
    throw invalidKeyField(
      'the usages do not fit the algorithm',
      `a key of type ${algorithm} can ${possible.join(', ')}`,
    );
  }
  return { algorithm, label, usages };
}

/** Refuses material that is not of the algorithm's size (secret keys; key pairs are read as PKCS#8). */
export function requireSecretSize(algorithm: SecretKeyAlgorithm, material: SecretBytes): void {
  const size = material.byteLength;
  if (algorithm === 'aes-256' ? size === 32 : size >= 32 && size <= 128) return;
  throw invalidKeyField('the key material has the wrong size', 'an AES-256 key has 32 bytes, an HMAC key 32 to 128');
}

export function requireData(data: Uint8Array): void {
  if (data.byteLength <= maximumDataBytes) return;
  throw invalidKeyField('too much data for one operation', `send at most ${maximumDataBytes} bytes`);
}

export function requireRandomSize(size: number): void {
  if (Number.isInteger(size) && size >= 1 && size <= maximumRandomBytes) return;
  throw invalidKeyField('not a size', `ask for 1 to ${maximumRandomBytes} bytes`);
}

/** Refuses a scheme the key cannot sign by, before anything reaches the key: tokens answer a mismatch by crashing. */
export function requireScheme(algorithm: KeyAlgorithm, scheme: SignatureScheme): void {
  if (isKeyPair(algorithm) && schemeFits(scheme, algorithm)) return;
  throw invalidKeyField('the signature scheme does not fit the key', `the key is of type ${algorithm}`);
}

export function requireUsage(usages: readonly KeyUsage[], usage: KeyUsage): void {
  if (usages.includes(usage)) return;
  throw invalidKeyField('the key is not for this operation', `the key can only ${usages.join(', ')}`);
}

/** Refuses imported material that is not of the algorithm the request names. */
export function requireAlgorithm(wanted: KeyAlgorithm, found: KeyAlgorithm): void {
  if (wanted !== found)
    throw invalidKeyField('the key is of another algorithm', `the key material is of type ${found}`);
}
