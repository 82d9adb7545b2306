import type { ParsedCertificate } from '../certificate/index.ts';
import { SubjectPublicKey } from '../public-key/index.ts';
import type { ParsedCrl } from './parse-crl.ts';

/**
 * Whether a CRL was signed with the key of this CA, by one that may sign lists (RFC 5280 6.3.3 (f), (g)). Names are not
 * compared here. False for whatever cannot be told.
 */
export function isCrlSignedBy(crl: ParsedCrl, issuer: ParsedCertificate): boolean {
  if (crl.scheme === undefined) return false;
  if (issuer.keyUsage && !issuer.keyUsage.includes('cRLSign')) return false;
  try {
    return SubjectPublicKey.read(issuer.spki).verify(crl.scheme, crl.tbs, crl.signature);
  } catch {
    return false;
  }
}
