import {
  type AnyRoute,
  access,
  type Credential,
  credentialNotFound,
  type EngineRequest,
  field,
  requireShortText,
  revokeOne,
  route,
} from '../../core/index.ts';
import { listPage, patListFields } from './list-page.ts';
import { revokeMany } from './operations/revoke-many.ts';
import { type PatStore, placeOf } from './pat-store.ts';
import { showPat } from './show-pat.ts';

const id = { id: field.text() };
const reason = { reason: field.text().optional() };

/** The PATs of everybody. */
export function administratorRoutes(pats: PatStore): AnyRoute[] {
  return [
    route({
      id: 'pat.list',
      verb: 'LIST',
      path: 'tokens',
      summary: 'Lists the personal access tokens of everybody.',
      access: access.capability,
      fields: patListFields,
      handle: async (request) => ({ data: await listPage(pats, request, request.fields) }),
    }),
    route({
      id: 'pat.read',
      verb: 'GET',
      path: 'tokens/:id',
      summary: 'Shows a personal access token of anybody, never the token itself.',
      access: access.capability,
      fields: id,
      handle: async (request) => ({ data: showPat(await findAny(pats, request), request.nowMillis) }),
    }),
    route({
      id: 'pat.revoke',
      verb: 'POST',
      path: 'tokens/:id/revoke',
      summary: 'Revokes a personal access token of anybody.',
      access: access.capability,
      fields: { ...id, ...reason },
      handle: async (request) => {
        const text = requireShortText(request.fields.reason, 'reason', 512);
        await revokeOne(pats.credentials, await findAny(pats, request), text);
      },
    }),
    route({
      id: 'pat.revoke_many',
      verb: 'POST',
      path: 'revoke',
      refusesUnknown: true,
      summary: 'Revokes every personal access token of an entity, or those a filter names; a dry run only counts.',
      access: access.capability,
      fields: {
        entity_id: field.text().optional(),
        filter: field.object().optional(),
        dry_run: field.boolean().optional(),
        ...reason,
      },
      handle: (request) => revokeMany(pats, request),
    }),
  ];
}

async function findAny(pats: PatStore, request: EngineRequest<{ readonly id: string }>): Promise<Credential> {
  const found = await pats.credentials.find(placeOf(request.mount), request.fields.id);
  if (found) return found;
  throw credentialNotFound('personal access token');
}
