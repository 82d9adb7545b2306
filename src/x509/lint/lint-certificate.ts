import { throwawayKey, viewCertificate } from '../../crypto/index.ts';
import {
  assembleSigned,
  type CertificateIssuer,
  type CertificateTemplate,
  parseCertificateDer,
} from '../certificate/index.ts';
import { decodeDistinguishedName } from '../names/index.ts';
import { alternativeNameRules } from './certificate-rules/alternative-names.ts';
import { constraintRules } from './certificate-rules/constraints.ts';
import { frameRules } from './certificate-rules/frame.ts';
import { identifierRules } from './certificate-rules/identifiers.ts';
import { nameRules } from './certificate-rules/names.ts';
import { pointerRules } from './certificate-rules/pointers.ts';
import { publicKeyRules } from './certificate-rules/public-key.ts';
import { secondParserRules } from './certificate-rules/second-parser.ts';
import { purposeRules, usageRules } from './certificate-rules/usages.ts';
import { validityRules } from './certificate-rules/validity.ts';
import type { CertificateLintSubject, CertificateRule } from './certificate-subject.ts';
import { type LintedTbs, passLint, readBack } from './linted-tbs.ts';

/** Every rule a certificate is held to before a CA's key touches it. */
export const certificateRules: readonly CertificateRule[] = [
  ...frameRules,
  ...validityRules,
  ...nameRules,
  ...alternativeNameRules,
  ...usageRules,
  ...purposeRules,
  ...identifierRules,
  ...pointerRules,
  ...constraintRules,
  ...publicKeyRules,
  ...secondParserRules,
];

/** Looks at `tbs` as the certificate it would become, signed by a throw-away key of the same scheme. */
export async function inspectCertificate(
  tbs: Buffer,
  template: CertificateTemplate,
  issuer: CertificateIssuer,
): Promise<CertificateLintSubject> {
  const pending = throwawayKey(issuer.scheme);
  const key = pending instanceof Promise ? await pending : pending;
  const der = assembleSigned(tbs, issuer.scheme, key.signature);
  const certificate = readBack(() => parseCertificateDer(der));
  return {
    certificate,
    subjectAttributes: decodeDistinguishedName(certificate.subject),
    secondView: viewCertificate(der),
    template,
    issuer,
  };
}

/** Lints to-be-signed certificate bytes. Throws `invalid_request` (the caller can help it) or `internal` (we cannot encode). */
export async function lintCertificate(
  tbs: Buffer,
  template: CertificateTemplate,
  issuer: CertificateIssuer,
): Promise<LintedTbs> {
  return passLint(certificateRules, await inspectCertificate(tbs, template, issuer), tbs, issuer.scheme);
}
