import { type AnyRoute, access, type Core, field, route } from '../../../core/index.ts';
import { countDueLeases, listDueLeases, listLeases, lookUpLease } from './look-up-leases.ts';
import { renewLease } from './renew-lease.ts';
import { revokeLease, revokePrefix } from './revoke-leases.ts';

const leaseId = { lease_id: field.text().optional() };
const sync = { sync: field.boolean().optional() };
const due = { type: field.text().optional(), include_child_namespaces: field.boolean().optional() };
const prefix = { prefix: field.text() };

export function leaseRoutes(core: Core): AnyRoute[] {
  return [...lookUpRoutes(core), ...renewRoutes(core), ...revokeRoutes(core)];
}

function lookUpRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'sys.lease.lookup',
      verb: 'POST',
      path: 'leases/lookup',
      summary: 'Shows a lease.',
      access: access.capability,
      fields: { lease_id: field.text() },
      handle: (request) => lookUpLease(core, request),
    }),
    route({
      id: 'sys.lease.list',
      verb: 'LIST',
      path: 'leases/lookup/:prefix*',
      summary: 'Lists the leases below a prefix; folders end with a slash.',
      access: access.sudo,
      fields: { prefix: field.text().optional() },
      handle: (request) => listLeases(core, request),
    }),
    route({
      id: 'sys.lease.list_due',
      verb: 'GET',
      path: 'leases',
      summary: 'Lists the leases that could not be revoked yet.',
      access: access.sudo,
      fields: { ...due, limit: field.integer().optional() },
      handle: (request) => listDueLeases(core, request),
    }),
    route({
      id: 'sys.lease.count',
      verb: 'GET',
      path: 'leases/count',
      summary: 'Counts the leases that could not be revoked yet.',
      access: access.capability,
      fields: due,
      handle: (request) => countDueLeases(core, request),
    }),
    route({
      id: 'sys.lease.tidy',
      verb: 'POST',
      path: 'leases/tidy',
      summary: 'Takes back every lease that is due now instead of in a few seconds.',
      access: access.capability,
      fields: {},
      handle: async (request) => void (await core.revocations.settle(request.namespace)),
    }),
  ];
}

/** New name and old name of a route. */
const twins = (path: string): readonly (readonly [string, string])[] => [
  [`leases/${path}`, 'lease'],
  [path, 'legacy_lease'],
];

function renewRoutes(core: Core): AnyRoute[] {
  const increment = { increment: field.signedSeconds().optional() };
  return twins('renew').flatMap(([path, noun]) => [
    route({
      id: `sys.${noun}.renew`,
      verb: 'POST',
      path,
      summary: 'Moves the end of a lease.',
      access: access.capability,
      fields: { ...leaseId, ...increment },
      handle: (request) => renewLease(core, request),
    }),
    route({
      id: `sys.${noun}.renew_named`,
      verb: 'POST',
      path: `${path}/:lease_id*`,
      summary: 'Moves the end of a lease.',
      access: access.capability,
      fields: { ...leaseId, ...increment },
      handle: (request) => renewLease(core, request),
    }),
  ]);
}

function revokeRoutes(core: Core): AnyRoute[] {
  return [
    ...twins('revoke').flatMap(([path, noun]) => [
      route({
        id: `sys.${noun}.revoke`,
        verb: 'POST',
        path,
        summary: 'Revokes a lease.',
        access: access.capability,
        fields: { ...leaseId, ...sync },
        handle: (request) => revokeLease(core, request),
      }),
      route({
        id: `sys.${noun}.revoke_named`,
        verb: 'POST',
        path: `${path}/:lease_id*`,
        summary: 'Revokes a lease.',
        access: access.capability,
        fields: { ...leaseId, ...sync },
        handle: (request) => revokeLease(core, request),
      }),
    ]),
    ...twins('revoke-prefix').map(([path, noun]) =>
      route({
        id: `sys.${noun}.revoke_prefix`,
        verb: 'POST',
        path: `${path}/:prefix*`,
        summary: 'Revokes every lease and log-in token below a prefix.',
        access: access.sudo,
        fields: { ...prefix, ...sync },
        handle: (request) => revokePrefix(core, request, false),
      }),
    ),
    ...twins('revoke-force').map(([path, noun]) =>
      route({
        id: `sys.${noun}.revoke_force`,
        verb: 'POST',
        path: `${path}/:prefix*`,
        summary: 'Forgets every lease below a prefix, whether or not what it stands for could be taken back.',
        access: access.sudo,
        fields: prefix,
        handle: (request) => revokePrefix(core, request, true),
      }),
    ),
  ];
}
