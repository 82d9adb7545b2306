import type { Answer, Core, EngineRequest, Lease } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { requireLeaseId } from './renew-lease.ts';
import { revokeTokensBelow } from './revoke-tokens.ts';

interface SyncFields {
  readonly sync?: boolean | undefined;
}

const pageSize = 500;

/** Dead when it answers; with `sync=false` what it stands for is taken back a moment later. */
export async function revokeLease(
  core: Core,
  request: EngineRequest<SyncFields & { readonly lease_id?: string | undefined }>,
): Promise<Answer | undefined> {
  const id = requireLeaseId(request.fields);
  const lease = await core.leases.find(request.namespace, id);
  if (!lease) return undefined;
  await core.leases.expireNow(lease);
  if (request.fields.sync === false)
    return {
      status: 202,
      data: null,
      warnings: ['the lease is dead; what it stands for is taken back in the background'],
    };
  await settle(core, lease);
  return undefined;
}

/** Waits until what a dead lease stood for is taken back. */
async function settle(core: Core, lease: Lease): Promise<void> {
  if (await core.revocations.settleOne(lease)) return;
  throw new StrongroomError(
    'keys_unavailable',
    'the lease is dead, but what it stands for could not be taken back yet',
    {
      hint: 'it is tried again by itself; the server log has the reason',
      retryAfterSeconds: 5,
    },
  );
}

/** Revokes what lies below a prefix: leases, and the tokens of log-ins. */
export async function revokePrefix(
  core: Core,
  request: EngineRequest<SyncFields & { readonly prefix: string }>,
  force: boolean,
): Promise<Answer | undefined> {
  const text = request.fields.prefix.replace(/\/+$/, '');
  const single = await core.leases.find(request.namespace, text);
  await revokeTokensBelow(core, request.namespace, text);
  const background = request.fields.sync === false && !force;
  if (single) await end(core, single, { force, background });
  let after = '';
  for (;;) {
    const page = await core.leases.page(request.namespace, `${text}/`, after, pageSize);
    for (const lease of page) await end(core, lease, { force, background });
    const last = page.at(-1);
    if (!last || page.length < pageSize) break;
    after = last.id;
  }
  return background
    ? {
        status: 202,
        data: null,
        warnings: ['the leases are dead; what they stand for is taken back in the background'],
      }
    : undefined;
}

async function end(
  core: Core,
  lease: Lease,
  how: { readonly force: boolean; readonly background: boolean },
): Promise<void> {
  await core.leases.expireNow(lease);
  if (how.background) return;
  if (!how.force) return settle(core, lease);
  if (!(await core.revocations.settleOne(lease))) await core.store.commit([core.leases.remove(lease)]);
}
