import { deriveKey, type Random } from '../../crypto/index.ts';
import { type JsonObject, SecretBytes } from '../../lib/index.ts';

/** One generation of the sealing key. New rows use the newest; old rows open with the one they name. */
export interface KeyringTerm {
  readonly term: number;
  readonly key: SecretBytes;
  readonly installedMillis: number;
}

/**
 * The keys everything else is derived from. `base` never changes: the keyed hashes by which credentials are found hang
 * on it, and a credential that was shown once cannot be hashed again under a new key.
 */
export interface Keyring {
  readonly base: SecretBytes;
  readonly terms: readonly KeyringTerm[];
}

export function createKeyring(random: Random, nowMillis: number): Keyring {
  return { base: new SecretBytes(random.bytes(32)), terms: [newTerm(1, random, nowMillis)] };
}

function newTerm(term: number, random: Random, nowMillis: number): KeyringTerm {
  return { term, key: new SecretBytes(random.bytes(32)), installedMillis: nowMillis };
}

/** The same keyring with one more term, which becomes the active one. */
export function addTerm(keyring: Keyring, random: Random, nowMillis: number): Keyring {
  return { ...keyring, terms: [...keyring.terms, newTerm(activeTerm(keyring).term + 1, random, nowMillis)] };
}

export function activeTerm(keyring: Keyring): KeyringTerm {
  const last = keyring.terms.at(-1);
  if (!last) throw new RangeError('a keyring has at least one term');
  return last;
}

/** The keys derived for other purposes than sealing rows, each its own. */
export function deriveFromBase(
  keyring: Keyring,
  purpose: 'lookup' | 'index' | 'audit-hash' | 'audit-chain',
): SecretBytes {
  return deriveKey(keyring.base, `strongroom ${purpose} v1`);
}

/** Bytes to be sealed under the root key. The caller wipes them. */
export function encodeKeyring(keyring: Keyring): Buffer {
  const shape = {
    base: keyring.base.insecureBytes().toString('base64'),
    terms: keyring.terms.map((entry) => ({
      term: entry.term,
      key: entry.key.insecureBytes().toString('base64'),
      installed_millis: entry.installedMillis,
    })),
  };
  return Buffer.from(JSON.stringify(shape), 'utf8');
}

export function decodeKeyring(bytes: Buffer): Keyring {
  const shape = JSON.parse(bytes.toString('utf8')) as JsonObject & {
    base: string;
    terms: { term: number; key: string; installed_millis: number }[];
  };
  return {
    base: new SecretBytes(Buffer.from(shape.base, 'base64')),
    terms: shape.terms.map((entry) => ({
      term: entry.term,
      key: new SecretBytes(Buffer.from(entry.key, 'base64')),
      installedMillis: entry.installed_millis,
    })),
  };
}
