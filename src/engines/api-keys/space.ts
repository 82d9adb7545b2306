import type { RateLimit } from '../../core/index.ts';
import { formatShortDuration, type JsonObject } from '../../lib/index.ts';

/** What the keys of one application have in common. Whole seconds; 0 = not set. */
export interface Space {
  readonly name: string;
  readonly prefix: string;
  readonly env: string;
  readonly defaultTtlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly requireExpiry: boolean;
  /** Empty: any. */
  readonly allowedScopes: readonly string[];
  readonly defaultScopes: readonly string[];
  /** Policies for Strongroom itself. */
  readonly policies: readonly string[];
  readonly boundCidrs: readonly string[];
  readonly rateLimits: readonly RateLimit[];
  /** Null: no limit. */
  readonly credits: number | null;
  readonly refillAmount: number;
  readonly refillSeconds: number;
  /** 0: no limit. */
  readonly maxLiveKeysPerOwner: number;
  readonly overlapSeconds: number;
  /** What the use of a rotated key after its overlap does. */
  readonly onReuse: 'event' | 'revoke_family';
  readonly disabled: boolean;
  /** Set while it is being deleted: no key is made in it or brought back, so that none outlives it. */
  readonly closing?: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

export function newSpace(name: string): Space {
  return {
    name,
    prefix: 'sr',
    env: 'live',
    defaultTtlSeconds: 0,
    maxTtlSeconds: 0,
    requireExpiry: false,
    allowedScopes: [],
    defaultScopes: [],
    policies: [],
    boundCidrs: [],
    rateLimits: [],
    credits: null,
    refillAmount: 0,
    refillSeconds: 0,
    maxLiveKeysPerOwner: 0,
    overlapSeconds: 86_400,
    onReuse: 'event',
    disabled: false,
    metadata: {},
  };
}

/** What a key may do in Strongroom itself: its own policies, or its space's. */
export const rightsOf = (key: { readonly policies: readonly string[] }, space: Space): readonly string[] =>
  key.policies.length > 0 ? key.policies : space.policies;

export const showRateLimit = (limit: RateLimit): JsonObject => ({
  limit: limit.limit,
  name: limit.name,
  window: formatShortDuration(limit.windowSeconds),
});

export function showSpace(space: Space): JsonObject {
  return {
    allowed_scopes: space.allowedScopes,
    bound_cidrs: space.boundCidrs,
    credits: space.credits,
    default_scopes: space.defaultScopes,
    default_ttl: space.defaultTtlSeconds,
    disabled: space.disabled,
    env: space.env,
    max_live_keys_per_owner: space.maxLiveKeysPerOwner,
    max_ttl: space.maxTtlSeconds,
    metadata: space.metadata,
    name: space.name,
    on_leak: 'event',
    on_reuse: space.onReuse,
    on_unused: 'event',
    overlap: space.overlapSeconds,
    policies: space.policies,
    prefix: space.prefix,
    rate_limits: space.rateLimits.map(showRateLimit),
    refill_amount: space.refillAmount,
    refill_interval: space.refillSeconds,
    require_expiry: space.requireExpiry,
    revealable: false,
    unused_after: 0,
  };
}
