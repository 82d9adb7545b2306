import { type Core, normalizePolicyName, type StoredPolicy } from '../../../core/index.ts';
import { formatTime, type JsonObject, StrongroomError } from '../../../lib/index.ts';

/** All names, bytewise, `root` last: it is no stored policy. */
export async function listPolicyNames(core: Core): Promise<string[]> {
  return [...(await core.policies.names('root')), 'root'];
}

export async function readPolicy(core: Core, text: string): Promise<StoredPolicy> {
  const policy = await core.policies.read('root', normalizePolicyName(text).name);
  if (policy) return policy;
  throw new StrongroomError('not_found', '', { hint: 'list the policies: strongroom policy list' });
}

/** A policy as `sys/policies/acl` shows it. */
export function describePolicy(policy: StoredPolicy): JsonObject {
  if (policy.name === 'root') return { name: 'root', policy: '' };
  return {
    allow_slashes_in_identity_templates: policy.allowSlashesInIdentityTemplates ?? false,
    allow_wildcards_in_identity_templates: policy.allowWildcardsInIdentityTemplates ?? false,
    cas_required: policy.casRequired,
    ...(policy.expireMillis !== undefined && { expiration: formatTime(policy.expireMillis) }),
    modified: formatTime(policy.modifiedMillis),
    name: policy.name,
    policy: policy.text,
    version: policy.version,
  };
}
