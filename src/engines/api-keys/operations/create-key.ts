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
import { type KeyStore, placeOf, requireSpace } from '../key-store.ts';
import { readRateLimits, readThumbprint, requireCredits, requireRefilled } from '../read-limits.ts';
import { showKey } from '../show-key.ts';
import { rightsOf, type Space } from '../space.ts';
import {
  blocksWithinMaker,
  endWithinMaker,
  refuseCountedMaker,
  requireGivable,
  requireScopesOfMaker,
} from '../within-maker.ts';

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

/** Policies for Strongroom itself, as they were sent. */
export function requirePolicies(
  request: EngineRequest<unknown>,
  names: readonly string[] | undefined,
): readonly string[] {
  if (names === undefined) return [];
  const policies = sanitizePolicyNames(names);
  if (policies.includes('root')) refuse('API keys cannot have the policy root', 'name what they may do');
  requireGivable(request, policies);
  return policies;
}

/** A key that ends before it begins is never good. */
export function requireBeginning(notBeforeMillis: number | null, expireMillis: number | null): void {
  if (notBeforeMillis !== null && expireMillis !== null && notBeforeMillis >= expireMillis)
    refuse('the key would end before it begins', 'look at not_before and the expiry');
}

/** Makes a key; it is in this answer, and in its repetition under the same Idempotency-Key, and nowhere else. */
export async function createKey(keys: KeyStore, request: EngineRequest<KeyFields>): Promise<JsonObject> {
  const { fields, mount } = request;
  const { owner = '', space: name = 'default' } = fields;
  const make = () => keys.answers.once(request, () => mintKey(keys, request, name));
  const { body: space } = await requireSpace(keys, mount, name);
  return isLimited(space, owner) ? takeOwnersTurn(keys, mount, owner, make) : retryGuarded(make);
}

const isLimited = (space: Space, owner: string): boolean => space.maxLiveKeysPerOwner > 0 && owner !== '';

/** What adds to the keys of one owner takes turns here; the owner's row guards it against other nodes. */
export function takeOwnersTurn<T>(keys: KeyStore, mount: Mount, owner: string, work: () => Promise<T>): Promise<T> {
  return keys.turns.take(`${mount.id}/${owner}`, () => retryGuarded(work));
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

async function readDraft(keys: KeyStore, request: EngineRequest<KeyFields>, space: Space): Promise<Draft> {
  const { fields, nowMillis } = request;
  requireCredits(fields);
  const wishedMillis = decideExpiry(fields, {
    nowMillis,
    defaultSeconds: space.defaultTtlSeconds,
    maxSeconds: space.maxTtlSeconds,
    required: space.requireExpiry,
  });
  const policies = requirePolicies(request, fields.policies);
  const rights = rightsOf({ policies }, space);
  requireGivable(request, rights);
  await refuseCountedMaker(keys, request, rights);
  const expireMillis = endWithinMaker(request, wishedMillis, rights);
  const blocks = fields.bound_cidrs === undefined ? space.boundCidrs : requireCidrs(fields.bound_cidrs);
  const notBeforeMillis = fields.not_before ?? null;
  requireBeginning(notBeforeMillis, expireMillis);
  const scopes = requireScopes(fields.scopes, space);
  await requireScopesOfMaker(keys, request, scopes);
  const credits = fields.credits ?? space.credits;
  requireRefilled(fields.refill_amount ?? 0, credits);
  return {
    expireMillis,
    credits,
    body: {
      name: requireShortText(fields.name, 'name'),
      owner: requireShortText(fields.owner, 'owner'),
      policies,
      boundCidrs: await blocksWithinMaker(keys, request, blocks, rights),
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
        scopes,
        rateLimits: readRateLimits(fields.rate_limits) ?? space.rateLimits,
        creditsGiven: credits,
        refillAmount: fields.refill_amount ?? space.refillAmount,
        refillSeconds: fields.refill_interval ?? space.refillSeconds,
        certThumbprint: readThumbprint(fields.cert_thumbprint),
      },
    },
  };
}

/** Decided anew when the space, or the keys of the owner, changed meanwhile. */
async function mintKey(keys: KeyStore, request: EngineRequest<KeyFields>, name: string) {
  const { mount, nowMillis } = request;
  const record = await requireSpace(keys, mount, name);
  const space = record.body;
  if (space.disabled) refuse('the space is disabled', 'enable it first: spaces/NAME disabled=false');
  const draft = await readDraft(keys, request, space);
  const guard = await ownerGuard(keys, request, { space, owner: draft.body.owner, rotates: false });
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
  const guards = [keys.spaces.unchanged(mount, record), ...guard];
  return { changes: [minted.change, ...guards], data: { ...showKey(minted.credential, nowMillis), key: minted.text } };
}

const pageSize = 1_000;

/**
 * Refuses when an owner has as many live keys as the space allows; answers the guard that keeps that true. A rotation
 * may go one above it, until its overlap ends.
 */
export async function ownerGuard(
  keys: KeyStore,
  { mount, nowMillis }: EngineRequest<unknown>,
  wish: { readonly space: Space; readonly owner: string; readonly rotates: boolean },
): Promise<readonly Change[]> {
  const { space, owner, rotates } = wish;
  if (!isLimited(space, owner)) return [];
  const ownerIndex = keys.credentials.index('owner', owner);
  const id = `${space.name}/${ownerIndex}`;
  const record = await keys.owners.read(mount, id);
  let live = 0;
  let overlapping = 0;
  for (let after = ''; ; ) {
    const rows = await keys.core.store.list('credentials', {
      where: { ...placeOf(mount), space: space.name, owner_index: ownerIndex },
      after: { value: after, id: after },
      limit: pageSize,
    });
    for (const row of rows) {
      if (!isLive(keys.credentials.open(row), nowMillis)) continue;
      live += 1;
      if (row.state === 'rotated') overlapping += 1;
    }
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) break;
    after = last.id;
  }
  if (rotates ? overlapping > 0 : live >= space.maxLiveKeysPerOwner)
    refuse(
      'this owner has as many live keys as the space allows',
      rotates
        ? 'wait until the last rotation is over, or rotate without an overlap'
        : 'revoke one first, or raise max_live_keys_per_owner',
    );
  return [keys.owners.put(mount, id, record, { creations: (record?.body.creations ?? 0) + 1 })];
}
