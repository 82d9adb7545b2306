import { type EngineRequest, isLive, type StoredState } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { Change } from '../../store/index.ts';
import { type PatStore, placeOf } from './pat-store.ts';
import type { PatRules } from './rules.ts';

const pageSize = 1_000;

interface Live {
  readonly live: number;
  /** Those among them that were rotated and end with their overlap. */
  readonly overlapping: number;
}

/** What is revoked stays stored, and is not looked at. */
const liveStates: readonly StoredState[] = ['active', 'disabled', 'rotated'];

async function countLive(pats: PatStore, request: EngineRequest<unknown>, entityId: string): Promise<Live> {
  let live = 0;
  let overlapping = 0;
  for (const state of liveStates) {
    for (let after = ''; ; ) {
      const rows = await pats.core.store.list('credentials', {
        where: { ...placeOf(request.mount), entity_id: entityId, state },
        after: { value: after, id: after },
        limit: pageSize,
      });
      for (const row of rows) {
        if (!isLive(pats.credentials.open(row), request.nowMillis)) continue;
        live += 1;
        if (state === 'rotated') overlapping += 1;
      }
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) break;
      after = last.id;
    }
  }
  return { live, overlapping };
}

/**
 * Refuses when an entity has as many live PATs as its rules allow; answers the guard that keeps that true until the
 * commit. A rotation may go one above it, until its overlap ends.
 */
export async function guardLiveLimit(
  pats: PatStore,
  request: EngineRequest<unknown>,
  wish: { readonly entityId: string; readonly rules: PatRules; readonly rotates: boolean },
): Promise<readonly Change[]> {
  const { rules, entityId } = wish;
  if (rules.maxLivePerEntity === 0) return [];
  // Read before counting: whoever writes it meanwhile fails this write.
  const record = await pats.entities.read(request.mount, entityId);
  const { live, overlapping } = await countLive(pats, request, entityId);
  if (wish.rotates ? overlapping > 0 : live >= rules.maxLivePerEntity) {
    throw new StrongroomError('invalid_request', 'you have as many live personal access tokens as the rules allow', {
      hint: wish.rotates ? 'wait until the last rotation is over, or rotate without an overlap' : 'revoke one first',
    });
  }
  return [pats.entities.put(request.mount, entityId, record, { creations: (record?.body.creations ?? 0) + 1 })];
}
