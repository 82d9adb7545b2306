import type { JsonObject } from '../../lib/index.ts';
import type { Operation } from './capability.ts';
import type { KeyFilter } from './key-filter.ts';

export interface AclRequest {
  /** Canonical, without a leading slash. For `list` and `scan` with or without the final slash: both decide alike. */
  readonly path: string;
  readonly operation: Operation;
  /** The top-level members of the body or query. */
  readonly parameters?: JsonObject | undefined;
  /** The wrapping TTL asked for; undefined or 0 when none was. */
  readonly wrapTtlSeconds?: number | undefined;
}

export type RefusalReason =
  | 'no_rule'
  | 'explicit_deny'
  | 'capability_missing'
  | 'wrapping_required'
  | 'wrapping_ttl_too_long'
  | 'wrapping_ttl_too_short'
  | 'parameter_missing'
  | 'parameter_denied'
  | 'parameter_not_allowed'
  | 'page_too_large';

export interface GrantingPolicy {
  readonly name: string;
  readonly type: 'acl';
}

/** Frozen and shared between requests: callers must not add to it. */
export interface Decision {
  readonly allowed: boolean;
  /** The rule that decided also grants `sudo`; a root-protected path needs `allowed` and `sudo`. */
  readonly sudo: boolean;
  readonly root: boolean;
  /** Why not; undefined when allowed. */
  readonly reason: RefusalReason | undefined;
  /** The policies that granted the operation; empty when refused. */
  readonly grantingPolicies: readonly GrantingPolicy[];
  /** The pattern of the one rule that decided, as compiled. */
  readonly rulePattern: string | undefined;
  /** For `list` and `scan`: the largest page. A request without `limit` gets this one. */
  readonly paginationLimit: number | undefined;
  /** For `list` and `scan`: keys are shown only where `Acl.showsListedKey` says so. */
  readonly keyFilter: KeyFilter | undefined;
}

const base: Decision = {
  allowed: false,
  sudo: false,
  root: false,
  reason: undefined,
  grantingPolicies: Object.freeze([]),
  rulePattern: undefined,
  paginationLimit: undefined,
  keyFilter: undefined,
};

export function freezeDecision(members: Partial<Decision>): Decision {
  return Object.freeze({ ...base, ...members });
}

export const noRuleDecision: Decision = freezeDecision({ reason: 'no_rule' });

export const rootDecision: Decision = freezeDecision({
  allowed: true,
  sudo: true,
  root: true,
  grantingPolicies: Object.freeze([{ name: 'root', type: 'acl' }]),
});
