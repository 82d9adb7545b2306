import {
  type EngineRequest,
  requireCidrs,
  requireMetadata,
  requirePrincipal,
  requireTexts,
} from '../../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../../lib/index.ts';
import type { KeyStore } from '../key-store.ts';
import { readRateLimits, requireCredits } from '../read-limits.ts';
import { newSpace, type Space } from '../space.ts';
import { blocksWithinMaker, callingKey, refuseCountedMaker } from '../within-maker.ts';
import { requirePolicies } from './create-key.ts';
import { requireOverlap } from './rotate-key.ts';

export interface SpaceFields {
  readonly space: string;
  readonly prefix?: string | undefined;
  readonly env?: string | undefined;
  readonly default_ttl?: number | undefined;
  readonly max_ttl?: number | undefined;
  readonly require_expiry?: boolean | undefined;
  readonly allowed_scopes?: readonly string[] | undefined;
  readonly default_scopes?: readonly string[] | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly bound_cidrs?: readonly string[] | undefined;
  readonly rate_limits?: readonly JsonObject[] | undefined;
  readonly credits?: number | undefined;
  readonly refill_amount?: number | undefined;
  readonly refill_interval?: number | undefined;
  readonly max_live_keys_per_owner?: number | undefined;
  readonly overlap?: number | undefined;
  readonly on_reuse?: 'event' | 'revoke_family' | undefined;
  readonly on_leak?: string | undefined;
  readonly unused_after?: number | undefined;
  readonly on_unused?: string | undefined;
  readonly revealable?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

const wordPattern = /^[a-z0-9]{1,12}$/;
/** First words of other credentials: a key may not look like one of them. */
const taken = ['pat', 'srs', 'srb', 'hvs', 'hvb'];

export const spaceNamePattern = /^[A-Za-z0-9](?:[\w.-]{0,62}[A-Za-z0-9])?$/;

/** What this release does not do is refused, never silently ignored. */
function refuseUnsupported(fields: SpaceFields): void {
  if (fields.revealable === true)
    refuse('revealable is not supported', 'a key is shown once; make a new one when it is lost');
  if (fields.on_leak !== undefined && fields.on_leak !== 'event')
    refuse('on_leak can only be "event" in this release', 'leave it out');
  if (fields.on_unused !== undefined && fields.on_unused !== 'event')
    refuse('on_unused can only be "event" in this release', 'leave it out');
  if (fields.unused_after !== undefined && fields.unused_after !== 0)
    refuse('unused_after is not supported in this release', 'list unused keys with unused_since');
}

export async function writeSpace(keys: KeyStore, request: EngineRequest<SpaceFields>): Promise<void> {
  const { fields, mount } = request;
  if (!spaceNamePattern.test(fields.space)) refuse('invalid space name', 'up to 64 letters, digits and _ . -');
  refuseUnsupported(fields);
  await refuseOwnSpace(keys, request);
  // Keys without policies of their own get the space's, so whoever sets them gives them.
  const policies = fields.policies && requirePolicies(request, fields.policies);
  await keys.spaces.modify(mount, fields.space, async (previous) => {
    const merged = merge(previous ?? newSpace(fields.space), fields);
    const next = policies ? { ...merged, policies } : merged;
    check(next);
    return policies || fields.bound_cidrs ? bindByMaker(keys, request, next) : next;
  });
}

/** An API key would loosen what binds itself. */
export async function refuseOwnSpace(
  keys: KeyStore,
  request: EngineRequest<{ readonly space: string }>,
): Promise<void> {
  const caller = await callingKey(keys, request);
  if (caller?.row.mount !== request.mount.id || caller.row.space !== request.fields.space) return;
  throw new StrongroomError('permission_denied', 'permission denied', {
    hint: 'an API key cannot change its own space',
  });
}

/**
 * A space gives its policies to keys that were made without any, and so without what else bounds their maker: uses,
 * end and addresses. The addresses can be the space's; who is bound by one of the others gives none.
 */
async function bindByMaker(keys: KeyStore, request: EngineRequest<unknown>, space: Space): Promise<Space> {
  await refuseCountedMaker(keys, request, space.policies);
  const { kind, expireMillis } = requirePrincipal(request);
  if (kind !== 'token' && expireMillis !== null && space.policies.length > 0) {
    throw new StrongroomError('invalid_request', 'what ends cannot give a space policies', {
      hint: 'use a token, or a key or PAT without an end',
    });
  }
  return { ...space, boundCidrs: await blocksWithinMaker(keys, request, space.boundCidrs, space.policies) };
}

function merge(space: Space, sent: SpaceFields): Space {
  return {
    ...space,
    // A deletion that was broken off is over.
    closing: false,
    prefix: sent.prefix ?? space.prefix,
    env: sent.env ?? space.env,
    defaultTtlSeconds: sent.default_ttl ?? space.defaultTtlSeconds,
    maxTtlSeconds: sent.max_ttl ?? space.maxTtlSeconds,
    requireExpiry: sent.require_expiry ?? space.requireExpiry,
    allowedScopes: sent.allowed_scopes ? requireTexts(sent.allowed_scopes, 'allowed_scopes', 500) : space.allowedScopes,
    defaultScopes: sent.default_scopes ? requireTexts(sent.default_scopes, 'default_scopes') : space.defaultScopes,
    boundCidrs: sent.bound_cidrs ? requireCidrs(sent.bound_cidrs) : space.boundCidrs,
    rateLimits: readRateLimits(sent.rate_limits) ?? space.rateLimits,
    credits: sent.credits ?? space.credits,
    refillAmount: sent.refill_amount ?? space.refillAmount,
    refillSeconds: sent.refill_interval ?? space.refillSeconds,
    maxLiveKeysPerOwner: sent.max_live_keys_per_owner ?? space.maxLiveKeysPerOwner,
    overlapSeconds: sent.overlap ?? space.overlapSeconds,
    onReuse: sent.on_reuse ?? space.onReuse,
    disabled: sent.disabled ?? space.disabled,
    metadata: sent.metadata ? requireMetadata(sent.metadata) : space.metadata,
  };
}

function check(space: Space): void {
  for (const [what, word] of [
    ['prefix', space.prefix],
    ['env', space.env],
  ] as const) {
    if (!wordPattern.test(word)) refuse(`invalid ${what}`, '1 to 12 of a-z and 0-9');
  }
  if (taken.includes(space.prefix)) refuse(`the prefix ${space.prefix} belongs to other credentials`, 'choose another');
  if (space.maxTtlSeconds > 0 && space.defaultTtlSeconds > space.maxTtlSeconds)
    refuse('default_ttl is longer than max_ttl', 'lower the one or raise the other');
  requireOverlap(space.overlapSeconds);
  if (space.maxLiveKeysPerOwner < 0) refuse('max_live_keys_per_owner must not be negative', '0 means unlimited');
  const outside = space.defaultScopes.find(
    (scope) => space.allowedScopes.length > 0 && !space.allowedScopes.includes(scope),
  );
  if (outside !== undefined) refuse('a default scope is not among the allowed scopes', 'add it there');
  requireCredits({
    credits: space.credits ?? 0,
    refill_amount: space.refillAmount,
    refill_interval: space.refillSeconds,
  });
}
