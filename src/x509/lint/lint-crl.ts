import { throwawayKey } from '../../crypto/index.ts';
import { assembleSigned, type CertificateIssuer } from '../certificate/index.ts';
import type { CrlTemplate } from '../crl/build-tbs-crl.ts';
import { parseCrlDer } from '../crl/parse-crl.ts';
import { crlRules } from './crl-rules/crl-rules.ts';
import { type LintedTbs, passLint, readBack } from './linted-tbs.ts';

/**
 * Lints to-be-signed CRL bytes as the CRL they would become under a throw-away key. Throws `invalid_request` or
 * `internal`. A serial number that stands twice is refused by the reader.
 */
export async function lintCrl(
  tbs: Buffer,
  template: CrlTemplate,
  issuer: CertificateIssuer,
  previousNumber: bigint | undefined,
): Promise<LintedTbs> {
  const pending = throwawayKey(issuer.scheme);
  const key = pending instanceof Promise ? await pending : pending;
  const der = assembleSigned(tbs, issuer.scheme, key.signature);
  const crl = readBack(() => parseCrlDer(der));
  return passLint(crlRules, { crl, template, issuer, previousNumber }, tbs, issuer.scheme);
}
