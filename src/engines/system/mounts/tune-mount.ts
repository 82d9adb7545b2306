import {
  type Core,
  type EngineRequest,
  engineKey,
  type Mount,
  type MountChange,
  type MountKind,
} from '../../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../../lib/index.ts';
import type { Change } from '../../../store/index.ts';
import { readDescription, readMountConfig, readOptions } from './mount-config.ts';
import { requireMount } from './mount-path.ts';

export interface TuneFields {
  readonly path: string;
  readonly description?: string | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
}

const auditOnly = new Set(['audit_non_hmac_request_keys', 'audit_non_hmac_response_keys']);

/** Changes a mount's settings; what is not sent stays. */
export async function tuneMount(core: Core, kind: MountKind, request: EngineRequest<TuneFields>): Promise<void> {
  const mount = requireMount(core, kind, request.fields.path);
  refuseForServersOwn(core, mount, request.body);
  const { path: _path, description: _description, options: _options, ...sent } = request.body;
  // Judged once before anything is carried out, and again over what is stored when it is written.
  readMountConfig(sent as JsonObject, kind, mount.config);
  const { description, options } = request.fields;
  if (description !== undefined) readDescription(description);
  if (options !== undefined) readOptions({ ...mount.options, ...options });
  const next = (current: Mount): MountChange => ({
    config: readMountConfig(sent as JsonObject, kind, current.config),
    ...(options !== undefined && { options: { ...current.options, ...options } }),
    ...(description !== undefined && { description }),
  });
  if (!options || sameOptions(mount, options)) return core.mounts.change(mount, next);
  await core.mounts.whileClosed(mount, async () => {
    const changes = await changeOptions(core, mount, { ...mount.options, ...options }, request.warn);
    await core.mounts.change(mount, next, changes);
  });
}

function sameOptions(mount: Mount, options: Readonly<Record<string, string>>): boolean {
  const present = new Map(Object.entries(mount.options ?? {}));
  return Object.entries(options).every(([name, value]) => present.get(name) === value);
}

function refuseForServersOwn(core: Core, mount: Mount, sent: JsonObject): void {
  const own = mount.type === 'system' || core.engines.get(engineKey(mount))?.singleton === true;
  if (!own || Object.keys(sent).every((name) => auditOnly.has(name))) return;
  throw new StrongroomError('invalid_request', `cannot tune ${mount.path}`, {
    hint: 'only its audit settings can be changed',
  });
}

/** An engine that has options says itself which changes of them it can carry out. */
async function changeOptions(
  core: Core,
  mount: Mount,
  options: Readonly<Record<string, string>>,
  warn: (text: string) => void,
): Promise<readonly Change[]> {
  const engine = core.engines.get(engineKey(mount));
  if (!engine?.changeOptions) {
    throw new StrongroomError('invalid_request', `${mount.type} has no options to change`, {
      hint: 'leave "options" out',
    });
  }
  const { changes, warning } = await engine.changeOptions(mount, options);
  if (warning !== undefined) warn(warning);
  return changes;
}
