import { type Answer, type Core, type EngineRequest, type InventoryItem, inventoryKinds } from '../../../core/index.ts';
import { formatTime, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { type FilterFields, inventoriesOf, readFilter } from './read-filter.ts';

const usualLimit = 100;
const largestLimit = 1_000;
/** Bounds what one call reads: pages may be short, as what is sealed is judged item by item. */
const maxPages = 20;

/** One page of the credentials of every kind, kind by kind. */
export async function listCredentials(
  core: Core,
  request: EngineRequest<FilterFields & { readonly limit?: number | undefined; readonly after?: string | undefined }>,
): Promise<Answer> {
  const { fields, namespace } = request;
  const limit = fields.limit ?? usualLimit;
  if (limit < 1 || limit > largestLimit) {
    throw new StrongroomError('invalid_field', 'limit is out of range', { hint: `1 to ${largestLimit}` });
  }
  const { filter, kind } = await readFilter(core, namespace, fields);
  const inventories = inventoriesOf(core, kind);
  const start = readCursor(fields.after ?? '');
  let at = start === undefined ? 0 : inventories.findIndex((inventory) => inventory.kind === start.kind);
  let after: string | undefined = start?.after ?? '';
  if (at < 0) throw badCursor();
  const found: InventoryItem[] = [];
  for (let pages = 0; pages < maxPages && found.length < limit && at < inventories.length; pages += 1) {
    const inventory = inventories[at];
    if (!inventory) break;
    const page = await inventory.page(filter, after, limit - found.length);
    found.push(...page.items);
    after = page.next ?? '';
    if (page.next === undefined) at += 1;
  }
  const next = inventories[at];
  return {
    data: {
      keys: found.map(({ id }) => id),
      key_info: Object.fromEntries(found.map((item) => [item.id, describe(item)])),
      ...(next && { next: `${next.kind}:${after}` }),
    },
  };
}

function readCursor(text: string): { readonly kind: string; readonly after: string } | undefined {
  if (text === '') return undefined;
  const colon = text.indexOf(':');
  const kind = text.slice(0, Math.max(0, colon));
  if (!inventoryKinds.some((name) => name === kind)) throw badCursor();
  return { kind, after: text.slice(colon + 1) };
}

const badCursor = (): StrongroomError =>
  new StrongroomError('invalid_field', 'the cursor is unreadable', {
    hint: 'give "after" as the page before answered it in "next", with the same filter',
  });

const timeOrNull = (millis: number | null): string | null => (millis === null ? null : formatTime(millis));

function describe(item: InventoryItem): JsonObject {
  return {
    id: item.id,
    kind: item.kind,
    owner: item.owner,
    entity_id: item.entityId,
    name: item.name,
    created_time: formatTime(item.createdMillis),
    created_by: item.createdBy && {
      entity_id: item.createdBy.entityId,
      display_name: item.createdBy.displayName,
      accessor: item.createdBy.accessor,
    },
    expire_time: timeOrNull(item.expireMillis),
    last_used_time: timeOrNull(item.lastUsedMillis),
    state: item.state,
    policies: [...item.policies],
  };
}
