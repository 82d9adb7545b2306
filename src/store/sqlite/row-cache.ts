import type Database from 'better-sqlite3';
import type { Change } from '../port.ts';
import type { Key, Row, TableName } from '../tables/index.ts';
import { keyValues } from './statements.ts';

/** Rows remembered of each table; a larger row is read each time. */
const maxRows = 4_096;
const maxSealedBytes = 4_096;
/** Answers of lists remembered of each table, and the rows one may have: what finds one thing by a unique column. */
const maxLists = 1_024;
const maxListedRows = 8;

/**
 * Rows read lately, each the same frozen object until it changes: whatever is made of a row can be remembered with it.
 * This process has the one connection that writes, so a row is forgotten in the same turn in which a change of it
 * commits. Should another connection change the file all the same (a restored copy, somebody's shell), SQLite's
 * `data_version` tells, and everything is forgotten; it is asked once a turn of the event loop.
 */
export class RowCache {
  readonly #version: Database.Statement;
  readonly #tables = new Map<TableName, Map<string, object>>();
  readonly #lists = new Map<TableName, Map<string, readonly object[]>>();
  #seenVersion: unknown;
  #isAsked = false;

  constructor(database: Database.Database) {
    this.#version = database.prepare('PRAGMA data_version').pluck();
    this.#seenVersion = this.#version.get();
  }

  /** The row of a key: the remembered one, or what `read` finds. */
  find<T extends TableName>(table: T, key: Key<T>, read: () => Row<T> | undefined): Row<T> | undefined {
    this.#forgetIfChangedElsewhere();
    const rows = tableOf(this.#tables, table);
    const name = keyName(table, key);
    const known = rows.get(name);
    if (known !== undefined) return known as Row<T>;
    const row = read();
    if (row !== undefined && row.sealed.length <= maxSealedBytes) {
      if (rows.size >= maxRows) forgetOldest(rows);
      rows.set(name, Object.freeze(row));
    }
    return row;
  }

  /** A short list by its statement and values; forgotten with any change of the table. */
  findList<T extends TableName>(table: T, query: string, read: () => Row<T>[]): Row<T>[] {
    this.#forgetIfChangedElsewhere();
    const lists = tableOf(this.#lists, table);
    const known = lists.get(query);
    if (known !== undefined) return known.slice() as Row<T>[];
    const rows = read();
    if (rows.length <= maxListedRows && rows.every(({ sealed }) => sealed.length <= maxSealedBytes)) {
      if (lists.size >= maxLists) forgetOldest(lists);
      lists.set(
        query,
        rows.map((row) => Object.freeze(row)),
      );
    }
    return rows;
  }

  /** Forgets what a change touches. To be called in the turn in which it is applied, whatever becomes of it. */
  forget(change: Change): void {
    switch (change.kind) {
      case 'check':
      case 'absent':
        return;
      case 'deleteTokenTree':
        for (const table of ['tokens', 'leases', 'records'] as const) this.#forgetTable(table);
        return;
      case 'deleteWhere':
        this.#forgetTable(change.table);
        return;
      case 'insert':
      case 'update':
        this.#forgetRow(change.table, change.row);
        return;
      default:
        this.#forgetRow(change.table, change.key);
    }
  }

  #forgetRow(table: TableName, key: object): void {
    this.#tables.get(table)?.delete(keyName(table, key));
    this.#lists.get(table)?.clear();
  }

  #forgetTable(table: TableName): void {
    this.#tables.get(table)?.clear();
    this.#lists.get(table)?.clear();
  }

  #forgetIfChangedElsewhere(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    setImmediate(() => {
      this.#isAsked = false;
    });
    const version = this.#version.get();
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    this.#tables.clear();
    this.#lists.clear();
  }
}

const keyName = (table: TableName, key: object): string => keyValues(table, key).join('\0');

function tableOf<V>(tables: Map<TableName, Map<string, V>>, table: TableName): Map<string, V> {
  let known = tables.get(table);
  if (known === undefined) {
    known = new Map();
    tables.set(table, known);
  }
  return known;
}

function forgetOldest(rows: Map<string, unknown>): void {
  const oldest = rows.keys().next();
  if (!oldest.done) rows.delete(oldest.value);
}
