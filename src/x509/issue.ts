import { StrongroomError } from '../lib/index.ts';
import { lintCertificateAside, secondThread } from './aside/index.ts';
import {
  buildTbsCertificate,
  type CertificateIssuer,
  type CertificateTemplate,
  maxCertificateBytes,
} from './certificate/index.ts';
import { checkIssuable } from './constraints/index.ts';
import type { LintedTbs } from './lint/linted-tbs.ts';
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

/** Room for the frame and the longest signature around the bytes that are signed. */
const maxTbsBytes = maxCertificateBytes - 2_048;

async function lintWish(template: CertificateTemplate, issuer: CertificateIssuer): Promise<LintedTbs> {
  checkIssuable(template, issuer);
  const tbs = buildTbsCertificate(template, issuer);
  if (tbs.length > maxTbsBytes)
    throw new StrongroomError('invalid_field', 'the certificate would be too large', {
      hint: `fewer or shorter names: ${maxTbsBytes} bytes in all`,
    });
  return lintCertificateAside(tbs, template, issuer);
}

/**
 * Refuses what `issueCertificate` would refuse, without signing: for a wish whose key is yet to be made, with another
 * public key of that kind in its place.
 */
export async function requireIssuable(template: CertificateTemplate, issuer: CertificateIssuer): Promise<void> {
  await lintWish(template, issuer);
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
  const linted = await lintWish(template, issuer);
  const der = await signLinted(linted, issuer.publicKey, sign);
  return {
    der,
    serial: Buffer.from(template.serial),
    notBeforeSeconds: template.notBeforeSeconds,
    notAfterSeconds: template.notAfterSeconds,
    spki: template.publicKey.spki,
  };
}
