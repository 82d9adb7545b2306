import { remainingSeconds, type TokenRecord } from '../../../core/index.ts';
import { formatTime, type JsonObject } from '../../../lib/index.ts';

/** A token as `lookup` shows it. `id` is the token itself when the caller presented it, '' otherwise. */
export function showToken(
  token: TokenRecord,
  id: string,
  identityPolicies: readonly string[],
  nowMillis: number,
): JsonObject {
  const { body } = token;
  const everlasting = token.expireMillis === null;
  return {
    accessor: body.accessor,
    creation_time: Math.floor(body.issuedMillis / 1000),
    creation_ttl: body.creationTtlSeconds,
    display_name: body.displayName,
    entity_id: token.entityId,
    expire_time: token.expireMillis === null ? null : formatTime(token.expireMillis),
    explicit_max_ttl: body.explicitMaxSeconds,
    id,
    ...(identityPolicies.length > 0 && { identity_policies: identityPolicies }),
    ...(!everlasting && { issue_time: formatTime(body.issuedMillis) }),
    ...(body.lastRenewedMillis > 0 && {
      last_renewal: formatTime(body.lastRenewedMillis),
      last_renewal_time: Math.floor(body.lastRenewedMillis / 1000),
    }),
    meta: body.meta,
    num_uses: token.usesLeft ?? 0,
    orphan: token.parent === null,
    path: body.path,
    ...(body.periodSeconds > 0 && { period: body.periodSeconds }),
    policies: body.policies,
    ...(body.boundCidrs.length > 0 && { bound_cidrs: body.boundCidrs }),
    ...(!everlasting && { renewable: body.renewable }),
    ...(body.role !== '' && { role: body.role }),
    ttl: remainingSeconds(token, nowMillis),
    type: token.type,
  };
}
