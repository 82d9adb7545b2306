import type { Core } from '../../src/core/index.ts';
import { SealedTable } from '../../src/core/seal/index.ts';
import { type Row, type Store, type TableName, tables } from '../../src/store/index.ts';

const limit = 10_000;
/** Rows of these belong to the server itself. */
const serverMounts = new Set(['system']);

/** Rows that do not open with the keys there are. */
async function findUnreadable(store: Store, core: Core): Promise<string[]> {
  const found: string[] = [];
  for (const table of Object.keys(tables) as TableName[]) {
    if (table === 'seal') continue;
    const sealed = new SealedTable<TableName, unknown>(table, () => core.seal.sealer, { remember: false });
    for (const row of await store.list(table, { limit })) {
      try {
        sealed.open(row);
      } catch {
        found.push(`${table}: a row does not open`);
      }
    }
  }
  return found;
}

/** Everything in a store that points to what is not there, or that does not open. Empty when all is well. */
export async function findInconsistencies(store: Store, core: Core): Promise<string[]> {
  return [...(await findUnreadable(store, core)), ...(await findDangling(store, core))];
}

/** Everything in a store that points to what is not there. */
export async function findDangling(store: Store, core: Core): Promise<string[]> {
  const found: string[] = [];
  const all = async <T extends TableName>(table: T): Promise<Row<T>[]> => store.list(table, { limit });
  const mounts = await all('mounts');
  const mountIds = new Set([...mounts.map(({ id }) => id), ...serverMounts]);
  const accessors = new Set(mounts.map(({ accessor }) => accessor));
  const tokens = new Set((await all('tokens')).map(({ id }) => id));
  const entities = new Set((await all('entities')).map(({ id }) => id));
  const nowMillis = core.clock.nowMillis();
  for (const { parent, entity_id, mount } of await all('tokens')) {
    if (parent !== null && !tokens.has(parent)) found.push('tokens: a child without its parent');
    if (entity_id !== null && !entities.has(entity_id)) found.push('tokens: one without its entity');
    if (mount !== null && !accessors.has(mount)) found.push('tokens: one of a method that is gone');
  }
  for (const { token, mount, due_millis } of await all('leases')) {
    if (!mountIds.has(mount)) found.push('leases: one of a mount that is gone');
    if (token !== null && !tokens.has(token) && (due_millis ?? Number.POSITIVE_INFINITY) > nowMillis)
      found.push('leases: one that outlives its token');
  }
  for (const { entity_id, mount } of await all('aliases')) {
    if (!entities.has(entity_id)) found.push('aliases: one without its entity');
    if (!accessors.has(mount)) found.push('aliases: one of a method that is gone');
  }
  for (const { mount, kind, entity_id, state } of await all('credentials')) {
    if (!mountIds.has(mount)) found.push(`credentials: one (${kind}) of a mount that is gone`);
    if (kind === 'pat' && state !== 'revoked' && !entities.has(entity_id ?? ''))
      found.push('credentials: a PAT without its owner');
  }
  for (const { mount } of await all('certificates')) {
    if (!mountIds.has(mount)) found.push('certificates: one of a mount that is gone');
  }
  for (const { mount, owner, collection } of await all('records')) {
    if (!mountIds.has(mount)) found.push(`records: one of ${collection} in a mount that is gone (${mount})`);
    if (owner !== null && !tokens.has(owner)) found.push(`records: one of ${collection} that outlives its token`);
  }
  const records = await all('records');
  const secrets = new Set(
    records.filter(({ collection }) => collection === 'kv2-metadata').map(({ mount, id }) => `${mount} ${id}`),
  );
  for (const { mount, collection, id } of records) {
    // A version's id is its secret's path, two slashes and a number.
    if (collection === 'kv2-values' && !secrets.has(`${mount} ${id.slice(0, id.lastIndexOf('//'))}`))
      found.push('records: a version of a secret that is gone');
  }
  return found;
}
