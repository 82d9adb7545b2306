import {
  type Access,
  type AnyRoute,
  access,
  type Core,
  field,
  type MountKind,
  requirePrincipal,
  route,
} from '../../../core/index.ts';
import { catalogRoutes } from './catalog.ts';
import { describeMount, describeMounts, describeTuning } from './describe-mount.ts';
import { describeRights } from './describe-rights.ts';
import { disableMount } from './disable-mount.ts';
import { enableMount } from './enable-mount.ts';
import { requireMount } from './mount-path.ts';
import { remount, remountStatus } from './remount.ts';
import { tuneMount } from './tune-mount.ts';
import { mountOfPath, visibleMounts } from './visible-mounts.ts';

const path = { path: field.text() };
const enableFields = {
  ...path,
  type: field.text().optional(),
  description: field.text().optional(),
  config: field.object().optional(),
  options: field.keyValues().optional(),
  local: field.boolean().optional(),
  seal_wrap: field.boolean().optional(),
  external_entropy_access: field.boolean().optional(),
  plugin_name: field.text().optional(),
  plugin_version: field.text().optional(),
};

/** `…/tune` at the end of a path asks for a mount's settings, not for a mount of that name. */
const suffix = '/tune';

interface Named {
  readonly kind: MountKind;
  /** Without `/tune`. */
  readonly path: string;
  readonly tuning: boolean;
}

/** Which mount a path below `sys/mounts` or `sys/auth` names; `sys/mounts/auth/x/tune` means the auth method at x. */
function readName(kind: MountKind, text: string): Named {
  const tuning = text.endsWith(suffix);
  const named = tuning ? text.slice(0, -suffix.length) : text;
  const isAuth = kind === 'secret' && tuning && named.startsWith('auth/');
  return { kind: isAuth ? 'auth' : kind, path: isAuth ? named.slice('auth/'.length) : named, tuning };
}

export function mountRoutes(core: Core): AnyRoute[] {
  return [
    ...tableRoutes(core, { kind: 'secret', root: 'mounts', what: 'secrets engine', one: access.capability }),
    // The table of auth methods is root-protected, that of engines is not: as in Vault.
    ...tableRoutes(core, { kind: 'auth', root: 'auth', what: 'auth method', one: access.sudo }),
    ...moveRoutes(core),
    ...viewRoutes(core),
    ...catalogRoutes(core),
  ];
}

interface Table {
  readonly kind: MountKind;
  readonly root: 'mounts' | 'auth';
  readonly what: string;
  readonly one: Access;
}

function tableRoutes(core: Core, { kind, root, what, one }: Table): AnyRoute[] {
  return [
    route({
      id: `sys.${root}.list`,
      verb: 'GET',
      path: root,
      summary: `Shows every ${what} by its path.`,
      access: access.capability,
      fields: {},
      handle: () => ({ data: describeMounts(core.mounts.all(kind)), topLevel: true }),
    }),
    route({
      id: `sys.${root}.read`,
      verb: 'GET',
      path: `${root}/:path*`,
      summary: `Shows the ${what} at a path; with "/tune" at the end, the settings in force.`,
      access: one,
      fields: path,
      handle: (request) => {
        const named = readName(kind, request.fields.path);
        const mount = requireMount(core, named.kind, named.path);
        return { data: named.tuning ? describeTuning(mount, core.settings) : describeMount(mount), topLevel: true };
      },
    }),
    route({
      id: `sys.${root}.write`,
      verb: 'POST',
      path: `${root}/:path*`,
      summary: `Enables a ${what} at a path; with "/tune" at the end, changes its settings.`,
      access: one,
      fields: enableFields,
      openBody: true,
      handle: async (request) => {
        const named = readName(kind, request.fields.path);
        const renamed = { ...request, fields: { ...request.fields, path: named.path } };
        if (named.tuning) await tuneMount(core, named.kind, renamed);
        else await enableMount(core, kind, renamed);
      },
    }),
    route({
      id: `sys.${root}.delete`,
      verb: 'DELETE',
      path: `${root}/:path*`,
      summary: `Disables the ${what} at a path: revokes what it gave out, deletes what it stored.`,
      access: one,
      fields: path,
      handle: (request) => disableMount(core, kind, request),
    }),
  ];
}

function moveRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'sys.remount.write',
      verb: 'POST',
      path: 'remount',
      summary: 'Moves a mount to another path.',
      access: access.sudo,
      fields: { from: field.text(), to: field.text() },
      handle: (request) => remount(core, request),
    }),
    route({
      id: 'sys.remount_status.read',
      verb: 'GET',
      path: 'remount/status/:migration_id',
      summary: 'Says how a move went.',
      access: access.capability,
      fields: { migration_id: field.text() },
      handle: (request) => remountStatus(core, request.fields.migration_id),
    }),
  ];
}

function viewRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'sys.internal_mounts.list',
      verb: 'GET',
      path: 'internal/ui/mounts',
      summary: 'Shows the mounts a caller can use.',
      access: access.optional('log-in screens show the mounts that say they may be shown'),
      fields: {},
      handle: (request) => visibleMounts(core, request.principal),
    }),
    route({
      id: 'sys.internal_mounts.read',
      verb: 'GET',
      path: 'internal/ui/mounts/:path*',
      summary: 'Shows the mount a path falls under.',
      access: access.authenticated('command lines ask before they know a path; only usable mounts are told'),
      fields: path,
      handle: (request) => mountOfPath(core, request, requirePrincipal(request)),
    }),
    route({
      id: 'sys.internal_acl.read',
      verb: 'GET',
      path: 'internal/ui/resultant-acl',
      summary: 'Shows what the calling credential may do.',
      access: access.capability,
      fields: {},
      handle: (request) => ({ data: describeRights(requirePrincipal(request)) }),
    }),
  ];
}
