import { type Credential, stateOf } from '../../core/index.ts';
import { formatTime, type JsonObject } from '../../lib/index.ts';

const timeOrNull = (millis: number | null): string | null => (millis === null ? null : formatTime(millis));

/** A PAT as every answer but the one that made it shows it: never the token itself. */
export function showPat(credential: Credential, nowMillis: number): JsonObject {
  const { row, body } = credential;
  return {
    approved_by: null,
    audience: body.pat?.audience ?? '',
    bound_cidrs: body.boundCidrs,
    // All of them apply, also those a PAT passed on that made this one.
    bounds: (body.pat?.bounds ?? []).map((bound) => ({ ...bound })),
    created_by: {
      accessor: body.createdBy.accessor,
      display_name: body.createdBy.displayName,
      entity_id: body.createdBy.entityId,
    },
    created_time: formatTime(row.created_millis),
    entity_id: row.entity_id ?? '',
    expire_time: timeOrNull(row.expire_millis),
    family: row.family,
    grants: body.pat?.grants ?? '',
    id: row.id,
    justification: body.pat?.justification ?? '',
    last_used_address: row.last_used_address,
    last_used_time: timeOrNull(row.last_used_millis),
    metadata: body.metadata,
    name: body.name,
    owner: body.owner,
    policies: body.policies,
    reason: body.reason,
    rotated_from: body.rotatedFrom,
    rotated_to: body.rotatedTo,
    start: row.start,
    state: stateOf(credential, nowMillis),
    tags: body.tags,
    version: row.version,
  };
}
