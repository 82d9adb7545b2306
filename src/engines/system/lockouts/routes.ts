import { type AnyRoute, access, type Core, field, route } from '../../../core/index.ts';
import { listLockedUsers, unlockUser } from './locked-users.ts';

/** Names that are locked out after wrong passwords. */
export function lockoutRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'sys.locked_users.list',
      verb: 'GET',
      path: 'locked-users',
      summary: 'Shows the names that are locked out after wrong passwords, by auth method.',
      access: access.capability,
      fields: { mount_accessor: field.text().optional() },
      handle: (request) => listLockedUsers(core, request),
    }),
    route({
      id: 'sys.locked_users.unlock',
      verb: 'POST',
      path: 'locked-users/:mount_accessor/unlock/:alias_identifier*',
      summary: 'Lets a name log in again at once.',
      access: access.capability,
      fields: { mount_accessor: field.text(), alias_identifier: field.text() },
      handle: (request) => unlockUser(core, request.fields),
    }),
  ];
}
