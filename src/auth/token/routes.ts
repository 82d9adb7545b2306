import {
  type AnyRoute,
  access,
  type Core,
  field,
  pageFields,
  pageLength,
  type RecordCollection,
  route,
} from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { createToken } from './operations/create-token.ts';
import {
  listAccessors,
  lookUpByAccessor,
  lookUpSelf,
  lookUpToken,
  requireAccessor,
} from './operations/look-up-token.ts';
import { renewNamed, renewSelf, renewToken } from './operations/renew-token.ts';
import { revokeByAccessor, revokeNamed, revokeOrphaning, revokeSelf } from './operations/revoke-token.ts';
import { writeRole } from './operations/write-role.ts';
import { showTokenRole, type TokenRole } from './records.ts';
import { createFields, roleFields } from './schemas.ts';

export function tokenRoutes(core: Core, roles: RecordCollection<TokenRole>): AnyRoute[] {
  return [
    ...createRoutes(core, roles),
    ...lookUpRoutes(core),
    ...renewRoutes(core, roles),
    ...revokeRoutes(core),
    ...roleRoutes(core, roles),
  ];
}

function createRoutes(core: Core, roles: RecordCollection<TokenRole>): AnyRoute[] {
  return [
    route({
      id: 'token.token.create',
      verb: 'POST',
      path: 'create',
      summary: 'Makes a token below the calling one.',
      access: access.capability,
      fields: createFields,
      handle: (request) => createToken(core, request, { orphan: false }),
    }),
    route({
      id: 'token.orphan.create',
      verb: 'POST',
      path: 'create-orphan',
      summary: 'Makes a token without a parent.',
      access: access.capability,
      fields: createFields,
      handle: (request) => createToken(core, request, { orphan: true }),
    }),
    route({
      id: 'token.role_token.create',
      verb: 'POST',
      path: 'create/:role_name',
      summary: 'Makes a token as a token role says.',
      access: access.capability,
      fields: { ...createFields, role_name: field.text() },
      handle: async (request) => {
        const role = await roles.read(request.mount, request.fields.role_name);
        if (!role) {
          throw new StrongroomError('invalid_request', `unknown role ${request.fields.role_name}`, {
            hint: 'list the roles: strongroom list auth/token/roles',
          });
        }
        return createToken(core, request, { orphan: role.body.orphan, role: role.body });
      },
    }),
  ];
}

const tokenField = { token: field.secretText() };
const accessorField = { accessor: field.text() };

function lookUpRoutes(core: Core): AnyRoute[] {
  return [
    ...(['GET', 'POST'] as const).map((verb) =>
      route({
        id: verb === 'GET' ? 'token.token.read' : 'token.token.lookup',
        verb,
        path: 'lookup',
        summary: 'Shows a token.',
        access: access.capability,
        fields: { token: field.secretText().optional() },
        handle: (request) => {
          if (verb === 'GET' && request.fields.token) {
            request.warn(
              'A token in an address ends up in the logs of proxies: look it up by POST, or by its accessor',
            );
          }
          return lookUpToken(core, request);
        },
      }),
    ),
    ...(['GET', 'POST'] as const).map((verb) =>
      route({
        id: verb === 'GET' ? 'token.self.read' : 'token.self.lookup',
        verb,
        path: 'lookup-self',
        summary: 'Shows the calling token.',
        access: access.capability,
        fields: {},
        handle: (request) => lookUpSelf(core, request),
      }),
    ),
    route({
      id: 'token.accessor.lookup',
      verb: 'POST',
      path: 'lookup-accessor',
      summary: 'Shows the token of an accessor, without the token.',
      access: access.capability,
      fields: accessorField,
      handle: (request) => lookUpByAccessor(core, request),
    }),
    route({
      id: 'token.accessor.list',
      verb: 'LIST',
      path: 'accessors',
      summary: 'Lists the accessors of all live tokens.',
      access: access.sudo,
      fields: {},
      handle: (request) => listAccessors(core, request),
    }),
  ];
}

const increment = { increment: field.seconds().optional() };

function renewRoutes(core: Core, roles: RecordCollection<TokenRole>): AnyRoute[] {
  return [
    route({
      id: 'token.token.renew',
      verb: 'POST',
      path: 'renew',
      summary: 'Moves the end of a token.',
      access: access.capability,
      fields: { ...tokenField, ...increment },
      handle: (request) => renewNamed(core, roles, request),
    }),
    route({
      id: 'token.self.renew',
      verb: 'POST',
      path: 'renew-self',
      summary: 'Moves the end of the calling token.',
      access: access.capability,
      fields: increment,
      handle: (request) => renewSelf(core, roles, request),
    }),
    route({
      id: 'token.accessor.renew',
      verb: 'POST',
      path: 'renew-accessor',
      summary: 'Moves the end of the token of an accessor.',
      access: access.capability,
      fields: { ...accessorField, ...increment },
      handle: async (request) => renewToken(core, roles, request, await requireAccessor(core, request), ''),
    }),
  ];
}

function revokeRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'token.token.revoke',
      verb: 'POST',
      path: 'revoke',
      summary: 'Revokes a token with everything below it.',
      access: access.capability,
      fields: tokenField,
      handle: (request) => revokeNamed(core, request),
    }),
    route({
      id: 'token.self.revoke',
      verb: 'POST',
      path: 'revoke-self',
      summary: 'Revokes the calling token with everything below it.',
      access: access.capability,
      fields: {},
      handle: (request) => revokeSelf(core, request),
    }),
    route({
      id: 'token.accessor.revoke',
      verb: 'POST',
      path: 'revoke-accessor',
      summary: 'Revokes the token of an accessor with everything below it.',
      access: access.capability,
      fields: accessorField,
      handle: (request) => revokeByAccessor(core, request),
    }),
    route({
      id: 'token.token.revoke_orphan',
      verb: 'POST',
      path: 'revoke-orphan',
      summary: 'Revokes a token alone; its children become orphans.',
      access: access.capability,
      fields: tokenField,
      handle: (request) => revokeOrphaning(core, request),
    }),
    route({
      id: 'token.store.tidy',
      verb: 'POST',
      path: 'tidy',
      summary: 'Nothing to do: what is expired is refused at once and disappears by itself.',
      access: access.capability,
      fields: {},
      handle: () => ({ status: 202, warnings: ['Expired tokens disappear by themselves: there is nothing to tidy'] }),
    }),
  ];
}

function roleRoutes(core: Core, roles: RecordCollection<TokenRole>): AnyRoute[] {
  const name = { role_name: field.text() };
  return [
    route({
      id: 'token.role.list',
      verb: 'LIST',
      path: 'roles',
      summary: 'Lists token roles.',
      access: access.capability,
      fields: pageFields,
      handle: async (request) => {
        const keys = await roles.names(request.mount, '', request.fields.after ?? '', pageLength(request.fields));
        if (keys.length === 0) throw new StrongroomError('not_found', '', { hint: 'there is no token role yet' });
        return { data: { keys } };
      },
    }),
    route({
      id: 'token.role.read',
      verb: 'GET',
      path: 'roles/:role_name',
      summary: 'Shows a token role.',
      access: access.capability,
      fields: name,
      handle: async (request) => {
        const role = await roles.read(request.mount, request.fields.role_name);
        if (!role) throw new StrongroomError('not_found', '', { hint: 'there is no such token role' });
        return { data: showTokenRole(role.body) };
      },
    }),
    route({
      id: 'token.role.write',
      verb: 'POST',
      path: 'roles/:role_name',
      summary: 'Stores a token role.',
      access: access.capability,
      fields: { ...roleFields, ...name },
      exists: (request) => roles.has(request.mount, String(request.fields.role_name)),
      handle: (request) => writeRole(roles, request),
    }),
    route({
      id: 'token.role.delete',
      verb: 'DELETE',
      path: 'roles/:role_name',
      summary: 'Deletes a token role. Tokens made with it live on, but are not renewed.',
      access: access.capability,
      fields: name,
      handle: async (request) => {
        await core.store.commit([roles.remove(request.mount, request.fields.role_name)]);
      },
    }),
  ];
}
