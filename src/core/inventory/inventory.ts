import type { Maker } from '../credentials/index.ts';

/** Every kind of thing a machine can authenticate with, as `sys/credentials` names it. */
export const inventoryKinds = ['token', 'api_key', 'pat', 'certificate', 'lease'] as const;
export type InventoryKind = (typeof inventoryKinds)[number];

/** Which credentials are meant; what is absent does not narrow. Times in milliseconds since 1970, bounds exclusive. */
export interface InventoryFilter {
  readonly namespace: string;
  /** Whatever belongs to this owner: named so, or bound to one of these entities. */
  readonly owner?: { readonly name: string; readonly entityIds: readonly string[] };
  readonly entityId?: string;
  /** Name of a policy the credential itself has. */
  readonly policy?: string;
  readonly tag?: string;
  readonly state?: string;
  readonly createdAfterMillis?: number;
  readonly createdBeforeMillis?: number;
  readonly expiresAfterMillis?: number;
  readonly expiresBeforeMillis?: number;
  readonly usedAfterMillis?: number;
  readonly usedBeforeMillis?: number;
}

/** One credential in the one shape that all kinds share. Never holds the credential itself. */
export interface InventoryItem {
  readonly id: string;
  readonly kind: InventoryKind;
  readonly owner: string;
  readonly entityId: string;
  readonly name: string;
  readonly createdMillis: number;
  readonly createdBy: Maker | null;
  readonly expireMillis: number | null;
  readonly lastUsedMillis: number | null;
  readonly state: string;
  readonly policies: readonly string[];
}

export interface InventoryPage {
  readonly items: readonly InventoryItem[];
  /** Where the next page starts; undefined when there is nothing more. A page may be short and still have a next one. */
  readonly next: string | undefined;
}

export interface InventoryRevocation {
  readonly dryRun: boolean;
  readonly reason: string;
  /** At most so many are taken. */
  readonly limit: number;
}

/** One kind of credential, found and revoked across every mount that issues it. Built by the engine that owns the kind. */
export interface Inventory {
  readonly kind: InventoryKind;
  /** Items a filter names in the order of their ids, strictly after `after` ('' = from the start). */
  readonly page: (filter: InventoryFilter, after: string, limit: number) => Promise<InventoryPage>;
  /** Revokes every live credential a filter names: dead when this resolves. A dry run only counts. */
  readonly revoke: (
    filter: InventoryFilter,
    options: InventoryRevocation,
  ) => Promise<{ readonly count: number; readonly more: boolean }>;
}

/** Whether times and state of an item are within a filter; owner, policy and tag are the engine's to judge. */
export function matchesTimes(item: InventoryItem, filter: InventoryFilter): boolean {
  const after = (value: number | null, bound: number | undefined) =>
    bound === undefined || (value !== null && value > bound);
  const before = (value: number | null, bound: number | undefined) =>
    bound === undefined || (value !== null && value < bound);
  return (
    (filter.state === undefined || filter.state === item.state) &&
    after(item.createdMillis, filter.createdAfterMillis) &&
    before(item.createdMillis, filter.createdBeforeMillis) &&
    after(item.expireMillis, filter.expiresAfterMillis) &&
    before(item.expireMillis, filter.expiresBeforeMillis) &&
    after(item.lastUsedMillis, filter.usedAfterMillis) &&
    before(item.lastUsedMillis, filter.usedBeforeMillis)
  );
}

/** Goes through what a filter names, page by page, and ends one after the other; a dry run only counts. */
export async function revokeByPages<Item>(
  read: (after: string) => Promise<{ readonly items: readonly Item[]; readonly next: string | undefined }>,
  end: (item: Item) => Promise<unknown>,
  { dryRun, limit }: Pick<InventoryRevocation, 'dryRun' | 'limit'>,
): Promise<{ readonly count: number; readonly more: boolean }> {
  let count = 0;
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: Awaited<ReturnType<typeof read>> = await read(after);
    for (const item of page.items) {
      if (count >= limit) return { count, more: true };
      if (!dryRun) await end(item);
      count += 1;
    }
    after = page.next;
  }
  return { count, more: false };
}
