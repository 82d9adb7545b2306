import { type Credential, creditsAt, type Maker, stateOf } from '../../core/index.ts';
import { formatTime, type JsonObject } from '../../lib/index.ts';
import { showRateLimit } from './space.ts';

export const timeOrNull = (millis: number | null): string | null => (millis === null ? null : formatTime(millis));

export const showMaker = (maker: Maker): JsonObject => ({
  accessor: maker.accessor,
  display_name: maker.displayName,
  entity_id: maker.entityId,
});

/** A key as every answer but the one that made it shows it: never the key itself. */
export function showKey(credential: Credential, nowMillis: number): JsonObject {
  const { row, body } = credential;
  const details = body.apiKey;
  return {
    bound_cidrs: body.boundCidrs,
    cert_thumbprint: details?.certThumbprint || null,
    contact: details?.contact ?? '',
    created_by: showMaker(body.createdBy),
    created_time: formatTime(row.created_millis),
    credits_left: creditsAt(credential, nowMillis),
    expire_time: timeOrNull(row.expire_millis),
    external_id: details?.externalId ?? '',
    family: row.family,
    id: row.id,
    last_used_address: row.last_used_address,
    last_used_agent: row.last_used_agent,
    last_used_time: timeOrNull(row.last_used_millis),
    metadata: body.metadata,
    name: body.name,
    not_before: timeOrNull(body.notBeforeMillis),
    owner: body.owner,
    policies: body.policies,
    rate_limits: (details?.rateLimits ?? []).map(showRateLimit),
    rotated_from: body.rotatedFrom,
    rotated_to: body.rotatedTo,
    scopes: details?.scopes ?? [],
    space: row.space,
    start: row.start,
    state: stateOf(credential, nowMillis),
    tags: body.tags,
    use_count: row.use_count,
    version: row.version,
  };
}
