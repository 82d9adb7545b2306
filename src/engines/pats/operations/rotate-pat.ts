import { type Credential, decideExpiry, type EngineRequest, stateOf } from '../../../core/index.ts';
import { formatTime, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { addBounds } from '../grants.ts';
import { guardLiveLimit } from '../live-limit.ts';
import { earlierEnd, type Maker, narrowCidrs, readMaker } from '../maker.ts';
import { type PatStore, patPrefix } from '../pat-store.ts';
import type { noRules } from '../rules.ts';
import { showPat } from '../show-pat.ts';
import { findOwn } from './change-pat.ts';
import { requireJustification, requireRules, takeTurn } from './create-pat.ts';

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

export interface RotateFields {
  readonly id: string;
  readonly overlap?: number | undefined;
  readonly ttl?: number | undefined;
}

const maxOverlapSeconds = 31_536_000;

/**
 * A new PAT in place of an old one, with the same bounds and those of whoever asks; both are good until the overlap
 * ends. Asked for by a PAT it ends no later than that one: no PAT lengthens its own life.
 */
export async function rotateOwn(pats: PatStore, request: EngineRequest<RotateFields>): Promise<JsonObject> {
  if ((request.fields.overlap ?? 0) > maxOverlapSeconds) refuse('the overlap is too long', 'a year at most');
  return takeTurn(pats, request, async () => {
    const { fields, nowMillis } = request;
    const maker = await readMaker(pats, request);
    const previous = await findOwn(pats, request);
    if (stateOf(previous, nowMillis) !== 'active' || previous.row.state !== 'active')
      refuse('only an active PAT that was not rotated before can be rotated', 'make a new one');
    const rules = await requireRules(pats, request, maker.principal.entityId);
    requireJustification(previous.body.pat?.justification, rules);
    const overlapEndMillis = nowMillis + (fields.overlap ?? 0) * 1000;
    const guards =
      overlapEndMillis > nowMillis
        ? await guardLiveLimit(pats, request, { entityId: maker.principal.entityId, rules, rotates: true })
        : [];
    const expireMillis = nextExpiry(fields.ttl, previous, rules, nowMillis);
    const rotated = pats.credentials.rotate(previous, {
      overlapEndMillis,
      minted: successor(previous, maker, earlierEnd(expireMillis, maker.expireMillis)),
    });
    const data: JsonObject = {
      ...showPat(rotated.credential, nowMillis),
      previous_expire_time: formatTime(earlierEnd(overlapEndMillis, previous.row.expire_millis) ?? overlapEndMillis),
      previous_id: previous.row.id,
      token: rotated.text,
    };
    // A PAT that rotates itself is guarded by the change of its own row.
    const isItself = maker.principal.credentialId === previous.row.id;
    return { changes: [...(isItself ? [] : maker.guards), ...rotated.changes, ...guards], data };
  });
}

function successor(previous: Credential, maker: Maker, expireMillis: number | null) {
  const { row, body } = previous;
  if (!body.pat) return refuse('this is no personal access token', 'make a new one');
  // Else the child of a log-in would get the rights of the log-in, which it has not, from a PAT made with it.
  if (body.pat.loginMount !== null && body.pat.loginMount !== maker.loginMount)
    refuse('this PAT was made with another log-in', 'rotate it by itself, or with a log-in by the method it came from');
  const { entityId, displayName, accessor } = maker.principal;
  return {
    namespace: row.namespace,
    kind: 'pat' as const,
    mount: row.mount,
    space: '',
    prefix: patPrefix,
    entityId: row.entity_id,
    expireMillis,
    creditsLeft: null,
    body: {
      ...body,
      boundCidrs: narrowCidrs(maker.boundCidrs, body.boundCidrs.length === 0 ? undefined : body.boundCidrs),
      createdBy: { entityId, displayName, accessor },
      pat: {
        ...body.pat,
        bounds: addBounds(body.pat.bounds, maker.bounds),
        withDefault: body.pat.withDefault && maker.withDefault,
      },
    },
  };
}

/** As long as the old one was made for, cut to the rules of today; or as asked for, within them. */
function nextExpiry(
  ttl: number | undefined,
  previous: Credential,
  rules: typeof noRules,
  nowMillis: number,
): number | null {
  const { created_millis: created, expire_millis: expire } = previous.row;
  const lifeSeconds = expire === null ? 0 : Math.max(1, Math.round((expire - created) / 1000));
  const longest = rules.maxTtlSeconds > 0 ? rules.maxTtlSeconds : Number.POSITIVE_INFINITY;
  return decideExpiry(
    { ttl: ttl ?? (lifeSeconds > 0 ? Math.min(lifeSeconds, longest) : undefined) },
    { nowMillis, defaultSeconds: 0, maxSeconds: rules.maxTtlSeconds, required: rules.requireExpiry },
  );
}
