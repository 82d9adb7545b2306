import { type Awaitable, StrongroomError } from '../lib/index.ts';
import { verifySignatureAside } from './aside/index.ts';
import { assembleSigned } from './certificate/index.ts';
import type { LintedTbs } from './lint/linted-tbs.ts';
import type { SubjectPublicKey } from './public-key/index.ts';

/** Signs to-be-signed bytes with the CA's key: DER for ECDSA, the bare block for RSA and Ed25519. Must not change them. */
export type SignTbs = (tbs: Uint8Array) => Awaitable<Uint8Array>;

const maxSignatureBytes = 8192;

/**
 * Lets the real key sign linted bytes and checks the signature with the issuer's public key before anything leaves:
 * catches a wrong key, a faulty token and fault attacks on RSA-CRT. Throws `internal` when it does not verify.
 */
export async function signLinted(linted: LintedTbs, issuerKey: SubjectPublicKey, sign: SignTbs): Promise<Buffer> {
  const tbs = linted.bytes();
  const signature = await sign(tbs);
  if (signature.length > maxSignatureBytes || !(await verifySignatureAside(issuerKey, linted.scheme, tbs, signature))) {
    throw new StrongroomError('internal', 'the signature just made does not verify', {
      cause: 'signing key and issuer certificate do not belong together, or the key provider is faulty',
    });
  }
  return assembleSigned(tbs, linted.scheme, signature);
}
