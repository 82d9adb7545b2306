import {
  type CredentialBody,
  credentialNotFound,
  decideExpiry,
  type EngineRequest,
  requireCidrs,
  requireMetadata,
  requireShortText,
  requireTexts,
} from '../../../core/index.ts';
import { isJsonObject, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { type KeyStore, placeOf, requireSpace } from '../key-store.ts';
import { readRateLimits, readThumbprint, requireCredits } from '../read-limits.ts';
import { showKey } from '../show-key.ts';
import { type KeyFields, requirePolicies, requireScopes } from './create-key.ts';

type ChangeFields = Omit<KeyFields, 'space'> & { readonly id: string };

/** Changes the fields that were sent of a key. By PATCH, metadata is merged and a null takes a value away. */
export async function changeKey(
  keys: KeyStore,
  request: EngineRequest<ChangeFields>,
  patch: boolean,
): Promise<JsonObject> {
  const { fields, mount, nowMillis } = request;
  requireCredits({ ...fields, refill_amount: undefined, refill_interval: undefined });
  const place = placeOf(mount);
  const found = await keys.credentials.find(place, fields.id);
  if (!found) throw credentialNotFound('key');
  const space = await requireSpace(keys, mount, found.row.space);
  const wantsExpiry = fields.ttl !== undefined || fields.expire_time !== undefined;
  const expireMillis = wantsExpiry
    ? decideExpiry(fields, {
        nowMillis,
        defaultSeconds: 0,
        maxSeconds: space.maxTtlSeconds,
        required: space.requireExpiry,
      })
    : undefined;
  const policies = fields.policies === undefined ? undefined : requirePolicies(request, fields.policies);
  const scopes = fields.scopes === undefined ? undefined : requireScopes(fields.scopes, space);
  await keys.credentials.modify(place, fields.id, (credential) => {
    if (credential.row.state === 'revoked') {
      throw new StrongroomError('invalid_request', 'the key is revoked', { hint: 'make a new one' });
    }
    const body = merge(credential.body, fields, request.body, patch, policies, scopes);
    const change = keys.credentials.change(credential, { body, ...(expireMillis !== undefined && { expireMillis }) });
    if (fields.credits === undefined) return [change];
    const key = { namespace: credential.row.namespace, id: credential.row.id };
    return [
      change,
      { kind: 'touch', table: 'credentials', key, set: { credits_left: fields.credits, refilled_millis: nowMillis } },
    ];
  });
  const changed = await keys.credentials.find(place, fields.id);
  if (!changed) throw credentialNotFound('key');
  return showKey(changed, nowMillis);
}

function merge(
  body: CredentialBody,
  sent: ChangeFields,
  raw: JsonObject,
  patch: boolean,
  policies: readonly string[] | undefined,
  scopes: readonly string[] | undefined,
): CredentialBody {
  const details = body.apiKey;
  if (!details) throw new StrongroomError('internal', 'a key without its details');
  return {
    ...body,
    name: sent.name === undefined ? body.name : requireShortText(sent.name, 'name'),
    owner: sent.owner === undefined ? body.owner : requireShortText(sent.owner, 'owner'),
    policies: policies ?? body.policies,
    boundCidrs: sent.bound_cidrs === undefined ? body.boundCidrs : requireCidrs(sent.bound_cidrs),
    tags: sent.tags === undefined ? body.tags : requireTexts(sent.tags, 'tags', 50),
    metadata: nextMetadata(body.metadata, sent.metadata, raw, patch),
    notBeforeMillis: sent.not_before === undefined ? body.notBeforeMillis : sent.not_before,
    apiKey: {
      ...details,
      contact: sent.contact === undefined ? details.contact : requireShortText(sent.contact, 'contact'),
      externalId:
        sent.external_id === undefined ? details.externalId : requireShortText(sent.external_id, 'external_id'),
      scopes: scopes ?? details.scopes,
      rateLimits: readRateLimits(sent.rate_limits) ?? details.rateLimits,
      creditsGiven: sent.credits ?? details.creditsGiven,
      refillAmount: sent.refill_amount ?? details.refillAmount,
      refillSeconds: sent.refill_interval ?? details.refillSeconds,
      certThumbprint:
        sent.cert_thumbprint === undefined ? details.certThumbprint : readThumbprint(sent.cert_thumbprint),
    },
  };
}

function nextMetadata(
  before: Readonly<Record<string, string>>,
  sent: Readonly<Record<string, string>> | undefined,
  raw: JsonObject,
  patch: boolean,
): Readonly<Record<string, string>> {
  if (!patch) return sent === undefined ? before : requireMetadata(sent);
  const wanted = raw['metadata'];
  if (!isJsonObject(wanted)) return before;
  const merged = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(wanted)) {
    if (value === null) merged.delete(key);
    else merged.set(key, String(value));
  }
  return requireMetadata(Object.fromEntries(merged));
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
