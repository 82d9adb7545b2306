import {
  type Credential,
  credentialNotFound,
  decideExpiry,
  type EngineRequest,
  requirePrincipal,
  stateOf,
} from '../../../core/index.ts';
import { formatTime, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { type KeyStore, placeOf, requireSpace } from '../key-store.ts';
import { showKey } from '../show-key.ts';
import type { Space } from '../space.ts';
import { makerOf, requirePolicies } from './create-key.ts';

export interface RotateFields {
  readonly overlap?: number | undefined;
  readonly ttl?: number | undefined;
}

const maxOverlapSeconds = 31_536_000;

/** A new key in place of an old one; both are good until the overlap ends. */
export async function rotateKey(
  keys: KeyStore,
  request: EngineRequest<RotateFields & { readonly id: string }>,
): Promise<JsonObject> {
  return keys.answers.once(request, async () => {
    const previous = await keys.credentials.find(placeOf(request.mount), request.fields.id);
    if (!previous) throw credentialNotFound('key');
    // The new key is in the answer: whoever asks for it gets at most what they have.
    requirePolicies(request, previous.body.policies);
    return rotate(keys, request, previous);
  });
}

/** The same, asked for by the key itself. */
export async function rotateSelf(keys: KeyStore, request: EngineRequest<RotateFields>): Promise<JsonObject> {
  const principal = requirePrincipal(request);
  if (principal.kind !== 'api_key') {
    throw new StrongroomError('invalid_request', 'the caller is not an API key', {
      hint: 'send the key itself as X-API-Key, or rotate it by its id',
    });
  }
  return keys.answers.once(request, async () => {
    const previous = await keys.credentials.find(placeOf(request.mount), principal.credentialId);
    if (!previous) throw credentialNotFound('key');
    return rotate(keys, request, previous);
  });
}

async function rotate(keys: KeyStore, request: EngineRequest<RotateFields>, previous: Credential) {
  const { mount, fields, nowMillis } = request;
  const space = await requireSpace(keys, mount, previous.row.space);
  if (stateOf(previous, nowMillis) !== 'active' || previous.row.state !== 'active') {
    throw new StrongroomError('invalid_request', 'only an active key that was not rotated before can be rotated', {
      hint: 'make a new key',
    });
  }
  const overlapSeconds = fields.overlap ?? space.overlapSeconds;
  if (overlapSeconds > maxOverlapSeconds)
    throw new StrongroomError('invalid_field', 'the overlap is too long', { hint: 'a year at most' });
  const overlapEndMillis = nowMillis + overlapSeconds * 1000;
  const rotated = keys.credentials.rotate(previous, {
    overlapEndMillis,
    minted: {
      namespace: mount.namespace,
      kind: 'api_key',
      mount: mount.id,
      space: space.name,
      prefix: `${space.prefix}_${space.env}_`,
      entityId: previous.row.entity_id,
      expireMillis: nextExpiry(fields.ttl, space, previous, nowMillis),
      creditsLeft: previous.row.credits_left,
      body: { ...previous.body, createdBy: makerOf(request) },
    },
  });
  const previousEnd = Math.min(overlapEndMillis, previous.row.expire_millis ?? Number.POSITIVE_INFINITY);
  const data: JsonObject = {
    ...showKey(rotated.credential, nowMillis),
    key: rotated.text,
    previous_expire_time: formatTime(previousEnd),
    previous_id: previous.row.id,
  };
  return { changes: rotated.changes, data };
}

/** As long as the old key was made for, unless another lifetime is asked for; within the space's limit. */
function nextExpiry(ttl: number | undefined, space: Space, previous: Credential, nowMillis: number): number | null {
  const { created_millis: created, expire_millis: expire } = previous.row;
  const lifeSeconds = expire === null ? 0 : Math.max(1, Math.round((expire - created) / 1000));
  return decideExpiry(
    { ttl: ttl ?? (lifeSeconds > 0 ? lifeSeconds : undefined) },
    { nowMillis, defaultSeconds: 0, maxSeconds: space.maxTtlSeconds, required: space.requireExpiry },
  );
}
