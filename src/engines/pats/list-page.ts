import {
  type CredentialState,
  type EngineRequest,
  field,
  type ListFields,
  listCredentials,
  listFields,
  readFilter,
  readLimit,
  readOrder,
} from '../../core/index.ts';
import type { JsonObject } from '../../lib/index.ts';
import { type PatStore, placeOf } from './pat-store.ts';
import { showPat } from './show-pat.ts';

/** What a PAT can be. */
const patStates = ['active', 'disabled', 'revoked', 'expired', 'rotated'] as const satisfies readonly CredentialState[];

/** Query fields of a list of PATs. */
export const patListFields = {
  ...listFields,
  state: field.word(patStates).optional(),
  entity_id: field.text().optional(),
};

/** One page of a list of PATs, as both lists show it. */
export async function listPage(
  pats: PatStore,
  request: EngineRequest<unknown>,
  fields: ListFields,
): Promise<JsonObject> {
  const { nowMillis } = request;
  const page = await listCredentials(pats.credentials, {
    place: placeOf(request.mount),
    filter: readFilter(fields, nowMillis),
    ...readOrder(fields.sort),
    limit: readLimit(fields.limit),
    cursor: fields.after ?? '',
    nowMillis,
  });
  const shown = page.credentials.map((credential) => [credential.row.id, showPat(credential, nowMillis)] as const);
  return { key_info: Object.fromEntries(shown), keys: shown.map(([id]) => id), next: page.next };
}
