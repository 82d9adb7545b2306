import {
  type Core,
  type Inventory,
  type InventoryFilter,
  type InventoryItem,
  type Lease,
  matchesTimes,
  revokeByPages,
  type TokenRecord,
} from '../../../core/index.ts';

const pageSize = 500;

interface OwnedLease {
  readonly lease: Lease;
  readonly token: TokenRecord | undefined;
}

/** Live leases, found by the token that owns them. */
export function leaseInventory(core: Core): Inventory {
  const read = async (filter: InventoryFilter, after: string, limit: number) => {
    const rows = await core.leases.page(filter.namespace, '', after, limit);
    const leases: OwnedLease[] = [];
    for (const { id } of rows) {
      const lease = await core.leases.find(filter.namespace, id);
      const token = lease?.token && (await core.tokens.findById(filter.namespace, lease.token));
      if (lease && isMeant({ lease, token: token || undefined }, filter))
        leases.push({ lease, token: token || undefined });
    }
    return { items: leases, next: rows.length < limit ? undefined : rows.at(-1)?.id };
  };
  return {
    kind: 'lease',
    page: async (filter, after, limit) => {
      const { items, next } = await read(filter, after, limit);
      return { items: items.map(describe), next };
    },
    revoke: (filter, how) =>
      revokeByPages(
        (after) => read(filter, after, pageSize),
        async ({ lease }) => {
          // Dead from here on; what an engine cannot take back now, the sweep takes back later.
          await core.leases.expireNow(lease);
          await core.revocations.settleOne(lease);
        },
        how,
      ),
  };
}

function isMeant(owned: OwnedLease, filter: InventoryFilter): boolean {
  const { owner, policy, tag, entityId } = filter;
  const entity = owned.token?.entityId ?? '';
  if (policy !== undefined || tag !== undefined) return false;
  if (entityId !== undefined && entity !== entityId) return false;
  if (owner && owned.token?.body.displayName !== owner.name && !(entity !== '' && owner.entityIds.includes(entity)))
    return false;
  return matchesTimes(describe(owned), filter);
}

function describe({ lease, token }: OwnedLease): InventoryItem {
  const { displayName = '', accessor = '' } = token?.body ?? {};
  const entityId = token?.entityId ?? '';
  return {
    id: lease.id,
    kind: 'lease',
    owner: displayName,
    entityId,
    name: lease.id.slice(0, lease.id.lastIndexOf('/')),
    createdMillis: lease.issuedMillis,
    createdBy: token ? { entityId, displayName, accessor } : null,
    expireMillis: lease.expireMillis,
    lastUsedMillis: null,
    state: 'active',
    policies: [],
  };
}
