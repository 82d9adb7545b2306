import { type AnyRoute, access, type Core, type Engine, field, type MountKind, route } from '../../../core/index.ts';
import { type JsonObject, StrongroomError, vaultApiVersion } from '../../../lib/index.ts';

const version = `v${vaultApiVersion}+builtin.vault`;
const kinds: Readonly<Record<string, MountKind | undefined>> = { auth: 'auth', secret: 'secret', database: undefined };

/** What can be mounted. Everything is built in: nothing can be registered, and these paths take no other verb. */
export function catalogRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'sys.plugins.index',
      verb: 'GET',
      path: 'plugins/catalog',
      summary: 'Lists the engines and auth methods that are built in.',
      access: access.capability,
      fields: {},
      handle: () => ({ data: describeCatalog(core) }),
    }),
    route({
      id: 'sys.plugins.list',
      verb: 'LIST',
      path: 'plugins/catalog/:type',
      summary: 'Lists what is built in of one type.',
      access: access.sudo,
      fields: { type: field.text() },
      handle: ({ fields }) => {
        if (!Object.hasOwn(kinds, fields.type)) {
          throw new StrongroomError('invalid_request', 'unknown plugin type', { hint: 'auth, secret or database' });
        }
        const names = mountable(core, kinds[fields.type]).map((engine) => engine.type);
        if (names.length === 0) throw new StrongroomError('not_found', '', { hint: 'there is nothing of this type' });
        return { data: { keys: names } };
      },
    }),
    route({
      id: 'sys.plugins.read',
      verb: 'GET',
      path: 'plugins/catalog/:type/:name',
      summary: 'Shows one engine or auth method that is built in.',
      access: access.sudo,
      fields: { type: field.text(), name: field.text(), version: field.text().optional() },
      handle: ({ fields }) => {
        const kind = Object.hasOwn(kinds, fields.type) ? kinds[fields.type] : undefined;
        const engine = mountable(core, kind).find((candidate) => candidate.type === fields.name);
        if (!engine) throw new StrongroomError('not_found', '', { hint: 'list what there is: sys/plugins/catalog' });
        return { data: { ...describeEngine(engine), args: null, command: '', sha256: '' } };
      },
    }),
  ];
}

/** Engines of a kind that somebody can mount, by name. */
function mountable(core: Core, kind: MountKind | undefined): Engine[] {
  return [...core.engines.values()]
    .filter((engine) => engine.kind === kind && !engine.singleton)
    .sort((left, right) => (left.type < right.type ? -1 : 1));
}

function describeEngine({ kind, type }: Engine): JsonObject {
  return { builtin: true, deprecation_status: 'supported', name: type, type: kind, version };
}

function describeCatalog(core: Core): JsonObject {
  const auth = mountable(core, 'auth');
  const secret = mountable(core, 'secret');
  return {
    auth: auth.map((engine) => engine.type),
    database: [],
    detailed: [...auth, ...secret].map(describeEngine),
    secret: secret.map((engine) => engine.type),
  };
}
