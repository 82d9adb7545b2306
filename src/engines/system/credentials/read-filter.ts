import {
  type Core,
  canonicalName,
  field,
  type Inventory,
  type InventoryFilter,
  type InventoryKind,
  inventoryKinds,
  readTimes,
  stateField,
  type TimeFields,
  timeFields,
} from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

/** The fields that say which credentials are meant. */
export const filterFields = {
  kind: field.text().optional(),
  owner: field.text().optional(),
  entity_id: field.text().optional(),
  policy: field.text().optional(),
  tag: field.text().optional(),
  ...stateField,
  ...timeFields,
};

export interface FilterFields extends TimeFields {
  readonly kind?: string | undefined;
  readonly owner?: string | undefined;
  readonly entity_id?: string | undefined;
  readonly policy?: string | undefined;
  readonly tag?: string | undefined;
  readonly state?: string | undefined;
}

export interface Meant {
  readonly filter: InventoryFilter;
  /** Undefined: every kind. */
  readonly kind: InventoryKind | undefined;
  readonly isEmpty: boolean;
}

/**
 * Which credentials a request means.
 * @throws StrongroomError `invalid_field` for an unknown kind, and for a text that is there but empty: a script's unset
 *   variable must not widen what is revoked.
 */
export async function readFilter(core: Core, namespace: string, fields: FilterFields): Promise<Meant> {
  const given = Object.keys(filterFields).filter((name) => fields[name as keyof FilterFields] !== undefined);
  const empty = given.find((name) => fields[name as keyof FilterFields] === '');
  if (empty !== undefined) {
    throw new StrongroomError('invalid_field', `"${empty}" is empty`, { hint: 'give it a value or leave it out' });
  }
  const { owner } = fields;
  const narrow = {
    owner: owner === undefined ? undefined : { name: owner, entityIds: await entitiesOf(core, namespace, owner) },
    entityId: fields.entity_id,
    policy: fields.policy,
    tag: fields.tag,
    state: fields.state,
    ...readTimes(fields),
  };
  const set = Object.fromEntries(Object.entries(narrow).filter(([, value]) => value !== undefined));
  return { filter: { namespace, ...set }, kind: readKind(fields.kind), isEmpty: given.length === 0 };
}

function readKind(text: string | undefined): InventoryKind | undefined {
  if (text === undefined) return undefined;
  const kind = inventoryKinds.find((name) => name === text);
  if (kind) return kind;
  throw new StrongroomError('invalid_field', 'unknown kind', { hint: inventoryKinds.join(', ') });
}

/** The entities of a name: the one that has it, and those that log in under it at any auth method. */
async function entitiesOf(core: Core, namespace: string, name: string): Promise<string[]> {
  const named = await core.identity.findEntityByName(namespace, name);
  const ids = new Set(named ? [named.id] : []);
  for (const mount of core.mounts.all('auth')) {
    for (const spelling of new Set([name, canonicalName(name)])) {
      const alias = await core.identity.findAliasByName({ namespace, mount: mount.accessor, name: spelling });
      if (alias) ids.add(alias.entityId);
    }
  }
  return [...ids];
}

/** What is found and revoked, in the order in which it is revoked: first what could make more. */
const order: readonly InventoryKind[] = ['lease', 'token', 'api_key', 'pat', 'certificate'];

export function inventoriesOf(core: Core, kind: InventoryKind | undefined): Inventory[] {
  const all = [...new Set(core.engines.values())].flatMap(({ inventories }) => inventories ?? []);
  return order
    .filter((name) => kind === undefined || name === kind)
    .flatMap((name) => all.filter((inventory) => inventory.kind === name));
}
