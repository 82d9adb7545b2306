import { describe, expect, it } from 'vitest';
import { type Random, systemRandom } from '../../crypto/index.ts';
import { isError } from '../../lib/index.ts';
import {
  openMemoryStore,
  type Row,
  type Store,
  type TableName,
  type TableShape,
  tables,
  type Value,
} from '../../store/index.ts';
import { addTerm, createKeyring } from './keyring.ts';
import { SealedTable } from './sealed-table.ts';
import { Sealer } from './sealer.ts';

type AnyRow = Record<string, Value>;
type AnyTable = SealedTable<TableName, { readonly secret: string }>;

/** `seal` holds what is read before there is a key; `seal.test.ts` shows that a change of it does not open. */
const sealedTables = (Object.keys(tables) as TableName[]).filter((name) => name !== 'seal');
const shapeOf = (name: TableName): TableShape => tables[name];

function fill(name: TableName, mark: string): { clear: AnyRow; counters: AnyRow } {
  const value = (kind: string, column: string): Value => (kind.startsWith('text') ? `${mark} ${column}` : mark.length);
  const from = (columns: Readonly<Record<string, string>>): AnyRow =>
    Object.fromEntries(Object.entries(columns).map(([column, kind]) => [column, value(kind, column)]));
  return { clear: from(shapeOf(name).columns), counters: from(shapeOf(name).counters) };
}

const newSealer = (random: Random = systemRandom) => new Sealer(createKeyring(random, 0), random);

async function stored(
  name: TableName,
  sealer: () => Sealer,
): Promise<{ table: AnyTable; store: Store; rows: AnyRow[] }> {
  const store = openMemoryStore();
  const table = new SealedTable(name, sealer) as unknown as AnyTable;
  for (const mark of ['one', 'other']) {
    const { clear, counters } = fill(name, mark);
    await store.commit([table.insert(clear as never, counters as never, { secret: mark })]);
  }
  const rows = (await store.list(name, { limit: 10 })) as unknown as AnyRow[];
  return { table, store, rows };
}

const open = (table: AnyTable, row: AnyRow) => table.open(row as unknown as Row<TableName>);
const unreadable = (table: AnyTable, row: AnyRow): boolean => {
  try {
    open(table, row);
    return false;
  } catch (error) {
    return isError(error, 'row_unreadable');
  }
};

describe('SEAL-08: a row of', () => {
  it.each(sealedTables)(
    '%s does not open when any clear column, its version or one bit of its body was changed',
    async (name) => {
      const sealer = newSealer();
      const { table, rows } = await stored(name, () => sealer);
      for (const row of rows) {
        // Opened before, so that what is remembered must not be believed either.
        expect(open(table, row).secret).toBe(row['id'] === 'one id' ? 'one' : 'other');
        for (const column of [...Object.keys(shapeOf(name).columns), 'version']) {
          const value = row[column] as Value;
          const changes: Value[] = typeof value === 'number' ? [value + 1, -1, null] : [`${value}x`, '', null];
          for (const changed of changes)
            expect(unreadable(table, { ...row, [column]: changed }), `${name}.${column}`).toBe(true);
        }
        const sealed = row['sealed'] as Buffer;
        for (let bit = 0; bit < sealed.length * 8; bit += 1) {
          const flipped = Buffer.from(sealed);
          flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
          expect(unreadable(table, { ...row, sealed: flipped }), `${name} bit ${bit}`).toBe(true);
        }
        for (const cut of [0, 4, 5, sealed.length - 1]) {
          expect(unreadable(table, { ...row, sealed: sealed.subarray(0, cut) })).toBe(true);
        }
      }
    },
  );

  it.each(sealedTables)('%s does not open under the name, or with the body, of another row', async (name) => {
    const sealer = newSealer();
    const { table, rows } = await stored(name, () => sealer);
    const [first, second] = rows as [AnyRow, AnyRow];
    expect(unreadable(table, { ...first, sealed: second['sealed'] as Buffer })).toBe(true);
    for (const column of shapeOf(name).key) {
      expect(unreadable(table, { ...first, [column]: second[column] as Value })).toBe(true);
    }
  });

  it('one table does not open in another, nor under another server’s keys', async () => {
    const sealer = newSealer();
    const { rows } = await stored('entities', () => sealer);
    const other = new SealedTable('policies', () => sealer) as unknown as AnyTable;
    expect(unreadable(other, rows[0] as AnyRow)).toBe(true);
    const foreign = new SealedTable('entities', () => newSealer()) as unknown as AnyTable;
    expect(unreadable(foreign, rows[0] as AnyRow)).toBe(true);
  });

  it('an older version does not open in the place of the newer one', async () => {
    const sealer = newSealer();
    const { table, store, rows } = await stored('records', () => sealer);
    const before = rows[0] as AnyRow;
    await store.commit([table.update(before as unknown as Row<TableName>, {}, { secret: 'newer' })]);
    const [after] = (await store.list('records', { limit: 1 })) as unknown as AnyRow[];
    expect(open(table, after as AnyRow).secret).toBe('newer');
    expect(unreadable(table, { ...(after as AnyRow), sealed: before['sealed'] as Buffer })).toBe(true);
  });
});

describe('counters', () => {
  it.each(sealedTables)('of %s stand outside the seal: statements change them in place', async (name) => {
    const sealer = newSealer();
    const { table, rows } = await stored(name, () => sealer);
    for (const column of Object.keys(shapeOf(name).counters)) {
      expect(open(table, { ...(rows[0] as AnyRow), [column]: null }).secret).toBeDefined();
    }
  });
});

describe('a rotated keyring', () => {
  it('SEAL-09: opens what was sealed before it, and seals what comes after under the new term', async () => {
    let sealer = newSealer();
    const { table, rows } = await stored('records', () => sealer);
    const older = sealer;
    sealer = new Sealer(addTerm(sealer.keyring, systemRandom, 1), systemRandom);
    table.forget();
    expect(open(table, rows[0] as AnyRow).secret).toBe('one');
    const { clear } = fill('records', 'third');
    const change = table.insert(clear as never, { count: null } as never, { secret: 'third' });
    const row = (change as unknown as { row: AnyRow }).row;
    expect(open(table, row).secret).toBe('third');
    const behind = new SealedTable('records', () => older) as unknown as AnyTable;
    expect(unreadable(behind, row)).toBe(true);
  });
});
