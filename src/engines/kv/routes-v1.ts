import { type AnyRoute, access, type EngineRequest, field, mountLimits, pageFields, route } from '../../core/index.ts';
import { type Json, type JsonObject, parseDurationSeconds, StrongroomError } from '../../lib/index.ts';
import { isGuardFailure } from '../../store/index.ts';
import type { KvStore } from './kv-store.ts';
import { listNames, scanNames } from './operations/list-names.ts';
import { notFound } from './operations/read-secret.ts';

const path = { path: field.text() };
const page = { path: field.text().optional(), ...pageFields };
const maxAttempts = 20;

/** Paths of version 1: the secret's own, and one value each. */
export function plainRoutes(kv: KvStore): AnyRoute[] {
  return [
    route({
      id: 'kv.value.read',
      verb: 'GET',
      path: ':path*',
      summary: 'Reads a secret of an unversioned mount.',
      access: access.capability,
      fields: path,
      handle: async ({ mount, fields }) => {
        const record = await kv.plain.read(mount, fields.path);
        if (!record) throw notFound();
        const seconds = ownTtl(record.body) ?? mountLimits(mount, kv.core.settings).defaultSeconds;
        return { data: record.body, lease: { id: '', seconds, renewable: false } };
      },
    }),
    route({
      id: 'kv.value.write',
      verb: 'POST',
      path: ':path*',
      summary: 'Writes a secret of an unversioned mount.',
      access: access.capability,
      fields: path,
      openBody: true,
      exists: ({ mount, fields }) => kv.plain.has(mount, fields.path),
      handle: (request) => writeValue(kv, request),
    }),
    route({
      id: 'kv.value.delete',
      verb: 'DELETE',
      path: ':path*',
      summary: 'Deletes a secret of an unversioned mount.',
      access: access.capability,
      fields: path,
      handle: async ({ mount, fields }) => {
        await kv.core.store.commit([kv.plain.remove(mount, fields.path)]);
      },
    }),
    route({
      id: 'kv.value.list',
      verb: 'LIST',
      path: ':path*',
      summary: 'Lists the secrets directly below a path of an unversioned mount.',
      access: access.capability,
      fields: page,
      handle: (request) => listNames(kv.plain, request),
    }),
    route({
      id: 'kv.value.scan',
      verb: 'SCAN',
      path: ':path*',
      summary: 'Lists every secret below a path of an unversioned mount.',
      access: access.capability,
      fields: page,
      handle: (request) => scanNames(kv.plain, request),
    }),
  ];
}

/** What the secret itself says under `ttl` or `lease`; a hint to readers, nothing expires by it. */
function ownTtl(body: JsonObject): number | undefined {
  const value: Json | undefined = body['ttl'] ?? body['lease'];
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  try {
    return parseDurationSeconds(value);
  } catch {
    return undefined;
  }
}

async function writeValue(kv: KvStore, request: EngineRequest<{ readonly path: string }>): Promise<void> {
  const { mount, body } = request;
  const { path: id } = request.fields;
  if (Object.keys(body).length === 0)
    throw new StrongroomError('missing_field', 'missing data fields', { hint: 'send a JSON object' });
  await kv.turns.take(`${mount.id}/${id}`, async () => {
    for (let attempt = 1; ; attempt += 1) {
      const previous = await kv.plain.read(mount, id);
      try {
        await kv.core.store.commit([kv.plain.put(mount, id, previous, body)]);
        return;
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      }
    }
  });
}
