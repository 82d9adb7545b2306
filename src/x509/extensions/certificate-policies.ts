import { StrongroomError } from '../../lib/index.ts';
import { ia5String, integer, oid, readSequence, refuseDer, sequence, tags } from '../der/index.ts';
import { encodeExtension, extensionOids } from './extension.ts';

export interface PolicyInformation {
  readonly oid: string;
  /** Address of the practice statement, as a CPS qualifier. */
  readonly cpsUri?: string | undefined;
}

const cpsQualifierOid = '1.3.6.1.5.5.7.2.1';
export const maxPolicies = 64;

function encodePolicy({ oid: type, cpsUri }: PolicyInformation): Buffer {
  if (cpsUri === undefined) return sequence(oid(type));
  return sequence(oid(type), sequence(sequence(oid(cpsQualifierOid), ia5String(cpsUri))));
}

/** RFC 5280 4.2.1.4: not critical here; the list must not be empty. */
export function encodeCertificatePolicies(policies: readonly PolicyInformation[]): Buffer {
  if (policies.length > maxPolicies)
    throw new StrongroomError('invalid_field', 'too many certificate policies', { hint: `${maxPolicies} at most` });
  return encodeExtension(extensionOids.certificatePolicies, false, sequence(...policies.map(encodePolicy)));
}

/** Policy OIDs; qualifiers are skipped. At least one, each once. */
export function decodeCertificatePolicies(value: Buffer): string[] {
  const reader = readSequence(value);
  const oids: string[] = [];
  do {
    const policy = reader.enter();
    const type = policy.readOid();
    if (!policy.done) policy.readWhole(tags.sequence);
    policy.finish();
    if (oids.includes(type) || oids.length >= maxPolicies) refuseDer('policies repeated or too many');
    oids.push(type);
  } while (!reader.done);
  return oids;
}

/** Skip certificates counted from this one; both absent fields mean no constraint. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy?: number | undefined;
  readonly inhibitPolicyMapping?: number | undefined;
}

/** RFC 5280 4.2.1.11: critical, never empty. */
export function encodePolicyConstraints({ requireExplicitPolicy, inhibitPolicyMapping }: PolicyConstraints): Buffer {
  const parts: Buffer[] = [];
  if (requireExplicitPolicy !== undefined) parts.push(integer(requireExplicitPolicy, 0x80));
  if (inhibitPolicyMapping !== undefined) parts.push(integer(inhibitPolicyMapping, 0x81));
  if (parts.length === 0) throw new RangeError('policyConstraints must not be empty');
  return encodeExtension(extensionOids.policyConstraints, true, sequence(...parts));
}

/** Whether an explicit policy is required at some point below. */
export function decodeRequiresExplicitPolicy(value: Buffer): boolean {
  const reader = readSequence(value);
  const required = reader.readContext(0) !== undefined;
  const inhibits = reader.readContext(1) !== undefined;
  reader.finish();
  if (!required && !inhibits) refuseDer('empty policyConstraints');
  return required;
}

/** RFC 5280 4.2.1.14: critical. */
export function encodeInhibitAnyPolicy(skipCertificates: number): Buffer {
  return encodeExtension(extensionOids.inhibitAnyPolicy, true, integer(skipCertificates));
}
