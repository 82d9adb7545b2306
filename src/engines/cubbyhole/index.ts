import {
  type AnyRoute,
  access,
  type Core,
  type Engine,
  type EngineRequest,
  field,
  RecordCollection,
  requirePrincipal,
  route,
} from '../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../lib/index.ts';
import { isGuardFailure } from '../../store/index.ts';

const path = { path: field.text() };
const maxAttempts = 20;

/** Who owns the cubbyhole a request is about: its token, and nobody else, whatever their rights. */
function requireOwner(request: EngineRequest<unknown>): string {
  const principal = requirePrincipal(request);
  if (principal.token?.type === 'service') return principal.token.id;
  throw new StrongroomError('invalid_request', 'cubbyhole operations are only supported by service tokens', {
    hint: 'batch tokens, API keys and personal access tokens have no cubbyhole',
  });
}

/** Storage of one token, which dies with it. */
export function createCubbyholeEngine(core: Core): Engine {
  const values = new RecordCollection<JsonObject>(core, 'cubbyhole');
  return {
    type: 'cubbyhole',
    kind: 'secret',
    description: 'per-token private secret storage',
    singleton: true,
    routes: cubbyholeRoutes(core, values),
  };
}

function cubbyholeRoutes(core: Core, values: RecordCollection<JsonObject>): AnyRoute[] {
  const id = (request: EngineRequest<{ readonly path: string }>): string =>
    `${requireOwner(request)}/${request.fields.path}`;
  return [
    route({
      id: 'cubbyhole.value.read',
      verb: 'GET',
      path: ':path*',
      summary: "Reads from the calling token's own storage.",
      access: access.capability,
      fields: path,
      handle: async (request) => {
        const record = await values.read(request.mount, id(request));
        if (!record) throw new StrongroomError('not_found', '', { hint: 'this token stored nothing there' });
        return { data: record.body };
      },
    }),
    route({
      id: 'cubbyhole.value.list',
      verb: 'LIST',
      path: ':path*',
      summary: "Lists the calling token's own storage.",
      access: access.capability,
      fields: { path: field.text().optional() },
      handle: async (request) => {
        const folder = request.fields.path ? `${request.fields.path}/` : '';
        const keys = await values.names(request.mount, `${requireOwner(request)}/${folder}`);
        if (keys.length === 0) throw new StrongroomError('not_found', '', { hint: 'this token stored nothing there' });
        return { data: { keys } };
      },
    }),
    route({
      id: 'cubbyhole.value.write',
      verb: 'POST',
      path: ':path*',
      summary: "Writes to the calling token's own storage.",
      access: access.capability,
      fields: path,
      openBody: true,
      exists: (request) => values.has(request.mount, id(request)),
      handle: (request) => writeValue(core, values, request, id(request)),
    }),
    route({
      id: 'cubbyhole.value.delete',
      verb: 'DELETE',
      path: ':path*',
      summary: "Deletes from the calling token's own storage.",
      access: access.capability,
      fields: path,
      handle: async (request) => {
        await core.store.commit([values.remove(request.mount, id(request))]);
      },
    }),
  ];
}

/** The row belongs to the token and is written only while the token lives. */
async function writeValue(
  core: Core,
  values: RecordCollection<JsonObject>,
  request: EngineRequest<unknown>,
  id: string,
): Promise<void> {
  const { mount, body, namespace, nowMillis } = request;
  if (Object.keys(body).length === 0)
    throw new StrongroomError('missing_field', 'missing data fields', { hint: 'send a JSON object' });
  const owner = requireOwner(request);
  for (let attempt = 1; ; attempt += 1) {
    const previous = await values.read(mount, id);
    try {
      await core.store.commit([
        { kind: 'check', table: 'tokens', key: { namespace, id: owner }, notExpiredAtMillis: nowMillis },
        previous ? values.update(previous, body) : values.insert(mount, id, body, { owner }),
      ]);
      return;
    } catch (error) {
      if (isGuardFailure(error, 0))
        throw new StrongroomError('unauthenticated', 'permission denied', { hint: 'the token was revoked meanwhile' });
      if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
    }
  }
}
