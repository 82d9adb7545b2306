import { type Core, isEverlastingRoot, type Mount, type TokenRecord } from '../../../core/index.ts';
import type { JsonObject } from '../../../lib/index.ts';
import { formatTime } from '../../../lib/index.ts';

/**
 * A token's life is shown as a lease too, below the path it was made at: `auth/userpass/login/alice/h<id>`. Nothing is
 * stored for it: the id is that of the token's row, a keyed hash from which no token can be told.
 */

const idMark = 'h';
const pageSize = 500;
/** Looking for the tokens of a path means opening those of its mount. */
const maxLookedAt = 100_000;

/** A root token without an end is nobody's lease: it is revoked by itself alone. */
const isLease = (token: TokenRecord): boolean => token.type === 'service' && !isEverlastingRoot(token);

export const tokenLeaseId = (token: TokenRecord): string => `${token.body.path}/${idMark}${token.id}`;

/** The live token a lease id stands for. The path in it must be the token's own: rights were decided on it. */
export async function findTokenLease(core: Core, namespace: string, leaseId: string): Promise<TokenRecord | undefined> {
  if (!leaseId.startsWith('auth/')) return undefined;
  const last = leaseId.slice(leaseId.lastIndexOf('/') + 1);
  if (!last.startsWith(idMark)) return undefined;
  const token = await core.tokens.findById(namespace, last.slice(idMark.length));
  return token && isLease(token) && tokenLeaseId(token) === leaseId ? token : undefined;
}

export function showTokenLease(token: TokenRecord, nowMillis: number): JsonObject {
  const { body, expireMillis } = token;
  return {
    expire_time: expireMillis === null ? null : formatTime(expireMillis),
    id: tokenLeaseId(token),
    issue_time: formatTime(body.issuedMillis),
    last_renewal: body.lastRenewedMillis === 0 ? null : formatTime(body.lastRenewedMillis),
    renewable: body.renewable,
    ttl: expireMillis === null ? 0 : Math.max(0, Math.round((expireMillis - nowMillis) / 1000)),
  };
}

/** Revokes the token behind a lease id with all below it; false when there is none. */
export async function revokeTokenLease(core: Core, namespace: string, leaseId: string): Promise<boolean> {
  const token = await findTokenLease(core, namespace, leaseId);
  if (!token) return false;
  await core.tokens.revokeTree(namespace, token.id);
  await core.revocations.settle(namespace);
  return true;
}

/** Names directly below a folder under which leases of tokens stand; `complete` is false where not all were looked at. */
export async function tokenLeaseNames(
  core: Core,
  namespace: string,
  folder: string,
  limit: number,
): Promise<{ readonly names: readonly string[]; readonly complete: boolean }> {
  const names = new Set<string>();
  const add = (id: string): void => {
    const end = id.indexOf('/', folder.length);
    names.add(end === -1 ? id.slice(folder.length) : id.slice(folder.length, end + 1));
  };
  let lookedAt = 0;
  for (const mount of core.mounts.all('auth')) {
    const isAbove = mount.prefix.startsWith(folder);
    if (!isAbove && !folder.startsWith(mount.prefix)) continue;
    for await (const token of tokensOf(core, namespace, mount)) {
      lookedAt += 1;
      if (lookedAt > maxLookedAt || names.size >= limit) return { names: [...names], complete: false };
      const id = tokenLeaseId(token);
      if (!isLease(token) || !id.startsWith(folder)) continue;
      add(id);
      // All of a mount stand under the one name.
      if (isAbove && mount.prefix !== folder) break;
    }
  }
  return { names: [...names], complete: true };
}

/** The live tokens made at a mount, a page at a time, with others served in between. */
async function* tokensOf(core: Core, namespace: string, mount: Mount): AsyncGenerator<TokenRecord> {
  const where = { mount: mount.type === 'token' ? null : mount.accessor };
  for (let after = ''; ; ) {
    const page = await core.tokens.page(namespace, { where, after, limit: pageSize });
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.id;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
