import {
  type CredentialBody,
  decideExpiry,
  type EngineRequest,
  isLive,
  type Maker,
  type Mount,
  requireCidrs,
  requireMetadata,
  requirePrincipal,
  requireShortText,
  requireTexts,
  sanitizePolicyNames,
} from '../../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { type Change, isGuardFailure } from '../../../store/index.ts';
import { type KeyStore, requireSpace } from '../key-store.ts';
import { readRateLimits, readThumbprint, requireCredits } from '../read-limits.ts';
import { showKey } from '../show-key.ts';
import type { Space } from '../space.ts';

export interface KeyFields {
  readonly space?: string | undefined;
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
  readonly contact?: string | undefined;
  readonly external_id?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly ttl?: number | undefined;
  readonly expire_time?: number | undefined;
  readonly not_before?: number | undefined;
  readonly bound_cidrs?: readonly string[] | undefined;
  readonly rate_limits?: readonly JsonObject[] | undefined;
  readonly credits?: number | undefined;
  readonly refill_amount?: number | undefined;
  readonly refill_interval?: number | undefined;
  readonly cert_thumbprint?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

export const makerOf = (request: EngineRequest<unknown>): Maker => {
  const { entityId, displayName, accessor } = requirePrincipal(request);
  return { entityId, displayName, accessor };
};

export function requireScopes(scopes: readonly string[] | undefined, space: Space): readonly string[] {
  const wanted = requireTexts(scopes ?? space.defaultScopes, 'scopes');
  const outside = wanted.find((scope) => space.allowedScopes.length > 0 && !space.allowedScopes.includes(scope));
  if (outside !== undefined)
    refuse(`scope ${JSON.stringify(outside)} is not allowed in this space`, 'see allowed_scopes of the space');
  return wanted;
}

/**
 * Policies for Strongroom itself: the maker gives only what they have, unless they hold sudo on the path. A key that
 * makes keys never widens itself.
 */
export function requirePolicies(
  request: EngineRequest<unknown>,
  names: readonly string[] | undefined,
): readonly string[] {
  if (names === undefined) return [];
  const policies = sanitizePolicyNames(names);
  if (policies.includes('root')) refuse('API keys cannot have the policy root', 'name what they may do');
  const principal = requirePrincipal(request);
  const sudo = principal.acls.every((acl) => acl.decide({ path: request.path, operation: 'update' }).sudo);
  const missing = policies.find((policy) => !principal.policies.includes(policy));
  if (missing !== undefined && !(sudo && principal.kind === 'token')) {
    refuse(`policy ${JSON.stringify(missing)} is not one of yours`, 'a key gets at most what its maker has');
  }
  return policies;
}

/** Makes a key; it is in this answer, and in its repetition under the same Idempotency-Key, and nowhere else. */
export async function createKey(keys: KeyStore, request: EngineRequest<KeyFields>): Promise<JsonObject> {
  const { fields, mount } = request;
  const space = await requireSpace(keys, mount, fields.space ?? 'default');
  if (space.disabled) refuse('the space is disabled', 'enable it first: spaces/NAME disabled=false');
  const draft = readDraft(request, space);
  const limited = space.maxLiveKeysPerOwner > 0 && draft.body.owner !== '';
  const make = () => keys.answers.once(request, () => mintKey(keys, request, space, draft, limited));
  if (!limited) return make();
  // Creations for one owner take turns here; the owner's row guards them against other nodes.
  return keys.turns.take(`${mount.id}/${draft.body.owner}`, () => retryGuarded(make));
}

async function retryGuarded<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isGuardFailure(error) || attempt >= 20) throw error;
    }
  }
}

interface Draft {
  readonly body: CredentialBody;
  readonly expireMillis: number | null;
  readonly credits: number | null;
}

function readDraft(request: EngineRequest<KeyFields>, space: Space): Draft {
  const { fields, nowMillis } = request;
  requireCredits(fields);
  const expireMillis = decideExpiry(fields, {
    nowMillis,
    defaultSeconds: space.defaultTtlSeconds,
    maxSeconds: space.maxTtlSeconds,
    required: space.requireExpiry,
  });
  const notBeforeMillis = fields.not_before ?? null;
  if (notBeforeMillis !== null && expireMillis !== null && notBeforeMillis >= expireMillis)
    refuse('the key would end before it begins', 'look at not_before and the expiry');
  const credits = fields.credits ?? space.credits;
  return {
    expireMillis,
    credits,
    body: {
      name: requireShortText(fields.name, 'name'),
      owner: requireShortText(fields.owner, 'owner'),
      policies: requirePolicies(request, fields.policies),
      boundCidrs: fields.bound_cidrs === undefined ? space.boundCidrs : requireCidrs(fields.bound_cidrs),
      tags: requireTexts(fields.tags, 'tags', 50),
      metadata: requireMetadata(fields.metadata),
      createdBy: makerOf(request),
      notBeforeMillis,
      rotatedFrom: null,
      rotatedTo: null,
      overlapEndMillis: null,
      reason: '',
      apiKey: {
        contact: requireShortText(fields.contact, 'contact'),
        externalId: requireShortText(fields.external_id, 'external_id'),
        scopes: requireScopes(fields.scopes, space),
        rateLimits: readRateLimits(fields.rate_limits) ?? space.rateLimits,
        creditsGiven: credits,
        refillAmount: fields.refill_amount ?? space.refillAmount,
        refillSeconds: fields.refill_interval ?? space.refillSeconds,
        certThumbprint: readThumbprint(fields.cert_thumbprint),
      },
    },
  };
}

async function mintKey(keys: KeyStore, request: EngineRequest<unknown>, space: Space, draft: Draft, limited: boolean) {
  const { mount, nowMillis } = request;
  const guard = limited ? await ownerGuard(keys, mount, space, draft.body.owner, nowMillis) : [];
  const minted = keys.credentials.mint({
    namespace: mount.namespace,
    kind: 'api_key',
    mount: mount.id,
    space: space.name,
    prefix: `${space.prefix}_${space.env}_`,
    entityId: null,
    expireMillis: draft.expireMillis,
    creditsLeft: draft.credits,
    body: draft.body,
  });
  return { changes: [minted.change, ...guard], data: { ...showKey(minted.credential, nowMillis), key: minted.text } };
}

/** Refuses when an owner has as many live keys as the space allows; answers the guard that keeps that true. */
async function ownerGuard(
  keys: KeyStore,
  mount: Mount,
  space: Space,
  owner: string,
  nowMillis: number,
): Promise<readonly Change[]> {
  const ownerIndex = keys.credentials.index('owner', owner);
  const id = `${space.name}/${ownerIndex}`;
  const record = await keys.owners.read(mount, id);
  const rows = await keys.core.store.list('credentials', {
    where: { namespace: mount.namespace, mount: mount.id, kind: 'api_key', space: space.name, owner_index: ownerIndex },
    limit: 10_000,
  });
  const live = rows.filter((row) => isLive(keys.credentials.open(row), nowMillis)).length;
  if (live >= space.maxLiveKeysPerOwner)
    refuse(
      'this owner has as many live keys as the space allows',
      'revoke one first, or raise max_live_keys_per_owner',
    );
  return [keys.owners.put(mount, id, record, { creations: (record?.body.creations ?? 0) + 1 })];
}
