import { type Answer, type Core, type Engine, type EngineRequest, engineKey, type Mount } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

const maxNames = 10_000;

interface Locking {
  readonly mount: Mount;
  readonly lockouts: NonNullable<Engine['lockouts']>;
}

/** The auth methods that lock names, or the one of an accessor. */
function lockingMounts(core: Core, accessor: string | undefined): Locking[] {
  return core.mounts.all('auth').flatMap((mount): Locking[] => {
    const lockouts = core.engines.get(engineKey(mount))?.lockouts;
    return lockouts && (accessor === undefined || accessor === mount.accessor) ? [{ mount, lockouts }] : [];
  });
}

export async function listLockedUsers(
  core: Core,
  request: EngineRequest<{ readonly mount_accessor?: string | undefined }>,
): Promise<Answer> {
  const mounts = [];
  let total = 0;
  for (const { mount, lockouts } of lockingMounts(core, request.fields.mount_accessor || undefined)) {
    const names = await lockouts.list(mount, maxNames);
    if (names.length >= maxNames) request.warn(`only the first ${maxNames} names of ${mount.path} are shown`);
    if (names.length === 0) continue;
    total += names.length;
    mounts.push({ mount_accessor: mount.accessor, counts: names.length, alias_identifiers: [...names].sort() });
  }
  const root = { namespace_id: 'root', namespace_path: '', counts: total, mount_accessors: mounts };
  return { data: { by_namespace: total > 0 ? [root] : [], total } };
}

export async function unlockUser(
  core: Core,
  fields: { readonly mount_accessor: string; readonly alias_identifier: string },
): Promise<void> {
  const [found] = lockingMounts(core, fields.mount_accessor);
  if (!found) {
    throw new StrongroomError('invalid_request', 'no auth method that locks names has this accessor', {
      hint: 'list them: strongroom auth list',
    });
  }
  await found.lockouts.unlock(found.mount, fields.alias_identifier);
}
