import {
  type Inventory,
  type InventoryFilter,
  type InventoryItem,
  matchesTimes,
  revokeByPages,
  type StoredCertificate,
} from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { type RevokeParts, revokeSwept } from './operations/revoke.ts';

const pageSize = 500;

/** Certificates of every mount, found by who had them issued. */
export function certificateInventory(parts: RevokeParts): Inventory {
  const { core } = parts.pki;
  const page: Inventory['page'] = async (filter, after, limit) => {
    // One entity is found by its index; several, or none, by looking through all.
    const entityId = filter.entityId ?? (filter.owner?.entityIds.length === 1 ? filter.owner.entityIds[0] : undefined);
    const rows = await core.certificates.pageOfAll(filter.namespace, entityId, after, limit);
    const items = rows
      .map((stored) => describe(stored, core.clock.nowMillis()))
      .filter((item, index) => matches(item, rows[index] as StoredCertificate, filter));
    return { items, next: rows.length < limit ? undefined : rows.at(-1)?.row.id };
  };
  return {
    kind: 'certificate',
    page,
    revoke: (filter, how) =>
      revokeByPages(
        async (after) => {
          const { items, next } = await page(filter, after, pageSize);
          return { items: items.filter(({ state }) => state === 'active'), next };
        },
        ({ id }) => revokeAnywhere(parts, filter.namespace, id),
        how,
      ),
  };
}

function describe({ row, body }: StoredCertificate, nowMillis: number): InventoryItem {
  const expired = (row.expire_millis ?? Number.POSITIVE_INFINITY) <= nowMillis;
  return {
    id: row.id,
    kind: 'certificate',
    owner: body.displayName,
    entityId: row.entity_id ?? '',
    name: body.commonName,
    createdMillis: row.created_millis,
    createdBy: { entityId: row.entity_id ?? '', displayName: body.displayName, accessor: body.accessor },
    expireMillis: row.expire_millis,
    lastUsedMillis: null,
    state: row.revoked_millis !== null ? 'revoked' : expired ? 'expired' : 'active',
    policies: [],
  };
}

/** CA certificates are not what a caller holds: they are revoked by name, never swept up with the rest. */
function matches(item: InventoryItem, stored: StoredCertificate, filter: InventoryFilter): boolean {
  if (stored.body.isAuthority || filter.policy !== undefined || filter.tag !== undefined) return false;
  if (filter.entityId !== undefined && item.entityId !== filter.entityId) return false;
  const { owner } = filter;
  if (owner && item.owner !== owner.name && !(item.entityId !== '' && owner.entityIds.includes(item.entityId)))
    return false;
  return matchesTimes(item, filter);
}

async function revokeAnywhere(parts: RevokeParts, namespace: string, serial: string): Promise<void> {
  const rows = await parts.pki.core.store.list('certificates', { where: { namespace, id: serial }, limit: 10 });
  for (const row of rows) {
    // Revoked ones outlive their mount.
    if (row.revoked_millis !== null) continue;
    const mount = parts.pki.core.mounts.byId(row.mount);
    if (!mount) throw new StrongroomError('internal', 'a certificate of a mount that is gone');
    await revokeSwept(parts, mount, serial);
  }
}
