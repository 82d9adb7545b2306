import { type AnyRoute, access, field, requireShortText, revokeOne, route } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { listPage } from './list-page.ts';
import { requireOwner } from './maker.ts';
import { changeOwn, findOwn } from './operations/change-pat.ts';
import { createPat } from './operations/create-pat.ts';
import { rotateOwn } from './operations/rotate-pat.ts';
import type { PatStore } from './pat-store.ts';
import { showPat } from './show-pat.ts';

const id = { id: field.text() };
const createFields = {
  name: field.text(),
  grants: field.any().optional(),
  policies: field.list().optional(),
  ttl: field.seconds().optional(),
  expire_time: field.timeMillis().optional(),
  bound_cidrs: field.list().optional(),
  audience: field.text().optional(),
  justification: field.text().optional(),
  metadata: field.keyValues().optional(),
  tags: field.list().optional(),
};

/** What everybody with an identity may do with their own PATs, as far as their policies let them. */
export function ownRoutes(pats: PatStore): AnyRoute[] {
  return [...listRoutes(pats), ...itemRoutes(pats), ...endRoutes(pats)];
}

function listRoutes(pats: PatStore): AnyRoute[] {
  return [
    route({
      id: 'pat.create',
      verb: 'POST',
      path: 'self',
      summary: 'Makes a personal access token of the caller. The token is in this answer only.',
      access: access.capability,
      fields: createFields,
      handle: async (request) => {
        const data = await createPat(pats, request);
        return { data, subject: String(data['id']) };
      },
    }),
    route({
      id: 'pat.list_own',
      verb: 'LIST',
      path: 'self',
      summary: "Lists the caller's personal access tokens.",
      access: access.capability,
      fields: { limit: field.integer().optional(), after: field.text().optional() },
      handle: async (request) => ({
        data: await listPage(pats, request, { ...request.fields, entity_id: requireOwner(request).entityId }),
      }),
    }),
  ];
}

function itemRoutes(pats: PatStore): AnyRoute[] {
  return [
    route({
      id: 'pat.read_own',
      verb: 'GET',
      path: 'self/:id',
      summary: "Shows one of the caller's personal access tokens, never the token itself.",
      access: access.capability,
      fields: id,
      handle: async (request) => ({ data: showPat(await findOwn(pats, request), request.nowMillis) }),
    }),
    route({
      id: 'pat.update_own',
      verb: 'POST',
      path: 'self/:id',
      summary: "Renames, tags or narrows one of the caller's personal access tokens.",
      access: access.capability,
      fields: {
        ...id,
        name: field.text().optional(),
        tags: field.list().optional(),
        grants: field.any().optional(),
        bound_cidrs: field.list().optional(),
      },
      handle: async (request) => {
        if (request.fields.id === 'exchange') throw notServed();
        return { data: await changeOwn(pats, request), subject: request.fields.id };
      },
    }),
    route({
      id: 'pat.rotate_own',
      verb: 'POST',
      path: 'self/:id/rotate',
      summary: 'Makes a new personal access token in place of an old one of the caller.',
      access: access.capability,
      fields: { ...id, overlap: field.seconds().optional(), ttl: field.seconds().optional() },
      handle: async (request) => {
        const data = await rotateOwn(pats, request);
        return { data, subject: String(data['id']) };
      },
    }),
  ];
}

/** `self/exchange` has the form of an id. */
const notServed = (): StrongroomError =>
  new StrongroomError('unsupported_path', 'unsupported path', { hint: 'exchange is not served by this release' });

function endRoutes(pats: PatStore): AnyRoute[] {
  return [
    route({
      id: 'pat.delete_own',
      verb: 'DELETE',
      path: 'self/:id',
      summary: "Revokes one of the caller's personal access tokens.",
      access: access.capability,
      fields: id,
      handle: async (request) => revokeOne(pats.credentials, await findOwn(pats, request), ''),
    }),
    route({
      id: 'pat.revoke_own',
      verb: 'POST',
      path: 'self/:id/revoke',
      summary: "Revokes one of the caller's personal access tokens.",
      access: access.capability,
      fields: { ...id, reason: field.text().optional() },
      handle: async (request) => {
        const reason = requireShortText(request.fields.reason, 'reason', 512);
        await revokeOne(pats.credentials, await findOwn(pats, request), reason);
      },
    }),
  ];
}
