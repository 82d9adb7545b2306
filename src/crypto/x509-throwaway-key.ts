import { generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { Awaitable } from '../lib/index.ts';
import { digestOfScheme, type SignatureScheme } from './x509-signature-scheme.ts';
import { nodeSignatureKey } from './x509-verify-key.ts';

const generate = promisify(generateKeyPair);

/** Makes a whole document of to-be-signed bytes, so that it can be looked at. */
export interface ThrowawayKey {
  /** A signature of the scheme's shape, over nothing in particular and always the same: nobody verifies it. */
  readonly signature: Buffer;
}

async function generatePrivateKey(family: string): Promise<KeyObject> {
  if (family === 'rsa') return (await generate('rsa', { modulusLength: 2048 })).privateKey;
  if (family === 'ed25519') return (await generate('ed25519')).privateKey;
  return (await generate('ec', { namedCurve: family })).privateKey;
}

const curveOfScheme: Readonly<Partial<Record<SignatureScheme, string>>> = {
  'ecdsa-sha256': 'P-256',
  'ecdsa-sha384': 'P-384',
  'ecdsa-sha512': 'P-521',
};

function familyOfScheme(scheme: SignatureScheme): string {
  return curveOfScheme[scheme] ?? (scheme === 'ed25519' ? 'ed25519' : 'rsa');
}

const families = new Map<string, Promise<KeyObject>>();
const ready = new Map<SignatureScheme, ThrowawayKey>();

async function prepare(scheme: SignatureScheme): Promise<ThrowawayKey> {
  const family = familyOfScheme(scheme);
  let pending = families.get(family);
  if (!pending) {
    pending = generatePrivateKey(family);
    families.set(family, pending);
  }
  const key = nodeSignatureKey(await pending, scheme);
  const digest = digestOfScheme(scheme);
  const throwaway: ThrowawayKey = { signature: sign(digest, Buffer.from('worth nothing'), key) };
  ready.set(scheme, throwaway);
  return throwaway;
}

/**
 * The process's throw-away key for a scheme: made off the main thread at first use, kept in memory, never stored,
 * known to nobody as an issuer. There at once from the second call on.
 */
export function throwawayKey(scheme: SignatureScheme): Awaitable<ThrowawayKey> {
  return ready.get(scheme) ?? prepare(scheme);
}
