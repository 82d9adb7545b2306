import {
  type Answer,
  type Core,
  type EngineRequest,
  engineKey,
  type Mount,
  RecordCollection,
  systemMount,
} from '../../../core/index.ts';
import { newUuid } from '../../../crypto/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { settleLeases, tokensGone } from './disable-mount.ts';
import { readMountPath, refuseReserved } from './mount-path.ts';

interface Migration {
  readonly from: string;
  readonly to: string;
}

const migrations = (core: Core): RecordCollection<Migration> => new RecordCollection(core, 'remounts');
const keptMillis = 24 * 3_600_000;

function splitKind(text: string): { kind: Mount['kind']; path: string } {
  const path = readMountPath(text);
  return path.startsWith('auth/') ? { kind: 'auth', path: path.slice('auth/'.length) } : { kind: 'secret', path };
}

/** Moves a mount to another path, before it answers. Leases and log-ins name the old path, so they are taken back. */
export async function remount(
  core: Core,
  request: EngineRequest<{ readonly from: string; readonly to: string }>,
): Promise<Answer> {
  const from = splitKind(request.fields.from);
  const to = splitKind(request.fields.to);
  const mount = core.mounts.byPath(from.kind, from.path);
  if (!mount)
    throw new StrongroomError('invalid_request', `no matching mount at "${request.fields.from}"`, {
      hint: 'list what is mounted',
    });
  if (from.kind !== to.kind) {
    throw new StrongroomError('invalid_request', 'cannot remount between secret engines and auth methods', {
      hint: 'auth methods stay below auth/',
    });
  }
  refuseReserved(to.kind, to.path);
  if (core.engines.get(engineKey(mount))?.singleton || mount.type === 'system') {
    throw new StrongroomError('invalid_request', `cannot remount "${request.fields.from}"`, {
      hint: 'it belongs to the server',
    });
  }
  core.mounts.requireFree(to.kind, to.path);
  const id = newUuid(core.random);
  const record = migrations(core).insert(
    systemMount,
    id,
    { from: request.fields.from, to: request.fields.to },
    {
      expireMillis: request.nowMillis + keptMillis,
    },
  );
  await core.mounts.whileClosed(mount, async () => {
    await settleLeases(core, mount);
    const ends = mount.kind === 'auth' ? [tokensGone(mount, request.nowMillis)] : [];
    // One commit: no move without its record, no record of a move that did not happen.
    await core.mounts.change(mount, () => ({ path: to.path }), [record, ...ends]);
  });
  return { data: { migration_id: id }, topLevel: true };
}

/** A move that answered is over. */
export async function remountStatus(core: Core, id: string): Promise<Answer> {
  const record = await migrations(core).read(systemMount, id);
  if (!record) throw new StrongroomError('not_found', '', { hint: 'moves are remembered for a day' });
  const { from, to } = record.body;
  return { data: { migration_id: id, migration_info: { source_mount: from, target_mount: to, status: 'success' } } };
}
