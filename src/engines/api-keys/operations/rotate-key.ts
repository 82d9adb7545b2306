import {
  type Credential,
  credentialNotFound,
  decideExpiry,
  type EngineRequest,
  requirePrincipal,
  type StoredRecord,
  stateOf,
} from '../../../core/index.ts';
import { formatTime, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { type KeyStore, placeOf, requireSpace } from '../key-store.ts';
import { showKey } from '../show-key.ts';
import { rightsOf, type Space } from '../space.ts';
import { endWithinMaker, refuseCountedMaker, requireGivable, requireScopesOfMaker } from '../within-maker.ts';
import { makerOf, ownerGuard, takeOwnersTurn } from './create-key.ts';

export interface RotateFields {
  readonly overlap?: number | undefined;
  readonly ttl?: number | undefined;
}

const maxOverlapSeconds = 31_536_000;

/** As long as this at most, for a rotation and for the usual of a space. */
export function requireOverlap(seconds: number): void {
  if (seconds > maxOverlapSeconds)
    throw new StrongroomError('invalid_field', 'the overlap is too long', { hint: 'a year at most' });
}

/** A new key in place of an old one; both are good until the overlap ends. */
export async function rotateKey(
  keys: KeyStore,
  request: EngineRequest<RotateFields & { readonly id: string }>,
): Promise<JsonObject> {
  return rotateOnce(keys, request, request.fields.id, async ({ body }, space) => {
    // The new key is in the answer: whoever asks for it gets at most what they have.
    requireGivable(request, rightsOf(body, space));
    await requireScopesOfMaker(keys, request, body.apiKey?.scopes ?? []);
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
  return rotateOnce(keys, request, principal.credentialId, async () => undefined);
}

/** Decided anew when the key, its credits, its space or its owner's keys changed meanwhile. */
async function rotateOnce(
  keys: KeyStore,
  request: EngineRequest<RotateFields>,
  id: string,
  check: (previous: Credential, space: Space) => Promise<void>,
): Promise<JsonObject> {
  const find = () => keys.credentials.find(placeOf(request.mount), id);
  const owner = (await find())?.body.owner || id;
  return takeOwnersTurn(keys, request.mount, owner, () =>
    keys.answers.once(request, async () => {
      const previous = await find();
      if (!previous) throw credentialNotFound('key');
      const space = await requireSpace(keys, request.mount, previous.row.space);
      await check(previous, space.body);
      return rotate(keys, request, previous, space);
    }),
  );
}

async function rotate(
  keys: KeyStore,
  request: EngineRequest<RotateFields>,
  previous: Credential,
  record: StoredRecord<Space>,
) {
  const { mount, fields, nowMillis } = request;
  const space = record.body;
  if (stateOf(previous, nowMillis) !== 'active' || previous.row.state !== 'active') {
    throw new StrongroomError('invalid_request', 'only an active key that was not rotated before can be rotated', {
      hint: 'make a new key',
    });
  }
  const overlapSeconds = fields.overlap ?? space.overlapSeconds;
  requireOverlap(overlapSeconds);
  const { owner } = previous.body;
  const guards = overlapSeconds > 0 ? await ownerGuard(keys, request, { space, owner, rotates: true }) : [];
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
      expireMillis: await nextExpiry(keys, request, space, previous),
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
  return { changes: [...rotated.changes, keys.spaces.unchanged(mount, record), ...guards], data };
}

/**
 * As long as the old key was made for, cut to the space's limit of today; or as asked for, within it. A key that asks
 * for itself gets no longer life than it had.
 */
async function nextExpiry(
  keys: KeyStore,
  request: EngineRequest<RotateFields>,
  space: Space,
  previous: Credential,
): Promise<number | null> {
  const { fields, nowMillis } = request;
  const { created_millis: created, expire_millis: expire } = previous.row;
  const lifeSeconds = expire === null ? 0 : Math.max(1, Math.round((expire - created) / 1000));
  const longest = space.maxTtlSeconds > 0 ? space.maxTtlSeconds : Number.POSITIVE_INFINITY;
  const usual = lifeSeconds > 0 ? Math.min(lifeSeconds, longest) : undefined;
  const isItself = requirePrincipal(request).credentialId === previous.row.id;
  const ttl = isItself ? fields.ttl || usual : (fields.ttl ?? usual);
  if (isItself && lifeSeconds > 0 && (ttl ?? 0) > lifeSeconds)
    throw new StrongroomError('invalid_request', 'a key cannot give itself a longer life', {
      hint: 'ask for a ttl within that of the old key, or leave it out',
    });
  const wished = decideExpiry(
    { ttl },
    { nowMillis, defaultSeconds: 0, maxSeconds: space.maxTtlSeconds, required: space.requireExpiry },
  );
  if (isItself) return wished;
  const rights = rightsOf(previous.body, space);
  await refuseCountedMaker(keys, request, rights);
  return endWithinMaker(request, wished, rights);
}
