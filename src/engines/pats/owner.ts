import { type Core, engineKey, type Identity, mergePolicies } from '../../core/index.ts';

export interface OwnerRights {
  readonly identity: Identity;
  /** Never `root`: what everything is allowed to is not passed on to a script. */
  readonly policies: readonly string[];
}

/**
 * What the owner of a PAT may do now: the policies of their identity, and what the log-in the PAT came from would give
 * them at this moment. Undefined when that log-in would be refused; throws when the identity is disabled or gone.
 */
export async function ownerRights(
  core: Core,
  owner: {
    readonly namespace: string;
    readonly entityId: string;
    readonly loginMount: string | null;
    readonly withDefault: boolean;
  },
): Promise<OwnerRights | undefined> {
  const identity = await core.principals.requireIdentity(owner.namespace, owner.entityId);
  const base = owner.withDefault ? mergePolicies(identity.policies, ['default']) : identity.policies;
  if (owner.loginMount === null) return { identity, policies: withoutRoot(base) };
  const mount = core.mounts.byAccessor(owner.loginMount);
  const alias = identity.subject.aliases.find((candidate) => candidate.mount === owner.loginMount);
  if (!mount || !alias) return undefined;
  const method = core.engines.get(engineKey(mount));
  // A method that cannot say gives nothing beyond the identity's own policies.
  if (!method?.currentPolicies) return { identity, policies: withoutRoot(base) };
  const current = await method.currentPolicies(alias, mount);
  return current && { identity, policies: withoutRoot(mergePolicies(base, current)) };
}

const withoutRoot = (policies: readonly string[]): readonly string[] => policies.filter((name) => name !== 'root');
