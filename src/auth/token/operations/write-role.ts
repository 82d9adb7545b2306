import { type EngineRequest, type RecordCollection, sanitizePolicyNames } from '../../../core/index.ts';
import { requireAddressBlocks, StrongroomError } from '../../../lib/index.ts';
import { newTokenRole, type TokenRole } from '../records.ts';

export interface RoleFields {
  readonly role_name: string;
  readonly allowed_policies?: readonly string[] | undefined;
  readonly disallowed_policies?: readonly string[] | undefined;
  readonly allowed_policies_glob?: readonly string[] | undefined;
  readonly disallowed_policies_glob?: readonly string[] | undefined;
  readonly orphan?: boolean | undefined;
  readonly renewable?: boolean | undefined;
  readonly path_suffix?: string | undefined;
  readonly allowed_entity_aliases?: readonly string[] | undefined;
  readonly token_period?: number | undefined;
  readonly token_explicit_max_ttl?: number | undefined;
  readonly token_bound_cidrs?: readonly string[] | undefined;
  readonly token_num_uses?: number | undefined;
  readonly token_type?: string | undefined;
  readonly token_no_default_policy?: boolean | undefined;
  readonly period?: number | undefined;
  readonly explicit_max_ttl?: number | undefined;
  readonly bound_cidrs?: readonly string[] | undefined;
}

/** Stores a token role: fields that were sent over those that were there. */
export function writeRole(roles: RecordCollection<TokenRole>, request: EngineRequest<RoleFields>): Promise<void> {
  const { fields } = request;
  return roles.modify(request.mount, fields.role_name, (previous) => {
    const next = mergeRole(previous ?? newTokenRole(fields.role_name), fields);
    checkRole(next);
    return next;
  });
}

function mergeRole(role: TokenRole, sent: RoleFields): TokenRole {
  const type = sent.token_type === '' || sent.token_type === 'default' ? 'default-service' : sent.token_type;
  return {
    ...role,
    allowedPolicies: sent.allowed_policies ? sanitizePolicyNames(sent.allowed_policies) : role.allowedPolicies,
    disallowedPolicies: sent.disallowed_policies
      ? sanitizePolicyNames(sent.disallowed_policies)
      : role.disallowedPolicies,
    allowedPoliciesGlob: readGlobs(sent.allowed_policies_glob, 'allowed_policies_glob') ?? role.allowedPoliciesGlob,
    disallowedPoliciesGlob:
      readGlobs(sent.disallowed_policies_glob, 'disallowed_policies_glob') ?? role.disallowedPoliciesGlob,
    orphan: sent.orphan ?? role.orphan,
    renewable: sent.renewable ?? role.renewable,
    pathSuffix: sent.path_suffix ?? role.pathSuffix,
    allowedEntityAliases: readGlobs(sent.allowed_entity_aliases, 'allowed_entity_aliases') ?? role.allowedEntityAliases,
    periodSeconds: sent.token_period ?? sent.period ?? role.periodSeconds,
    explicitMaxSeconds: sent.token_explicit_max_ttl ?? sent.explicit_max_ttl ?? role.explicitMaxSeconds,
    boundCidrs: sent.token_bound_cidrs ?? sent.bound_cidrs ?? role.boundCidrs,
    numUses: sent.token_num_uses ?? role.numUses,
    type: (type as TokenRole['type'] | undefined) ?? role.type,
    noDefaultPolicy: sent.token_no_default_policy ?? role.noDefaultPolicy,
  };
}

const maxGlobs = 256;
const maxGlobLength = 512;

/** Each is held against every policy that is asked for. */
function readGlobs(globs: readonly string[] | undefined, name: string): readonly string[] | undefined {
  if (globs && (globs.length > maxGlobs || globs.some((glob) => glob.length > maxGlobLength))) {
    throw new StrongroomError('invalid_field', `${name} is too long`, {
      hint: `at most ${maxGlobs} of ${maxGlobLength} characters`,
    });
  }
  return globs?.map((glob) => glob.toLowerCase());
}

function checkRole(role: TokenRole): void {
  const refuse = (message: string, hint: string): never => {
    throw new StrongroomError('invalid_request', message, { hint });
  };
  if (!/^[\w.-]*$/.test(role.pathSuffix)) {
    refuse('given role path suffix contains invalid characters', 'letters, digits, dots and dashes');
  }
  if (role.numUses < 0) refuse("'token_num_uses' cannot be negative", '0 means unlimited');
  if (role.numUses > 0 && (role.type === 'batch' || role.type === 'default-batch')) {
    refuse(
      "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count",
      'clear token_num_uses',
    );
  }
  if (role.type === 'batch') {
    if (!role.orphan)
      refuse("'token_type' cannot be 'batch' when role is set to generate non-orphan tokens", 'set orphan');
    if (role.periodSeconds > 0)
      refuse("'token_type' cannot be 'batch' when role is set to generate periodic tokens", 'clear token_period');
    if (role.renewable)
      refuse("'token_type' cannot be 'batch' when role is set to generate renewable tokens", 'clear renewable');
    if (role.explicitMaxSeconds > 0) {
      refuse("'token_type' cannot be 'batch' when role is set to generate tokens with an explicit max TTL", 'clear it');
    }
  }
  requireAddressBlocks(role.boundCidrs);
}
