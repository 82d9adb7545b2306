import { lintCertificateAside, secondThread } from './aside/index.ts';
import { buildTbsCertificate, type CertificateIssuer, type CertificateTemplate } from './certificate/index.ts';
import { checkIssuable } from './constraints/index.ts';
import { type SignTbs, signLinted } from './sign-linted.ts';

export interface IssueRequest {
  readonly template: CertificateTemplate;
  /** From `describeIssuer`, or `selfIssuer` for a root. */
  readonly issuer: CertificateIssuer;
  readonly sign: SignTbs;
}

export interface IssuedCertificate {
  readonly der: Buffer;
  /** Content of the serial number INTEGER; `formatSerial` shows it. */
  readonly serial: Buffer;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
  readonly spki: Buffer;
}

/**
 * Issues one certificate: checks the wish against the issuer, builds the bytes, lints them under a throw-away key, has
 * the real key sign those same bytes, verifies. Errors: `invalid_field` (wish against the issuer's limits),
 * `invalid_request` (lint), `internal` (encoder or signature), and whatever `sign` throws. Records nothing: the caller
 * stores the result before it leaves.
 */
export function issueCertificate(request: IssueRequest): Promise<IssuedCertificate> {
  return secondThread.during(() => issue(request));
}

async function issue({ template, issuer, sign }: IssueRequest): Promise<IssuedCertificate> {
  checkIssuable(template, issuer);
  const tbs = buildTbsCertificate(template, issuer);
  const linted = await lintCertificateAside(tbs, template, issuer);
  const der = await signLinted(linted, issuer.publicKey, sign);
  return {
    der,
    serial: Buffer.from(template.serial),
    notBeforeSeconds: template.notBeforeSeconds,
    notAfterSeconds: template.notAfterSeconds,
    spki: template.publicKey.spki,
  };
}
