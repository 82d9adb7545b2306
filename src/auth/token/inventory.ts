import {
  type Core,
  type Inventory,
  type InventoryFilter,
  type InventoryItem,
  isEverlastingRoot,
  matchesTimes,
  revokeByPages,
  type TokenRecord,
} from '../../core/index.ts';

const pageSize = 500;

/** Live service tokens. A batch token is not stored: it ends with the token above it. */
export function tokenInventory(core: Core): Inventory {
  const read = async (filter: InventoryFilter, after: string, limit: number) => {
    const rows = await core.store.list('tokens', {
      where: { namespace: filter.namespace, ...(soleEntity(filter) && { entity_id: soleEntity(filter) as string }) },
      after: { value: after, id: after },
      limit,
    });
    const tokens: TokenRecord[] = [];
    for (const { id } of rows) {
      const token = await core.tokens.findById(filter.namespace, id);
      if (token && isMeant(token, filter)) tokens.push(token);
    }
    return { items: tokens, next: rows.length < limit ? undefined : rows.at(-1)?.id };
  };
  return {
    kind: 'token',
    page: async (filter, after, limit) => {
      const { items, next } = await read(filter, after, limit);
      return { items: items.map(describe), next };
    },
    revoke: (filter, how) =>
      revokeByPages(
        (after) => read(filter, after, pageSize),
        ({ id }) => core.tokens.revokeTree(filter.namespace, id),
        how,
      ),
  };
}

/** One entity is found by its index; several, or none, by looking through all. */
function soleEntity({ entityId, owner }: InventoryFilter): string | undefined {
  return entityId ?? (owner?.entityIds.length === 1 && owner.name === '' ? owner.entityIds[0] : undefined);
}

/** A root token without an end is never swept up with others, unless root tokens are asked for by name. */
function isMeant(token: TokenRecord, filter: InventoryFilter): boolean {
  const { owner, policy } = filter;
  if (filter.tag !== undefined || (isEverlastingRoot(token) && policy !== 'root')) return false;
  if (filter.entityId !== undefined && token.entityId !== filter.entityId) return false;
  if (policy !== undefined && !token.body.policies.includes(policy)) return false;
  if (owner && token.body.displayName !== owner.name && !isOneOf(token.entityId, owner.entityIds)) return false;
  return matchesTimes(describe(token), filter);
}

const isOneOf = (id: string, ids: readonly string[]): boolean => id !== '' && ids.includes(id);

function describe({ body, entityId, expireMillis }: TokenRecord): InventoryItem {
  return {
    id: body.accessor,
    kind: 'token',
    owner: body.displayName,
    entityId,
    name: body.path,
    createdMillis: body.issuedMillis,
    createdBy: body.createdBy,
    expireMillis,
    lastUsedMillis: null,
    state: 'active',
    policies: body.policies,
  };
}
