import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Change, Store } from '../port.ts';
import type { Row } from '../tables/index.ts';
import { openSqliteStore } from './open.ts';

let folder: string;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-rows-'));
  store = openSqliteStore(folder);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const token = (id: string, more: Partial<Row<'tokens'>> = {}): Row<'tokens'> => ({
  namespace: 'root',
  id,
  accessor_index: `accessor-${id}`,
  parent: null,
  entity_id: null,
  mount: null,
  created_millis: 1,
  expire_millis: null,
  uses_left: 5,
  version: 1,
  sealed: Buffer.from('sealed'),
  ...more,
});
const key = (id: string) => ({ namespace: 'root', id });
const insert = (row: Row<'tokens'>): Change => ({ kind: 'insert', table: 'tokens', row });
const read = (id: string) => store.read('tokens', key(id)) as Row<'tokens'> | undefined;
const byAccessor = (id: string) =>
  store.list('tokens', { where: { namespace: 'root', accessor_index: `accessor-${id}` }, limit: 1 }) as Row<'tokens'>[];

it('gives the same frozen row until it changes', async () => {
  await store.commit([insert(token('a'))]);
  const first = read('a');
  expect(Object.isFrozen(first)).toBe(true);
  expect(read('a')).toBe(first);
  expect(byAccessor('a')[0]).toBe(byAccessor('a')[0]);
});

it.each<[string, Change, Partial<Row<'tokens'>> | undefined]>([
  [
    'an update',
    { kind: 'update', table: 'tokens', row: token('a', { version: 2, mount: 'm' }), ifVersion: 1 },
    { mount: 'm' },
  ],
  ['a decrement', { kind: 'decrement', table: 'tokens', key: key('a'), column: 'uses_left', by: 1 }, { uses_left: 4 }],
  ['a touch', { kind: 'touch', table: 'tokens', key: key('a'), set: { uses_left: 9 } }, { uses_left: 9 }],
  ['a deletion', { kind: 'delete', table: 'tokens', key: key('a') }, undefined],
  [
    'a deletion by a column',
    { kind: 'deleteWhere', table: 'tokens', where: { namespace: 'root', parent: 'p' } },
    undefined,
  ],
  ['the end of its tree', { kind: 'deleteTokenTree', namespace: 'root', where: { id: 'p' }, atMillis: 1 }, undefined],
])('%s is seen by the next read and list', async (_, change, expected) => {
  await store.commit([insert(token('p')), insert(token('a', { parent: 'p' }))]);
  expect([read('a')?.uses_left, byAccessor('a').length, byAccessor('b').length]).toEqual([5, 1, 0]);
  await store.commit([change]);
  const found = [read('a'), byAccessor('a')[0]];
  for (const row of found) {
    if (expected === undefined) expect(row).toBeUndefined();
    else expect(row).toMatchObject(expected);
  }
});

it('an empty list is not believed after an insertion', async () => {
  expect(byAccessor('a')).toHaveLength(0);
  await store.commit([insert(token('a'))]);
  expect(byAccessor('a')).toHaveLength(1);
});

it('a list that was given can be changed without changing the next', async () => {
  await store.commit([insert(token('a'))]);
  byAccessor('a').pop();
  byAccessor('a').pop();
  expect(byAccessor('a')).toHaveLength(1);
});

it('what is undone leaves nothing behind', async () => {
  await store.commit([insert(token('a'))]);
  read('a');
  const failing: Change[] = [
    { kind: 'touch', table: 'tokens', key: key('a'), set: { uses_left: 9 } },
    { kind: 'check', table: 'tokens', key: key('none') },
  ];
  await expect(store.commit(failing)).rejects.toThrow();
  expect(read('a')?.uses_left).toBe(5);
});

it('a change by another connection is seen one turn later', async () => {
  await store.commit([insert(token('a'))]);
  expect(read('a')?.uses_left).toBe(5);
  const other = new Database(join(folder, 'strongroom.db'));
  other.prepare("UPDATE tokens SET uses_left = 1 WHERE id = 'a'").run();
  other.close();
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect([read('a')?.uses_left, byAccessor('a')[0]?.uses_left]).toEqual([1, 1]);
});
