import type { ParsedCertificate } from '../certificate/index.ts';
import { collectConstrainedNames, isNameAllowed } from '../constraints/index.ts';
import { extendedKeyUsageOids, extensionOids } from '../extensions/index.ts';
import { sameName } from '../names/index.ts';
import type { PathFailure } from './path-failure.ts';

/** Clocks of clients and CAs differ: dates are judged with this much slack on both sides. */
export const slackSeconds = 60;

/**
 * Critical extensions whose rules are applied here. Policies without a demand for an explicit one never refuse a path
 * (RFC 5280 6.1, with any-policy as the initial set), so knowing them is enough.
 */
const handledCritical: ReadonlySet<string> = new Set([
  extensionOids.basicConstraints,
  extensionOids.keyUsage,
  extensionOids.extendedKeyUsage,
  extensionOids.subjectAlternativeName,
  extensionOids.nameConstraints,
  extensionOids.certificatePolicies,
  extensionOids.policyMappings,
  extensionOids.policyConstraints,
  extensionOids.inhibitAnyPolicy,
]);

/** RFC 5280 6.1.3 (a)(2). */
export function checkDates(certificate: ParsedCertificate, nowSeconds: number): PathFailure | undefined {
  if (nowSeconds < certificate.notBeforeSeconds - slackSeconds) return 'not_yet_valid';
  return nowSeconds > certificate.notAfterSeconds + slackSeconds ? 'expired' : undefined;
}

/** RFC 5280 6.1.4 (o), 6.1.5 (e): what we cannot apply refuses the path. */
export function checkCritical(certificate: ParsedCertificate): PathFailure | undefined {
  for (const { oid, critical } of certificate.extensions.values()) {
    if (critical && !handledCritical.has(oid)) return 'unknown_critical_extension';
  }
  return certificate.requiresExplicitPolicy ? 'explicit_policy_required' : undefined;
}

/** Purposes of a certificate of the path, whether leaf or CA: a CA that lists purposes limits what is below it. */
export function checkPurpose(certificate: ParsedCertificate, purposeOid: string): PathFailure | undefined {
  const purposes = certificate.extendedKeyUsage;
  if (!purposes || purposes.includes(purposeOid) || purposes.includes(extendedKeyUsageOids.any)) return undefined;
  return 'purpose';
}

/** RFC 5280 6.1.4 (k)-(n): `below` counts the CAs between this one and the leaf that are not self-issued. */
export function checkAuthority(certificate: ParsedCertificate, below: number): PathFailure | undefined {
  if (certificate.basicConstraints?.ca !== true) return 'not_a_ca';
  if (certificate.keyUsage && !certificate.keyUsage.includes('keyCertSign')) return 'not_a_ca';
  const limit = certificate.basicConstraints.pathLength;
  return limit !== undefined && below > limit ? 'path_too_long' : undefined;
}

export const isSelfIssued = (certificate: ParsedCertificate): boolean =>
  sameName(certificate.subject, certificate.issuer);

/**
 * RFC 5280 6.1.3 (b), (c) over a path, leaf first: the constraints of each CA bind every certificate below it, except
 * self-issued ones that are not the leaf.
 */
export function checkNames(path: readonly ParsedCertificate[]): PathFailure | undefined {
  for (let above = 1; above < path.length; above += 1) {
    const constraints = path[above]?.nameConstraints;
    if (!constraints) continue;
    const bound = path.slice(0, above).filter((certificate, index) => index === 0 || !isSelfIssued(certificate));
    const names = bound.flatMap(collectConstrainedNames);
    if (!names.every((name) => isNameAllowed(name, constraints))) return 'name_constraints';
  }
  return undefined;
}
