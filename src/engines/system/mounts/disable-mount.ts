import { type Core, type EngineRequest, engineKey, type Mount, type MountKind } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import type { Change } from '../../../store/index.ts';
import { readMountPath } from './mount-path.ts';

const pageSize = 500;

/** Removes a mount: everything it gave out is dead, and everything stored for it gone, when this resolves. */
export async function disableMount(
  core: Core,
  kind: MountKind,
  request: EngineRequest<{ readonly path: string }>,
): Promise<void> {
  const mount = core.mounts.byPath(kind, readMountPath(request.fields.path));
  if (!mount) return;
  const engine = core.engines.get(engineKey(mount));
  if (engine?.singleton || mount.type === 'system') {
    throw new StrongroomError('invalid_request', `cannot ${kind === 'auth' ? 'disable' : 'unmount'} ${mount.path}`, {
      hint: 'it belongs to the server',
    });
  }
  await core.mounts.whileClosed(mount, async () => {
    await settleLeases(core, mount);
    const finish = await engine?.retireMount?.(mount);
    await core.mounts.remove(mount, kind === 'auth' ? endOfLogins(core, mount, request.nowMillis) : []);
    await finish?.();
  });
}

/** Tokens and aliases go in the commit that removes the method: there is no moment with one of them and without the other. */
function endOfLogins(core: Core, mount: Mount, atMillis: number): readonly Change[] {
  const { namespace, accessor } = mount;
  return [tokensGone(mount, atMillis), core.identity.aliasesOfMountGone(namespace, accessor)];
}

/** The change that revokes every token a log-in method gave out, with all below them. */
export function tokensGone(mount: Mount, atMillis: number): Change {
  return { kind: 'deleteTokenTree', namespace: mount.namespace, where: { mount: mount.accessor }, atMillis };
}

/** Every lease of a mount is taken back before the mount goes, as its engine is needed for it. */
export async function settleLeases(core: Core, mount: Mount): Promise<void> {
  let after = '';
  for (;;) {
    const page = await core.leases.page(mount.namespace, mount.prefix, after, pageSize);
    for (const lease of page) {
      if (lease.mount !== mount.id) continue;
      await core.leases.expireNow(lease);
      if (!(await core.revocations.settleOne(lease))) {
        throw new StrongroomError('keys_unavailable', 'a lease of this mount could not be revoked', {
          hint: 'the mount stays until everything it gave out is taken back; try again',
          retryAfterSeconds: 5,
        });
      }
    }
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last.id;
  }
}
