import type { SignatureScheme } from '../../crypto/index.ts';
import { bitString, sequence } from '../der/index.ts';
import { signatureIdentifiers } from '../public-key/index.ts';

/** SIGNED{…}: to-be-signed bytes, algorithm, signature (ECDSA as DER). The frame of certificates, CRLs and CSRs. */
export function assembleSigned(tbs: Uint8Array, scheme: SignatureScheme, signature: Uint8Array): Buffer {
  return sequence(tbs, signatureIdentifiers[scheme], bitString(signature));
}
