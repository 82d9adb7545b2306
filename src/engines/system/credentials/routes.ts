import { type AnyRoute, access, type Core, field, route } from '../../../core/index.ts';
import { listCredentials } from './list-credentials.ts';
import { filterFields } from './read-filter.ts';
import { revokeCredentials } from './revoke-credentials.ts';

/** Everything a machine authenticates with, of every kind, in one place: what to ask for after a leak. */
export function credentialRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'sys.credentials.list',
      verb: 'LIST',
      path: 'credentials',
      summary: 'Lists credentials of every kind in one shape.',
      access: access.sudo,
      fields: { ...filterFields, limit: field.integer().optional(), after: field.text().optional() },
      handle: (request) => listCredentials(core, request),
    }),
    route({
      id: 'sys.credentials.revoke',
      verb: 'POST',
      path: 'credentials/revoke',
      refusesUnknown: true,
      summary: 'Revokes every credential that matches; an empty filter is refused. "dry_run" only counts.',
      access: access.sudo,
      fields: { ...filterFields, dry_run: field.boolean().optional(), reason: field.text().optional() },
      handle: (request) => revokeCredentials(core, request),
    }),
  ];
}
