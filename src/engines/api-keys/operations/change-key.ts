import {
  type Credential,
  type CredentialBody,
  credentialNotFound,
  decideExpiry,
  type EngineRequest,
  isLive,
  requireCidrs,
  requireMetadata,
  requireShortText,
  requireTexts,
} from '../../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { type KeyStore, placeOf, requireSpace } from '../key-store.ts';
import { readRateLimits, readThumbprint, requireCredits, requireRefilled } from '../read-limits.ts';
import { showKey } from '../show-key.ts';
import { rightsOf } from '../space.ts';
import {
  blocksWithinMaker,
  callingKey,
  endWithinMaker,
  refuseCountedMaker,
  requireGivable,
  requireScopesOfMaker,
} from '../within-maker.ts';
import { type KeyFields, ownerGuard, requireBeginning, requirePolicies, requireScopes } from './create-key.ts';

export type ChangeFields = Omit<KeyFields, 'space' | 'metadata' | 'not_before' | 'credits'> & {
  readonly id: string;
  readonly not_before?: number | null | undefined;
  readonly credits?: number | null | undefined;
  /** By PATCH as sent: null takes a value away, or all of them. */
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
};

/** Changes the fields that were sent of a key. By PATCH, metadata is merged and a null takes a value away. */
export async function changeKey(
  keys: KeyStore,
  request: EngineRequest<unknown>,
  fields: ChangeFields,
  patch: boolean,
): Promise<JsonObject> {
  const { mount, nowMillis } = request;
  requireCredits({ credits: fields.credits ?? undefined });
  const place = placeOf(mount);
  const found = await keys.credentials.find(place, fields.id);
  if (!found) throw credentialNotFound('key');
  await refuseItself(keys, request, found);
  const wantsExpiry = fields.ttl !== undefined || fields.expire_time !== undefined;
  const policies = fields.policies === undefined ? undefined : requirePolicies(request, fields.policies);
  await keys.credentials.modify(place, fields.id, async (credential) => {
    if (credential.row.state === 'revoked') {
      throw new StrongroomError('invalid_request', 'the key is revoked', { hint: 'make a new one' });
    }
    const record = await requireSpace(keys, mount, credential.row.space);
    const space = record.body;
    const wishedMillis = wantsExpiry
      ? decideExpiry(fields, {
          nowMillis,
          defaultSeconds: 0,
          maxSeconds: space.maxTtlSeconds,
          required: space.requireExpiry,
        })
      : undefined;
    const scopes = fields.scopes === undefined ? undefined : requireScopes(fields.scopes, space);
    const merged = merge(credential.body, fields, patch, policies, scopes);
    const touchesRights = wishedMillis !== undefined || policies !== undefined;
    const end = wishedMillis === undefined ? credential.row.expire_millis : wishedMillis;
    const rights = rightsOf(merged, space);
    if (policies !== undefined) {
      requireGivable(request, rights);
      await refuseCountedMaker(keys, request, rights);
    }
    if (scopes !== undefined) await requireScopesOfMaker(keys, request, scopes);
    const touchesBlocks = fields.bound_cidrs !== undefined || policies !== undefined;
    const boundCidrs = touchesBlocks
      ? await blocksWithinMaker(keys, request, merged.boundCidrs, rights)
      : merged.boundCidrs;
    const body = { ...merged, boundCidrs };
    const expireMillis = touchesRights ? endWithinMaker(request, end, rights) : undefined;
    if (wantsExpiry || touchesRights || fields.not_before !== undefined)
      requireBeginning(body.notBeforeMillis, expireMillis === undefined ? end : expireMillis);
    const change = keys.credentials.change(credential, { body, ...(expireMillis !== undefined && { expireMillis }) });
    // One more of its owner: given to them, or brought back by another end.
    const isNew = body.owner !== credential.body.owner || (wantsExpiry && !isLive(credential, nowMillis));
    const ownerGuards = isNew ? await ownerGuard(keys, request, { space, owner: body.owner, rotates: false }) : [];
    const guards = [keys.spaces.unchanged(mount, record), ...ownerGuards];
    const credits = fields.credits === undefined ? credential.row.credits_left : fields.credits;
    if (fields.credits !== undefined || fields.refill_amount !== undefined)
      requireRefilled(body.apiKey?.refillAmount ?? 0, credits);
    if (fields.credits === undefined) return [change, ...guards];
    const key = { namespace: credential.row.namespace, id: credential.row.id };
    return [
      change,
      ...guards,
      { kind: 'touch', table: 'credentials', key, set: { credits_left: fields.credits, refilled_millis: nowMillis } },
    ];
  });
  const changed = await keys.credentials.find(place, fields.id);
  if (!changed) throw credentialNotFound('key');
  return showKey(changed, nowMillis);
}

/** A key that may change keys does not change itself, nor the one it rotated into: it would widen its own rights. */
async function refuseItself(keys: KeyStore, request: EngineRequest<unknown>, found: Credential): Promise<void> {
  const caller = await callingKey(keys, request);
  if (caller?.row.family !== found.row.family) return;
  throw new StrongroomError('permission_denied', 'permission denied', { hint: 'an API key cannot change itself' });
}

function merge(
  body: CredentialBody,
  sent: ChangeFields,
  patch: boolean,
  policies: readonly string[] | undefined,
  scopes: readonly string[] | undefined,
): CredentialBody {
  const details = body.apiKey;
  if (!details) throw new StrongroomError('internal', 'a key without its details');
  const refill = {
    refillAmount: sent.refill_amount ?? details.refillAmount,
    refillSeconds: sent.refill_interval ?? details.refillSeconds,
  };
  requireCredits({ refill_amount: refill.refillAmount, refill_interval: refill.refillSeconds });
  return {
    ...body,
    name: sent.name === undefined ? body.name : requireShortText(sent.name, 'name'),
    owner: sent.owner === undefined ? body.owner : requireShortText(sent.owner, 'owner'),
    policies: policies ?? body.policies,
    boundCidrs: sent.bound_cidrs === undefined ? body.boundCidrs : requireCidrs(sent.bound_cidrs),
    tags: sent.tags === undefined ? body.tags : requireTexts(sent.tags, 'tags', 50),
    metadata: nextMetadata(body.metadata, sent.metadata, patch),
    notBeforeMillis: sent.not_before === undefined ? body.notBeforeMillis : sent.not_before,
    apiKey: {
      ...details,
      contact: sent.contact === undefined ? details.contact : requireShortText(sent.contact, 'contact'),
      externalId:
        sent.external_id === undefined ? details.externalId : requireShortText(sent.external_id, 'external_id'),
      scopes: scopes ?? details.scopes,
      rateLimits: readRateLimits(sent.rate_limits) ?? details.rateLimits,
      creditsGiven: sent.credits === undefined ? details.creditsGiven : sent.credits,
      ...refill,
      certThumbprint:
        sent.cert_thumbprint === undefined ? details.certThumbprint : readThumbprint(sent.cert_thumbprint),
    },
  };
}

function nextMetadata(
  before: Readonly<Record<string, string>>,
  sent: Readonly<Record<string, unknown>> | null | undefined,
  patch: boolean,
): Readonly<Record<string, string>> {
  if (sent === undefined) return before;
  if (sent === null) return {};
  const next = new Map(patch ? Object.entries(before) : []);
  for (const [key, value] of Object.entries(sent)) {
    if (value === null) next.delete(key);
    else if (typeof value === 'object')
      throw new StrongroomError('invalid_field', 'a metadata value is not a text', { hint: '{"team": "payments"}' });
    else next.set(key, String(value));
  }
  return requireMetadata(Object.fromEntries(next));
}

/** Sets a key's state. Nothing brings a revoked key back. */
export async function setState(
  keys: KeyStore,
  request: EngineRequest<{ readonly id: string; readonly reason?: string | undefined }>,
  state: 'revoked' | 'disabled' | 'active',
): Promise<void> {
  const reason = requireShortText(request.fields.reason, 'reason', 512);
  const found = await keys.credentials.modify(placeOf(request.mount), request.fields.id, (credential) => {
    if (credential.row.state === state) return [];
    if (credential.row.state === 'revoked')
      throw new StrongroomError('invalid_request', 'the key is revoked', {
        hint: 'nothing brings it back: make a new one',
      });
    if (state === 'revoked') return [keys.credentials.revocation(credential, reason)];
    const back = credential.body.rotatedTo === null ? 'active' : 'rotated';
    return [
      keys.credentials.change(credential, {
        state: state === 'active' ? back : 'disabled',
        body: { ...credential.body, reason },
      }),
    ];
  });
  if (!found) throw credentialNotFound('key');
}
