import type { Answer, Core, EngineRequest } from '../../../core/index.ts';
import { formatTime, StrongroomError } from '../../../lib/index.ts';
import { findTokenLease, showTokenLease, tokenLeaseNames } from './token-leases.ts';

export async function lookUpLease(core: Core, request: EngineRequest<{ readonly lease_id: string }>): Promise<Answer> {
  const token = await findTokenLease(core, request.namespace, request.fields.lease_id);
  if (token) return { data: showTokenLease(token, request.nowMillis) };
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

const pageSize = 500;
/** Sorts behind every name of a folder, bytewise. */
const lastCharacter = '\u{10ffff}';

/** Names directly below a prefix, folders with their slash. What lies deeper is leapt over, so it costs nothing. */
export async function listLeases(
  core: Core,
  request: EngineRequest<{ readonly prefix?: string | undefined }>,
): Promise<Answer> {
  const text = request.fields.prefix ?? '';
  const folder = text === '' ? '' : `${text.replace(/\/+$/, '')}/`;
  const names: string[] = [];
  let after = '';
  while (names.length < maxNames) {
    const page = await core.leases.page(request.namespace, folder, after, pageSize);
    const leap = page.findIndex((lease) => lease.id.indexOf('/', folder.length) !== -1);
    const direct = leap === -1 ? page : page.slice(0, leap);
    names.push(...direct.map((lease) => lease.id.slice(folder.length)));
    const deeper = page[leap];
    if (deeper) {
      const name = deeper.id.slice(folder.length, deeper.id.indexOf('/', folder.length) + 1);
      names.push(name);
      after = folder + name + lastCharacter;
      continue;
    }
    const last = page.at(-1);
    if (!last || page.length < pageSize) break;
    after = last.id;
  }
  const ofTokens = await namesOfTokens(core, request, folder);
  names.push(...ofTokens);
  if (names.length === 0) throw new StrongroomError('not_found', '', { hint: 'there is no lease below this prefix' });
  if (names.length >= maxNames) request.warn(`only the first ${maxNames} names are shown: name a longer prefix`);
  return { data: { keys: names } };
}

async function namesOfTokens(core: Core, request: EngineRequest<unknown>, folder: string): Promise<readonly string[]> {
  const isAbove = 'auth/'.startsWith(folder);
  if (!isAbove && !folder.startsWith('auth/')) return [];
  const { names, complete } = await tokenLeaseNames(core, request.namespace, folder, maxNames);
  if (!complete) request.warn('there are more tokens than could be looked at: name a longer prefix');
  return [...names].sort();
}

const maxNames = 10_000;
const maxDue = 10_000;

interface DueFields {
  readonly type?: string | undefined;
  readonly limit?: number | undefined;
}

/** The one kind of lease that can be asked for: those that should be gone and whose engine could not take them back. */
function requireIrrevocable(fields: DueFields): void {
  if (fields.type === undefined || fields.type === 'irrevocable') return;
  throw new StrongroomError('invalid_request', 'invalid "type" parameter: "irrevocable" is the one supported', {
    hint: 'leave "type" out, or send "irrevocable"',
  });
}

/** How many leases are due and not taken back, in all and by mount. */
export async function countDueLeases(core: Core, request: EngineRequest<DueFields>): Promise<Answer> {
  requireIrrevocable(request.fields);
  const due = await core.leases.due(request.namespace, maxDue);
  if (due.length >= maxDue) request.warn(`there are more than ${maxDue}`);
  const counts = new Map<string, number>();
  for (const { mount } of due) counts.set(mount, (counts.get(mount) ?? 0) + 1);
  const byPath = [...counts].map(([id, count]): [string, number] => [core.mounts.byId(id)?.prefix ?? id, count]);
  return { data: { counts: Object.fromEntries(byPath), lease_count: due.length } };
}

/** The leases that are due and not taken back. */
export async function listDueLeases(core: Core, request: EngineRequest<DueFields>): Promise<Answer> {
  requireIrrevocable(request.fields);
  const asked = request.fields.limit ?? 0;
  const limit = asked > 0 ? Math.min(asked, maxDue) : maxDue;
  const due = await core.leases.due(request.namespace, limit);
  const leases = due.map((lease) => ({ lease_id: lease.id, mount: core.mounts.byId(lease.mount)?.prefix ?? '' }));
  return { data: { lease_count: leases.length, leases } };
}
