import type { Answer, Core, EngineRequest, Lease } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { requireLeaseId } from './renew-lease.ts';
import { revokeTokensBelow } from './revoke-tokens.ts';
import { revokeTokenLease } from './token-leases.ts';

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
  if (await revokeTokenLease(core, request.namespace, id)) return undefined;
  // One that is dead but not taken back yet counts: a second try must not answer that all is done.
  const lease = await core.leases.stored(request.namespace, id);
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
  if (!(await core.revocations.settleOne(lease))) throw notTakenBack();
}

const notTakenBack = (): StrongroomError =>
  new StrongroomError('keys_unavailable', 'the lease is dead, but what it stands for could not be taken back yet', {
    hint: 'it is tried again by itself; the server log has the reason',
    retryAfterSeconds: 5,
  });

/** Revokes what lies below a prefix: leases, and the tokens of log-ins. */
export async function revokePrefix(
  core: Core,
  request: EngineRequest<SyncFields & { readonly prefix: string }>,
  force: boolean,
): Promise<Answer | undefined> {
  const text = request.fields.prefix.replace(/\/+$/, '');
  const single = await core.leases.stored(request.namespace, text);
  await revokeTokenLease(core, request.namespace, text);
  await revokeTokensBelow(core, request.namespace, text);
  const background = request.fields.sync === false && !force;
  // One that cannot be taken back does not keep those after it alive.
  let ended = !single || (await end(core, single, { force, background }));
  let after = '';
  for (;;) {
    const page = await core.leases.page(request.namespace, `${text}/`, after, pageSize);
    for (const lease of page) ended = (await end(core, lease, { force, background })) && ended;
    const last = page.at(-1);
    if (!last || page.length < pageSize) break;
    after = last.id;
  }
  if (!ended) throw notTakenBack();
  return background
    ? {
        status: 202,
        data: null,
        warnings: ['the leases are dead; what they stand for is taken back in the background'],
      }
    : undefined;
}

/** False when the lease is dead but what it stands for is still there. */
async function end(
  core: Core,
  lease: Lease,
  how: { readonly force: boolean; readonly background: boolean },
): Promise<boolean> {
  await core.leases.expireNow(lease);
  if (how.background || (await core.revocations.settleOne(lease))) return true;
  if (how.force) await core.store.commit([core.leases.remove(lease)]);
  return how.force;
}
