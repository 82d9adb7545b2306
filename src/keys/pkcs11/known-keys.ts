import { ecdsaRawToDer, isEcAlgorithm, type PublicKey, type SignatureScheme } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { isKeyPair } from '../key-rules.ts';
import type { KeyDescription, KeyId } from '../port.ts';
import type { KeyFacts } from './protocol.ts';
import { wireSchemes } from './protocol.ts';
import { publicKeyOfFacts } from './public-key-facts.ts';

/** What the server remembers of a key in the token, so that using it costs one trip. */
export interface KnownKey {
  readonly description: KeyDescription;
  readonly idBytes: Buffer;
  readonly publicKey: PublicKey | undefined;
  /** The signature arrives as r ‖ s. */
  readonly isEc: boolean;
}

export function knownKey(id: KeyId, facts: KeyFacts, tokenSerial: string): KnownKey {
  const { algorithm, label, usages, attributes } = facts;
  const publicKey = publicKeyOfFacts(facts);
  const publicPart = publicKey === undefined ? {} : { publicKeyDer: publicKey.spki };
  return {
    description: { id, algorithm, label, home: 'pkcs11', ...publicPart, usages, attributes, tokenSerial },
    idBytes: Buffer.from(id, 'hex'),
    publicKey,
    isEc: isKeyPair(algorithm) && isEcAlgorithm(algorithm),
  };
}

const schemeBytes: ReadonlyMap<SignatureScheme, Buffer> = new Map(
  wireSchemes.map((scheme, index): [SignatureScheme, Buffer] => [scheme, Buffer.from([index])]),
);

/** A scheme as it travels. */
export function schemeByte(scheme: SignatureScheme): Buffer {
  return schemeBytes.get(scheme) as Buffer;
}

/** The signature as the port promises it, in memory of its own. */
export function portSignature(key: KnownKey, answer: Buffer): Buffer {
  if (!key.isEc) return Buffer.from(answer);
  try {
    return ecdsaRawToDer(answer);
  } catch (cause) {
    throw new StrongroomError('internal', 'the key store made an impossible signature', {
      hint: 'look at the health of the token',
      cause,
    });
  }
}
