import type { Answer, Core, EngineRequest } from '../../../core/index.ts';
import { formatTime, StrongroomError } from '../../../lib/index.ts';

export async function lookUpLease(core: Core, request: EngineRequest<{ readonly lease_id: string }>): Promise<Answer> {
  const lease = await core.leases.find(request.namespace, request.fields.lease_id);
  if (!lease) throw new StrongroomError('invalid_request', 'invalid lease', { hint: 'it is unknown, over or revoked' });
  const { body, expireMillis } = lease;
  return {
    data: {
      expire_time: expireMillis === null ? null : formatTime(expireMillis),
      id: lease.id,
      issue_time: formatTime(lease.issuedMillis),
      last_renewal: body.lastRenewedMillis === 0 ? null : formatTime(body.lastRenewedMillis),
      renewable: body.renewable,
      ttl: expireMillis === null ? 0 : Math.max(0, Math.round((expireMillis - request.nowMillis) / 1000)),
    },
  };
}

const maxScanned = 100_000;
const pageSize = 1_000;

/** Names directly below a prefix. */
export async function listLeases(
  core: Core,
  request: EngineRequest<{ readonly prefix?: string | undefined }>,
): Promise<Answer> {
  const text = request.fields.prefix ?? '';
  const folder = text === '' ? '' : `${text.replace(/\/+$/, '')}/`;
  const names = new Set<string>();
  let after = '';
  for (let scanned = 0; scanned < maxScanned; scanned += pageSize) {
    const page = await core.leases.page(request.namespace, folder, after, pageSize);
    for (const lease of page) {
      const rest = lease.id.slice(folder.length);
      const slash = rest.indexOf('/');
      names.add(slash === -1 ? rest : rest.slice(0, slash + 1));
    }
    const last = page.at(-1);
    if (!last || page.length < pageSize) break;
    after = last.id;
  }
  if (names.size === 0) throw new StrongroomError('not_found', '', { hint: 'there is no lease below this prefix' });
  return { data: { keys: [...names].sort() } };
}

/** Leases that are due and not taken back: their engine could not, so far. */
export async function countLeases(core: Core, namespace: string): Promise<Answer> {
  const due = await core.leases.due(namespace, 10_000);
  return { data: { counts: {}, lease_count: due.length } };
}
