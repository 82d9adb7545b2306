import { type JsonObject, requireAddressBlocks, StrongroomError } from '../../lib/index.ts';
import { sanitizePolicyNames } from '../policies/index.ts';
import { field } from '../routes/index.ts';

/** How the tokens of a role or user are made; Vault's common token parameters. Whole seconds, 0 = not set. */
export interface TokenParameters {
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly explicitMaxSeconds: number;
  readonly periodSeconds: number;
  readonly policies: readonly string[];
  readonly boundCidrs: readonly string[];
  readonly noDefaultPolicy: boolean;
  readonly numUses: number;
  readonly type: 'default' | 'default-service' | 'default-batch' | 'service' | 'batch';
  readonly strictlyBindIp: boolean;
}

export const defaultTokenParameters: TokenParameters = {
  ttlSeconds: 0,
  maxTtlSeconds: 0,
  explicitMaxSeconds: 0,
  periodSeconds: 0,
  policies: [],
  boundCidrs: [],
  noDefaultPolicy: false,
  numUses: 0,
  type: 'default',
  strictlyBindIp: false,
};

const tokenTypes = ['', 'default', 'default-service', 'default-batch', 'service', 'batch'] as const;

/** The fields every login method's role takes. The names without `token_` are the deprecated ones clients still send. */
export const tokenParameterFields = {
  token_ttl: field.seconds().optional(),
  token_max_ttl: field.seconds().optional(),
  token_policies: field.list().optional(),
  token_bound_cidrs: field.list().optional(),
  token_explicit_max_ttl: field.seconds().optional(),
  token_no_default_policy: field.boolean().optional(),
  token_num_uses: field.integer().optional(),
  token_period: field.seconds().optional(),
  token_type: field.word(tokenTypes).optional(),
  token_strictly_bind_ip: field.boolean().optional(),
  policies: field.list().optional(),
  ttl: field.seconds().optional(),
  max_ttl: field.seconds().optional(),
  period: field.seconds().optional(),
  bound_cidrs: field.list().optional(),
  num_uses: field.integer().optional(),
};

type Sent = { readonly [K in keyof typeof tokenParameterFields]?: unknown };

/** What was sent over what was there; refuses combinations that make no sense. */
export function readTokenParameters(sent: Sent, previous: TokenParameters = defaultTokenParameters): TokenParameters {
  const pick = <T>(...values: unknown[]): T => values.find((value) => value !== undefined) as T;
  const next: TokenParameters = {
    ttlSeconds: pick(sent.token_ttl, sent.ttl, previous.ttlSeconds),
    maxTtlSeconds: pick(sent.token_max_ttl, sent.max_ttl, previous.maxTtlSeconds),
    explicitMaxSeconds: pick(sent.token_explicit_max_ttl, previous.explicitMaxSeconds),
    periodSeconds: pick(sent.token_period, sent.period, previous.periodSeconds),
    policies: readPolicies(pick(sent.token_policies, sent.policies, previous.policies)),
    boundCidrs: pick(sent.token_bound_cidrs, sent.bound_cidrs, previous.boundCidrs),
    noDefaultPolicy: pick(sent.token_no_default_policy, previous.noDefaultPolicy),
    numUses: pick(sent.token_num_uses, sent.num_uses, previous.numUses),
    type: pick(sent.token_type === '' ? 'default' : sent.token_type, previous.type),
    strictlyBindIp: pick(sent.token_strictly_bind_ip, previous.strictlyBindIp),
  };
  checkTokenParameters(next);
  return next;
}

function readPolicies(names: readonly string[]): readonly string[] {
  return sanitizePolicyNames(names);
}

function checkTokenParameters(next: TokenParameters): void {
  const refuse = (message: string, hint: string): never => {
    throw new StrongroomError('invalid_request', message, { hint });
  };
  if (next.maxTtlSeconds > 0 && next.ttlSeconds > next.maxTtlSeconds) {
    refuse("'token_ttl' cannot be greater than 'token_max_ttl'", 'lower token_ttl or raise token_max_ttl');
  }
  if (next.numUses < 0) refuse("'token_num_uses' cannot be negative", '0 means unlimited');
  const batch = next.type === 'batch' || next.type === 'default-batch';
  if (batch && next.periodSeconds > 0)
    refuse("'token_type' cannot be 'batch' with a period", 'batch tokens are not renewed');
  if (batch && next.numUses > 0)
    refuse("'token_type' cannot be 'batch' with limited uses", 'batch tokens are not stored');
  requireAddressBlocks(next.boundCidrs);
}

/** The parameters as roles are read back: whole seconds, lists never null. */
export function showTokenParameters(parameters: TokenParameters): JsonObject {
  return {
    token_bound_cidrs: parameters.boundCidrs,
    token_explicit_max_ttl: parameters.explicitMaxSeconds,
    token_max_ttl: parameters.maxTtlSeconds,
    token_no_default_policy: parameters.noDefaultPolicy,
    token_num_uses: parameters.numUses,
    token_period: parameters.periodSeconds,
    token_policies: parameters.policies,
    token_strictly_bind_ip: parameters.strictlyBindIp,
    token_ttl: parameters.ttlSeconds,
    token_type: parameters.type,
  };
}
