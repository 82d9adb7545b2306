import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Change,
  GuardFailed,
  isGuardFailure,
  type Query,
  type Row,
  type Store,
  type TableName,
  tables,
} from './index.ts';

/** What a database behind the port must be able to do for the suite: open empty, and open again what was closed. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Closes and opens the same data again; absent where nothing outlives the process. */
  readonly reopen?: () => Promise<Store>;
  readonly discard: () => Promise<void>;
}

const namespace = 'root';
const place = { namespace, mount: 'm1', collection: 'c' };

export function record(id: string, more: Partial<Row<'records'>> = {}): Row<'records'> {
  return { ...place, id, owner: null, expire_millis: null, count: null, version: 1, sealed: Buffer.from(id), ...more };
}

function token(id: string, parent: string | null, more: Partial<Row<'tokens'>> = {}): Row<'tokens'> {
  return {
    namespace,
    id,
    accessor_index: `accessor-${id}`,
    parent,
    entity_id: null,
    mount: null,
    created_millis: 1,
    expire_millis: null,
    uses_left: null,
    version: 1,
    sealed: Buffer.from(id),
    ...more,
  };
}

function lease(id: string, owner: string): Row<'leases'> {
  const times = { issued_millis: 1, expire_millis: 9_000, due_millis: 9_000 };
  return { namespace, id, token: owner, mount: 'm1', ...times, version: 1, sealed: Buffer.alloc(1) };
}

const insert = (row: Row<'records'>): Change => ({ kind: 'insert', table: 'records', row });
const insertToken = (row: Row<'tokens'>): Change => ({ kind: 'insert', table: 'tokens', row });
const key = (id: string) => ({ ...place, id });

/** The promises of the port. Every database that stands behind it passes this suite before anything is kept in it. */
export function storeConformance(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the store on ${name}`, () => {
    let subject: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      subject = await open();
      store = subject.store;
    });
    afterEach(() => subject.discard());

    const ids = async (query: Partial<Query<'records'>> = {}): Promise<string[]> =>
      (await store.list('records', { limit: 100, ...query })).map((row) => row.id);

    describe('a guarded write', () => {
      it('applies whole: a failed guard leaves nothing of its list, and names its place', async () => {
        await store.commit([insert(record('a'))]);
        const failing = store.commit([insert(record('b')), insert(record('a')), insert(record('c'))]);
        await expect(failing).rejects.toSatisfy((error) => isGuardFailure(error, 1));
        expect(await ids()).toEqual(['a']);
      });

      it('undoes only its own list when others are written at the same moment', async () => {
        const outcomes = await Promise.allSettled([
          store.commit([insert(record('a')), insert(record('b'))]),
          store.commit([insert(record('c')), insert(record('a'))]),
          store.commit([insert(record('d'))]),
        ]);
        expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(await ids()).toEqual(['a', 'b', 'd']);
      });

      it('replaces a row only at the version expected, and leaves counters as they are', async () => {
        await store.commit([insert(record('a', { count: 5 }))]);
        const { count: _count, ...row } = record('a', { version: 2, sealed: Buffer.from('new') });
        await store.commit([{ kind: 'update', table: 'records', row, ifVersion: 1 }]);
        expect(await store.read('records', key('a'))).toMatchObject({ version: 2, count: 5 });
        const late = { ...row, version: 2 };
        await expect(store.commit([{ kind: 'update', table: 'records', row: late, ifVersion: 1 }])).rejects.toThrow(
          GuardFailed,
        );
      });

      it('lets one of many writers win when all start from one version', async () => {
        await store.commit([insert(record('a'))]);
        const { count: _count, ...row } = record('a', { version: 2 });
        const outcomes = await Promise.allSettled(
          Array.from({ length: 50 }, () => store.commit([{ kind: 'update', table: 'records', row, ifVersion: 1 }])),
        );
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      });

      it('never takes more off a counter than there is, however many ask at once', async () => {
        await store.commit([insert(record('a', { count: 7 }))]);
        const take: Change = { kind: 'decrement', table: 'records', key: key('a'), column: 'count', by: 2 };
        const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => store.commit([take])));
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
        expect((await store.read('records', key('a')))?.count).toBe(1);
      });

      it('answers what a decrement left, and leaves a counter without a limit alone', async () => {
        await store.commit([insert(record('a', { count: 3 })), insert(record('b'))]);
        const take = (id: string): Change => ({
          kind: 'decrement',
          table: 'records',
          key: key(id),
          column: 'count',
          by: 1,
        });
        expect(await store.commit([take('a'), take('b')])).toEqual([2, Number.POSITIVE_INFINITY]);
        expect((await store.read('records', key('b')))?.count).toBeNull();
        await expect(store.commit([take('missing')])).rejects.toThrow(GuardFailed);
      });

      it('checks presence, version and expiry, and absence', async () => {
        await store.commit([insertToken(token('t', null, { expire_millis: 1_000 }))]);
        const check = (more: object): Promise<unknown> =>
          store.commit([{ kind: 'check', table: 'tokens', key: { namespace, id: 't' }, ...more } as Change]);
        await expect(check({})).resolves.toBeDefined();
        await expect(check({ ifVersion: 1, notExpiredAtMillis: 999 })).resolves.toBeDefined();
        await expect(check({ notExpiredAtMillis: 1_000 })).rejects.toThrow(GuardFailed);
        await expect(check({ ifVersion: 2 })).rejects.toThrow(GuardFailed);
        await expect(store.commit([{ kind: 'absent', table: 'records', key: key('x') }])).resolves.toBeDefined();
        await store.commit([insert(record('x'))]);
        await expect(store.commit([{ kind: 'absent', table: 'records', key: key('x') }])).rejects.toThrow(GuardFailed);
      });

      it('touches counters in place, and a row that is gone stays gone', async () => {
        await store.commit([insert(record('a', { count: 1 }))]);
        const touch = (id: string): Change => ({ kind: 'touch', table: 'records', key: key(id), add: { count: 4 } });
        await store.commit([touch('a'), touch('gone')]);
        expect((await store.read('records', key('a')))?.count).toBe(5);
        expect(await store.read('records', key('gone'))).toBeUndefined();
      });

      it('deletes by version when asked, by key otherwise, and many rows by equal columns', async () => {
        await store.commit(['a', 'b', 'c', 'd'].map((id) => insert(record(id, { owner: id < 'c' ? 'o' : null }))));
        const stale: Change = { kind: 'delete', table: 'records', key: key('d'), ifVersion: 2 };
        await expect(store.commit([stale])).rejects.toThrow(GuardFailed);
        await store.commit([{ kind: 'delete', table: 'records', key: key('d') }]);
        await store.commit([{ kind: 'deleteWhere', table: 'records', where: { namespace, owner: 'o' } }]);
        expect(await ids()).toEqual(['c']);
      });

      it('refuses to delete a whole table', async () => {
        await expect(store.commit([{ kind: 'deleteWhere', table: 'records', where: {} }])).rejects.toThrow(RangeError);
      });

      it('deletes what expired, at most as many as asked', async () => {
        const rows = ['a', 'b', 'c'].map((id, index) => insert(record(id, { expire_millis: 100 * (index + 1) })));
        await store.commit([...rows, insert(record('never'))]);
        const expired = { kind: 'deleteWhere', table: 'records', where: {}, expiredBeforeMillis: 250 } as const;
        expect(await store.commit([{ ...expired, limit: 1 }])).toEqual([1]);
        expect(await store.commit([expired])).toEqual([1]);
        expect(await ids()).toEqual(['c', 'never']);
      });
    });

    describe('TOK-09: a token tree', () => {
      it('goes whole, with the records it owns; its leases become due', async () => {
        const children = Array.from({ length: 20 }, (_, index) => insertToken(token(`child-${index}`, 'top')));
        await store.commit([insertToken(token('top', null)), insertToken(token('other', null)), ...children]);
        await store.commit([
          insertToken(token('grandchild', 'child-3')),
          insert(record('owned', { owner: 'grandchild' })),
          insert(record('free')),
          { kind: 'insert', table: 'leases', row: lease('l1', 'grandchild') },
        ]);
        const [count] = await store.commit([
          { kind: 'deleteTokenTree', namespace, where: { id: 'top' }, atMillis: 500 },
        ]);
        expect(count).toBe(22);
        expect((await store.list('tokens', { limit: 100 })).map((row) => row.id)).toEqual(['other']);
        expect(await ids()).toEqual(['free']);
        expect((await store.read('leases', { namespace, id: 'l1' }))?.due_millis).toBe(500);
      });

      it('is also found by mount and by entity, and by nothing at all never', async () => {
        await store.commit([
          insertToken(token('a', null, { mount: 'auth_1' })),
          insertToken(token('b', null, { entity_id: 'e1' })),
          insertToken(token('c', null)),
        ]);
        const tree = (where: object): Promise<readonly number[]> =>
          store.commit([{ kind: 'deleteTokenTree', namespace, where, atMillis: 1 }]);
        expect(await tree({ mount: 'auth_1' })).toEqual([1]);
        expect(await tree({ entity_id: 'e1' })).toEqual([1]);
        await expect(tree({})).rejects.toThrow(RangeError);
        expect(await store.count('tokens', { namespace })).toBe(1);
      });

      it('takes no child in after its parent went', async () => {
        await store.commit([insertToken(token('top', null))]);
        const gone = store.commit([{ kind: 'deleteTokenTree', namespace, where: { id: 'top' }, atMillis: 1 }]);
        const child = store.commit([
          { kind: 'check', table: 'tokens', key: { namespace, id: 'top' }, notExpiredAtMillis: 1 },
          insertToken(token('child', 'top')),
        ]);
        const [, second] = await Promise.allSettled([gone, child]);
        expect(second.status).toBe('rejected');
        expect(await store.count('tokens', { namespace })).toBe(0);
      });
    });

    describe('a list', () => {
      const names = ['B', 'a', 'a/x', 'b', 'ä', '\u{1f511}'];
      beforeEach(() => store.commit(names.map((name) => insert(record(name)))));

      it('is in bytewise order of the key, and goes on strictly after a place', async () => {
        const sorted = [...names].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
        expect(await ids()).toEqual(sorted);
        const after = sorted[2] as string;
        expect(await ids({ after: { value: after, id: after }, limit: 2 })).toEqual(sorted.slice(3, 5));
        expect(await ids({ descending: true })).toEqual([...sorted].reverse());
      });

      it('finds by prefix, by equality and beyond a bound', async () => {
        expect(await ids({ prefix: { column: 'id', value: 'a' } })).toEqual(['a', 'a/x']);
        expect(await ids({ where: { id: 'b' } })).toEqual(['b']);
        expect(await ids({ where: { owner: null }, limit: 1 })).toEqual(['B']);
        expect(await ids({ above: { column: 'id', value: 'b' } })).toEqual(['ä', '\u{1f511}']);
      });

      it('refuses a column the table does not have', async () => {
        await expect(
          (async () => store.list('records', { orderBy: 'id; DROP' as never, limit: 1 }))(),
        ).rejects.toThrow();
      });

      it('shows a folder as its names, each once, paged', async () => {
        await store.commit(['dir/1', 'dir/2', 'dir/sub/3', 'dir0', 'dir'].map((id) => insert(record(id))));
        const all = { after: '', limit: 100 };
        expect(await store.listFolder(place, 'dir/', all)).toEqual(['1', '2', 'sub/']);
        const top = await store.listFolder(place, '', all);
        expect(top).toEqual(expect.arrayContaining(['a', 'a/', 'dir', 'dir/', 'dir0']));
        expect(await store.listFolder(place, '', { after: 'dir', limit: 2 })).toEqual(['dir/', 'dir0']);
        expect(await store.listFolder(place, '', { after: 'dir/', limit: 1 })).toEqual(['dir0']);
        expect(await store.listFolder({ ...place, mount: 'm2' }, '', all)).toEqual([]);
      });
    });

    it('gives every table back exactly what was put in, nulls and bytes included', async () => {
      for (const [table, shape] of Object.entries(tables) as [TableName, (typeof tables)[TableName]][]) {
        const kinds = { ...shape.columns, ...shape.counters } as Record<string, string>;
        const fill = (kind: string, column: string) =>
          kind.startsWith('text') ? `${column}\0"'\u{1f511}` : 2 ** 52 + 1;
        const full = Object.fromEntries(Object.entries(kinds).map(([column, kind]) => [column, fill(kind, column)]));
        const bare = Object.fromEntries(
          Object.entries(kinds).map(([column, kind]) => [column, kind.endsWith('?') ? null : `${fill(kind, column)}`]),
        );
        const numbers = Object.fromEntries(
          Object.entries(kinds).flatMap(([column, kind]) => (kind === 'integer' ? [[column, 0]] : [])),
        );
        for (const clear of [full, { ...bare, ...numbers, id: 'second', accessor: 'second', path: 'second/' }]) {
          const named = Object.fromEntries(Object.entries(clear).filter(([column]) => column in kinds));
          // Unique columns differ from the first row's.
          for (const column of ['lookup', 'name_index', 'accessor_index', 'mount']) {
            if (column in named && clear !== full && named[column] !== null) named[column] = `second ${column}`;
          }
          const row = { ...named, version: 1, sealed: Buffer.from([0, 255, 10, 0]) } as unknown as Row<typeof table>;
          await store.commit([{ kind: 'insert', table, row } as Change]);
          expect(await store.read(table, row as never), table).toEqual(row);
        }
      }
    });

    it('keeps what was acknowledged when it is closed and opened again', async () => {
      if (!subject.reopen) return;
      await store.commit([insert(record('kept'))]);
      store = await subject.reopen();
      expect(await ids()).toEqual(['kept']);
    });
  });
}
