import type { Core } from '../core.ts';
import { type Inventory, type InventoryFilter, type InventoryItem, matchesTimes } from '../inventory/index.ts';
import { type Credential, type CredentialSort, stateOf } from './credential.ts';
import { listCredentials } from './list-credentials.ts';
import { revokeWhere } from './revoke-where.ts';

/** API keys or personal access tokens of every mount, in the one shape of `sys/credentials`. */
export function credentialInventory(core: Core, kind: CredentialSort): Inventory {
  const { credentials } = core;
  const page: Inventory['page'] = async (filter, after, limit) => {
    const nowMillis = core.clock.nowMillis();
    const found = await listCredentials(credentials, {
      place: { namespace: filter.namespace, kind },
      filter: { entityId: filter.entityId, tag: filter.tag, policy: filter.policy },
      order: 'created_time',
      descending: false,
      limit,
      cursor: after,
      nowMillis,
    });
    const items = found.credentials
      .filter((credential) => belongs(credential, filter))
      .map((credential) => describe(credential, nowMillis));
    return {
      items: items.filter((item) => matchesTimes(item, filter)),
      next: found.next === '' ? undefined : found.next,
    };
  };
  return {
    kind,
    page,
    revoke: async (filter, { dryRun, reason, limit }) => {
      const nowMillis = core.clock.nowMillis();
      const matches = (credential: Credential): boolean => isMeant(credential, filter, nowMillis);
      const counted = new Set<string>();
      let more = false;
      for (const narrow of narrowings(core, filter)) {
        const outcome = await revokeWhere(
          credentials,
          {
            namespace: filter.namespace,
            kind,
            ...narrow,
            matches: (credential) => {
              if (!matches(credential) || counted.has(credential.row.id) || counted.size >= limit) return false;
              counted.add(credential.row.id);
              return true;
            },
          },
          { dryRun, nowMillis, reason },
        );
        more ||= outcome.more || counted.size >= limit;
      }
      return { count: counted.size, more };
    },
  };
}

/** An owner is found by name and by each of their identities, through an index each. */
function narrowings(core: Core, filter: InventoryFilter): { entityId?: string; ownerIndex?: string }[] {
  if (filter.entityId !== undefined) return [{ entityId: filter.entityId }];
  if (!filter.owner) return [{}];
  const ownerIndex = core.credentials.index('owner', filter.owner.name);
  return [
    ...(ownerIndex === null ? [] : [{ ownerIndex }]),
    ...filter.owner.entityIds.map((entityId) => ({ entityId })),
  ];
}

function belongs({ row, body }: Credential, { owner }: InventoryFilter): boolean {
  return !owner || body.owner === owner.name || (row.entity_id !== null && owner.entityIds.includes(row.entity_id));
}

function isMeant(credential: Credential, filter: InventoryFilter, nowMillis: number): boolean {
  const { body } = credential;
  return (
    belongs(credential, filter) &&
    (filter.tag === undefined || body.tags.includes(filter.tag)) &&
    (filter.policy === undefined || body.policies.includes(filter.policy)) &&
    matchesTimes(describe(credential, nowMillis), filter)
  );
}

function describe(credential: Credential, nowMillis: number): InventoryItem {
  const { row, body } = credential;
  return {
    id: row.id,
    kind: row.kind as CredentialSort,
    owner: body.owner,
    entityId: row.entity_id ?? '',
    name: body.name,
    createdMillis: row.created_millis,
    createdBy: body.createdBy,
    expireMillis: row.expire_millis,
    lastUsedMillis: row.last_used_millis,
    state: stateOf(credential, nowMillis),
    policies: body.policies,
  };
}
