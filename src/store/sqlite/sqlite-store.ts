import type Database from 'better-sqlite3';
import type { Change, Query, Store } from '../port.ts';
import type { Value } from '../tables/definition.ts';
import type { Key, Row, TableName } from '../tables/index.ts';
import { tables } from '../tables/index.ts';
import { listFolder } from './list-folder.ts';
import { RowCache } from './row-cache.ts';
import { columnNames, equalities, keyCondition, keyValues, requireColumn, Statements } from './statements.ts';
import { Writer } from './writer.ts';

const maxRowsAList = 10_000;

/** The store over one SQLite database: reads in process, rows read lately are remembered; writes go through the one writer. */
export class SqliteStore implements Store {
  readonly kind: string;
  readonly #database: Database.Database;
  readonly #statements: Statements;
  readonly #writer: Writer;
  readonly #rows: RowCache;
  readonly #release: () => void;
  readonly #readTexts: Record<TableName, string>;

  /** `release` frees what keeps other servers off the same folder. */
  constructor(database: Database.Database, kind: string, release: () => void) {
    this.kind = kind;
    this.#database = database;
    this.#release = release;
    this.#statements = new Statements(database);
    this.#rows = new RowCache(database);
    this.#writer = new Writer(database, this.#statements, this.#rows);
    const names = Object.keys(tables) as TableName[];
    this.#readTexts = Object.fromEntries(
      names.map((name) => [name, `SELECT ${columnNames(name).join(', ')} FROM ${name} WHERE ${keyCondition(name)}`]),
    ) as Record<TableName, string>;
  }

  read<T extends TableName>(table: T, key: Key<T>): Row<T> | undefined {
    return this.#rows.find(
      table,
      key,
      () => this.#statements.prepare(this.#readTexts[table]).get(...keyValues(table, key)) as Row<T> | undefined,
    );
  }

  list<T extends TableName>(table: T, query: Query<T>): Row<T>[] {
    const { text, values } = buildSelect(table, query);
    const read = () => this.#statements.prepare(text).all(...values) as Row<T>[];
    // Pages of a long list are seldom asked for twice; what is found by its columns is.
    const isPage = query.after !== undefined || query.above !== undefined || query.below !== undefined;
    return isPage || query.prefix !== undefined
      ? read()
      : this.#rows.findList(table, text + JSON.stringify(values), read);
  }

  count<T extends TableName>(table: T, where: Partial<Row<T>>): number {
    const entries = Object.entries(where as Record<string, Value>);
    const values = entries.map(([, value]) => value);
    const condition = equalities(
      table,
      entries.map(([column]) => column),
      values,
    );
    const text = `SELECT count(*) FROM ${table} WHERE ${condition}`;
    return this.#statements
      .prepare(text)
      .pluck()
      .get(...values) as unknown as number;
  }

  listFolder(
    place: { namespace: string; mount: string; collection: string },
    folder: string,
    page: { after: string; limit: number },
  ): string[] {
    return listFolder(this.#statements, place, folder, {
      after: page.after,
      limit: Math.min(page.limit, maxRowsAList),
    });
  }

  commit(changes: readonly Change[]): Promise<readonly number[]> {
    return this.#writer.commit(changes);
  }

  compact(): void {
    this.#database.pragma('incremental_vacuum(2000)');
    this.#database.pragma('wal_checkpoint(PASSIVE)');
  }

  async close(): Promise<void> {
    if (!this.#database.open) return;
    this.#writer.flush();
    this.#database.close();
    this.#release();
  }
}

function buildSelect<T extends TableName>(table: T, query: Query<T>): { text: string; values: Value[] } {
  const where = Object.entries((query.where ?? {}) as Record<string, Value>);
  const values: Value[] = where.map(([, value]) => value);
  const terms = [
    equalities(
      table,
      where.map(([column]) => column),
      values,
    ),
  ];
  const add = (term: string, ...bound: Value[]): void => {
    terms.push(term);
    values.push(...bound);
  };
  if (query.above) add(`${requireColumn(table, query.above.column)} > ?`, query.above.value);
  if (query.below) add(`${requireColumn(table, query.below.column)} < ?`, query.below.value);
  if (query.prefix && query.prefix.value !== '') {
    const column = requireColumn(table, query.prefix.column);
    add(`${column} >= ? AND ${column} < ?`, query.prefix.value, successor(query.prefix.value));
  }
  const direction = query.descending ? 'DESC' : 'ASC';
  const order = query.orderBy ? requireColumn(table, query.orderBy) : 'id';
  if (query.after) {
    const beyond = query.descending ? '<' : '>';
    if (order === 'id') add(`id ${beyond} ?`, query.after.id);
    else add(`(${order}, id) ${beyond} (?, ?)`, query.after.value, query.after.id);
  }
  const tail = order === 'id' ? `id ${direction}` : `${order} ${direction}, id ${direction}`;
  const limit = Math.max(0, Math.min(Math.trunc(query.limit), maxRowsAList));
  const text = `SELECT ${columnNames(table).join(', ')} FROM ${table} WHERE ${terms.join(' AND ')} ORDER BY ${tail} LIMIT ?`;
  return { text, values: [...values, limit] };
}

/** The smallest text that is greater than every text with this prefix, in SQLite's bytewise order. */
function successor(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}
