import type { CertificateIssuer } from './certificate/index.ts';
import { buildTbsCrl, type CrlTemplate } from './crl/build-tbs-crl.ts';
import { lintCrl } from './lint/lint-crl.ts';
import { type SignTbs, signLinted } from './sign-linted.ts';

export interface CrlRequest {
  readonly template: CrlTemplate;
  readonly issuer: CertificateIssuer;
  readonly sign: SignTbs;
  /** Number of the last list of this issuing identity (subject and key), which the new one must exceed. */
  readonly previousNumber?: bigint | undefined;
}

/**
 * Issues one CRL, complete, partial or delta: build, lint under a throw-away key, sign, verify. Errors: `invalid_request`
 * (lint: dates, issuer without cRLSign), `internal`, and whatever `sign` throws. The caller persists the number in the
 * same commit as the list.
 */
export async function issueCrl({ template, issuer, sign, previousNumber }: CrlRequest): Promise<Buffer> {
  const tbs = buildTbsCrl(template, issuer);
  const linted = await lintCrl(tbs, template, issuer, previousNumber);
  return signLinted(linted, issuer.publicKey, sign);
}
