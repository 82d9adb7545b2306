import {
  type Answer,
  type Core,
  type EngineRequest,
  engineKey,
  type Mount,
  type MountKind,
} from '../../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { readMountConfig } from './mount-config.ts';
import { requireMount } from './mount-path.ts';

export interface TuneFields {
  readonly path: string;
  readonly description?: string | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
}

const auditOnly = new Set(['audit_non_hmac_request_keys', 'audit_non_hmac_response_keys']);

/** Changes a mount's settings; what is not sent stays. */
export async function tuneMount(
  core: Core,
  kind: MountKind,
  request: EngineRequest<TuneFields>,
): Promise<Answer | undefined> {
  const mount = requireMount(core, kind, request.fields.path);
  const { path: _path, description: _description, options: _options, ...sent } = request.body;
  refuseForServersOwn(core, mount, sent);
  const config = readMountConfig(sent as JsonObject, kind, mount.config);
  const { description, options } = request.fields;
  const nextOptions = options === undefined ? mount.options : { ...mount.options, ...options };
  if (options !== undefined) await changeOptions(core, mount, nextOptions ?? {}, request.warn);
  await core.mounts.change(mount, { config, options: nextOptions, ...(description !== undefined && { description }) });
  return undefined;
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
): Promise<void> {
  const engine = core.engines.get(engineKey(mount));
  const same =
    JSON.stringify(Object.entries(options).sort()) === JSON.stringify(Object.entries(mount.options ?? {}).sort());
  if (same) return;
  if (!engine?.changeOptions) {
    throw new StrongroomError('invalid_request', `${mount.type} has no options to change`, {
      hint: 'leave "options" out',
    });
  }
  const warning = await engine.changeOptions(mount, options);
  if (warning !== undefined) warn(warning);
}
