import type { SignatureScheme } from '../../crypto/index.ts';
import type { CertificateIssuer, CertificateTemplate } from '../certificate/index.ts';
import { lintCertificate } from '../lint/lint-certificate.ts';
import { admitLinted, type LintedTbs } from '../lint/linted-tbs.ts';
import type { SubjectPublicKey } from '../public-key/index.ts';
import { secondThread } from './second-thread.ts';

export { secondThread };

/** The same as `lintCertificate`, on the second thread where one is there. */
export async function lintCertificateAside(
  tbs: Buffer,
  template: CertificateTemplate,
  issuer: CertificateIssuer,
): Promise<LintedTbs> {
  const yes = await secondThread.ask({ about: 'certificate', tbs, template, issuer });
  return yes === true ? admitLinted(tbs, issuer.scheme) : lintCertificate(tbs, template, issuer);
}

/** Whether `signature` (ECDSA as DER) over `data` was made by this key, found out off the main thread. */
export async function verifySignatureAside(
  publicKey: SubjectPublicKey,
  scheme: SignatureScheme,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const yes = await secondThread.ask({ about: 'signature', publicKey, scheme, data, signature });
  return yes === true || publicKey.verifyAside(scheme, data, signature);
}
