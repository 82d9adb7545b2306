import type { SecondView } from '../../crypto/index.ts';
import type { CertificateIssuer, CertificateTemplate, ParsedCertificate } from '../certificate/index.ts';
import type { DecodedAttribute } from '../names/index.ts';
import type { LintRule } from './linted-tbs.ts';

/** What certificate rules look at: the finished bytes as two parsers read them, what was asked for, and the issuer. */
export interface CertificateLintSubject {
  readonly certificate: ParsedCertificate;
  readonly subjectAttributes: readonly DecodedAttribute[];
  readonly secondView: SecondView | undefined;
  readonly template: CertificateTemplate;
  readonly issuer: CertificateIssuer;
}

export type CertificateRule = LintRule<CertificateLintSubject>;
