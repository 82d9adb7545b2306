import type { JsonObject } from '../../lib/index.ts';

/** How `auth/token/create/:role_name` makes tokens. Whole seconds; 0 = not set. */
export interface TokenRole {
  readonly name: string;
  readonly allowedPolicies: readonly string[];
  readonly disallowedPolicies: readonly string[];
  readonly allowedPoliciesGlob: readonly string[];
  readonly disallowedPoliciesGlob: readonly string[];
  readonly orphan: boolean;
  readonly renewable: boolean;
  readonly pathSuffix: string;
  readonly allowedEntityAliases: readonly string[];
  readonly periodSeconds: number;
  readonly explicitMaxSeconds: number;
  readonly boundCidrs: readonly string[];
  readonly numUses: number;
  readonly type: 'default-service' | 'default-batch' | 'service' | 'batch';
  readonly noDefaultPolicy: boolean;
}

export function newTokenRole(name: string): TokenRole {
  return {
    name,
    allowedPolicies: [],
    disallowedPolicies: [],
    allowedPoliciesGlob: [],
    disallowedPoliciesGlob: [],
    orphan: false,
    renewable: true,
    pathSuffix: '',
    allowedEntityAliases: [],
    periodSeconds: 0,
    explicitMaxSeconds: 0,
    boundCidrs: [],
    numUses: 0,
    type: 'default-service',
    noDefaultPolicy: false,
  };
}

/** A role as it is read back, defaults spelled out. */
export function showTokenRole(role: TokenRole): JsonObject {
  return {
    allowed_entity_aliases: role.allowedEntityAliases,
    allowed_policies: role.allowedPolicies,
    allowed_policies_glob: role.allowedPoliciesGlob,
    disallowed_policies: role.disallowedPolicies,
    disallowed_policies_glob: role.disallowedPoliciesGlob,
    explicit_max_ttl: role.explicitMaxSeconds,
    name: role.name,
    orphan: role.orphan,
    path_suffix: role.pathSuffix,
    period: role.periodSeconds,
    renewable: role.renewable,
    token_explicit_max_ttl: role.explicitMaxSeconds,
    token_no_default_policy: role.noDefaultPolicy,
    token_period: role.periodSeconds,
    token_type: role.type,
    ...(role.boundCidrs.length > 0 && { bound_cidrs: role.boundCidrs, token_bound_cidrs: role.boundCidrs }),
    ...(role.numUses > 0 && { token_num_uses: role.numUses }),
  };
}
