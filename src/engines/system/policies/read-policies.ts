import { type Core, normalizePolicyName, type StoredPolicy } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

/** All names, bytewise, `root` last: it is no stored policy. */
export async function listPolicyNames(core: Core): Promise<string[]> {
  return [...(await core.policies.names('root')), 'root'];
}

export async function readPolicy(core: Core, text: string): Promise<StoredPolicy> {
  const policy = await core.policies.read('root', normalizePolicyName(text).name);
  if (policy) return policy;
  throw new StrongroomError('not_found', '', { hint: 'list the policies: strongroom policy list' });
}
