import {
  type Core,
  type Engine,
  type EngineRequest,
  engineKey,
  type MountKind,
  type NewMount,
} from '../../../core/index.ts';
import { type JsonObject, nearestName, StrongroomError } from '../../../lib/index.ts';
import { readDescription, readMountConfig, readOptions } from './mount-config.ts';
import { readMountPath, refuseReserved } from './mount-path.ts';

export interface EnableFields {
  readonly path: string;
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly config?: JsonObject | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly local?: boolean | undefined;
  readonly seal_wrap?: boolean | undefined;
  readonly plugin_name?: string | undefined;
}

/** Names under which clients know types. */
const aliases: Readonly<Record<string, { type: string; version: string }>> = {
  'kv-v1': { type: 'kv', version: '1' },
  'kv-v2': { type: 'kv', version: '2' },
  generic: { type: 'kv', version: '1' },
};

/** Mounts an engine or an auth method. */
export async function enableMount(core: Core, kind: MountKind, request: EngineRequest<EnableFields>): Promise<void> {
  const { fields } = request;
  const path = readMountPath(fields.path);
  refuseReserved(kind, path);
  const asked = fields.type || fields.plugin_name || '';
  const alias = Object.hasOwn(aliases, asked) ? aliases[asked] : undefined;
  const engine = requireEngine(core, kind, alias?.type ?? asked);
  const sent = fields.options && readOptions(fields.options);
  const options = alias ? { ...sent, version: alias.version } : (sent ?? null);
  const spec: NewMount = {
    namespace: request.namespace,
    kind,
    path,
    type: engine.type,
    description: readDescription(fields.description ?? ''),
    options: options && Object.keys(options).length > 0 ? options : null,
    local: fields.local ?? false,
    sealWrap: fields.seal_wrap ?? false,
    config: readMountConfig(fields.config ?? {}, kind),
  };
  await core.mounts.add(spec, async (mount) => (await engine.prepareMount?.(mount)) ?? []);
}

function requireEngine(core: Core, kind: MountKind, type: string): Engine {
  if (type === '') {
    throw new StrongroomError('missing_field', 'backend type must be specified as a string', { hint: 'send "type"' });
  }
  const engine = core.engines.get(engineKey({ kind, type }));
  const known = [...core.engines.values()].filter((candidate) => candidate.kind === kind && !candidate.singleton);
  if (engine && !engine.singleton) return engine;
  if (engine) {
    throw new StrongroomError('invalid_request', `${type} is mounted already and cannot be mounted again`, {
      hint: 'there is one of it',
    });
  }
  const names = known.map((candidate) => candidate.type).sort();
  const near = nearestName(type, names);
  throw new StrongroomError('invalid_request', `plugin not found in the catalog: ${type}`, {
    hint: near === undefined ? `known: ${names.join(', ')}` : `did you mean "${near}"?`,
  });
}
