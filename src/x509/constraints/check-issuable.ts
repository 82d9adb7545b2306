import { StrongroomError } from '../../lib/index.ts';
import type { CertificateIssuer, CertificateTemplate } from '../certificate/index.ts';
import { collectConstrainedNames } from './constrained-names.ts';
import { isNameAllowed } from './match-names.ts';

function refuse(message: string, hint?: string): never {
  throw new StrongroomError('invalid_field', message, { hint: hint ?? 'read the issuer to see what it may sign' });
}

function checkDates(template: CertificateTemplate, issuer: CertificateIssuer): void {
  if (template.notAfterSeconds < template.notBeforeSeconds)
    refuse('the certificate would end before it begins', 'ask for a longer ttl');
  if (template.notBeforeSeconds < issuer.notBeforeSeconds)
    refuse('not_before lies before the issuer is valid', 'ask for a later start');
  if (template.notAfterSeconds > issuer.notAfterSeconds && template.insecurePermitBeyondIssuer !== true) {
    refuse('cannot satisfy request: the certificate would outlive its issuer', 'ask for a shorter ttl');
  }
}

function checkPathLength(template: CertificateTemplate, issuer: CertificateIssuer): void {
  if (issuer.pathLength === undefined) return;
  if (issuer.pathLength < 0) refuse('the issuer lies deeper than a CA above it allows (path length)');
  if (template.basicConstraints?.ca !== true) return;
  if (issuer.pathLength < 1) refuse('the issuer may not have CAs below it (path length)');
  const wanted = template.basicConstraints.pathLength;
  if (wanted !== undefined && wanted >= issuer.pathLength) refuse('the path length must be smaller than the issuer’s');
}

function checkPurposes(template: CertificateTemplate, issuer: CertificateIssuer): void {
  const allowed = issuer.extendedKeyUsage;
  if (!allowed) return;
  if ((template.extendedKeyUsage ?? []).some((purpose) => !allowed.includes(purpose))) {
    refuse('the issuer is not allowed to issue for an extended key usage asked for');
  }
}

/**
 * What a validator would refuse is refused here (400): dates, path length, purposes and name constraints of every CA
 * above, and a subject key that is the CA's own. Lint checks the same on the finished bytes.
 */
export function checkIssuable(template: CertificateTemplate, issuer: CertificateIssuer): void {
  checkDates(template, issuer);
  if (issuer.selfSigned) return;
  if (issuer.keyUsage && !issuer.keyUsage.includes('keyCertSign'))
    refuse('the issuer may not sign certificates (key usage)');
  checkPathLength(template, issuer);
  checkPurposes(template, issuer);
  if (issuer.nameConstraints.length === 0) return;
  const names = collectConstrainedNames({
    subject: template.subject,
    alternativeNames: template.alternativeNames ?? [],
  });
  for (const constraints of issuer.nameConstraints) {
    if (!names.every((name) => isNameAllowed(name, constraints)))
      refuse('a name lies outside the issuer’s name constraints', 'read the issuer to see them');
  }
}
