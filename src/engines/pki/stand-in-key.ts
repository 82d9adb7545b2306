import { PrivateKey } from '../../crypto/index.ts';
import { SubjectPublicKey } from '../../x509/index.ts';
import { type KeyType, keyAlgorithm } from './key-parameters.ts';

const made = new Map<string, Promise<SubjectPublicKey>>();

async function make(type: KeyType, bits: number): Promise<SubjectPublicKey> {
  const { publicKey } = await PrivateKey.generate(keyAlgorithm(type, bits));
  return SubjectPublicKey.read(publicKey.spki);
}

/**
 * A public key in place of one that is yet to be made, so that whatever else is wrong with a wish is said before; its
 * private half is forgotten, and nothing is ever issued for it. RSA keys of all sizes are alike to the rules.
 */
export function standInKey(type: KeyType, bits: number): Promise<SubjectPublicKey> {
  const id = type === 'rsa' ? 'rsa' : `${type}-${bits}`;
  const known = made.get(id) ?? make(type, type === 'rsa' ? 2048 : bits);
  made.set(id, known);
  return known;
}
