import type Database from 'better-sqlite3';
import type { Change } from '../port.ts';
import type { Key, Row, TableName } from '../tables/index.ts';
import { keyValues } from './statements.ts';

/** Rows remembered of each table; a larger row is read each time. */
const maxRows = 4_096;
const maxSealedBytes = 4_096;

/**
 * Rows read lately, each the same frozen object until it changes: whatever is made of a row can be remembered with it.
 * This process has the one connection that writes, so a row is forgotten in the same turn in which a change of it
 * commits. Should another connection change the file all the same (a restored copy, somebody's shell), SQLite's
 * `data_version` tells, and everything is forgotten; it is asked once a turn of the event loop.
 */
export class RowCache {
  readonly #version: Database.Statement;
  readonly #tables = new Map<TableName, Map<string, object>>();
  #seenVersion: unknown;
  #isAsked = false;

  constructor(database: Database.Database) {
    this.#version = database.prepare('PRAGMA data_version').pluck();
    this.#seenVersion = this.#version.get();
  }

  /** The row of a key: the remembered one, or what `read` finds. */
  find<T extends TableName>(table: T, key: Key<T>, read: () => Row<T> | undefined): Row<T> | undefined {
    this.#forgetIfChangedElsewhere();
    const rows = this.#rowsOf(table);
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

  /** Forgets what a change touches. To be called in the turn in which it is applied, whatever becomes of it. */
  forget(change: Change): void {
    switch (change.kind) {
      case 'check':
      case 'absent':
        return;
      case 'deleteTokenTree':
        for (const table of ['tokens', 'leases', 'records'] as const) this.#tables.get(table)?.clear();
        return;
      case 'deleteWhere':
        this.#tables.get(change.table)?.clear();
        return;
      case 'insert':
      case 'update':
        this.#tables.get(change.table)?.delete(keyName(change.table, change.row));
        return;
      default:
        this.#tables.get(change.table)?.delete(keyName(change.table, change.key));
    }
  }

  #rowsOf(table: TableName): Map<string, object> {
    let rows = this.#tables.get(table);
    if (rows === undefined) {
      rows = new Map();
      this.#tables.set(table, rows);
    }
    return rows;
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
  }
}

const keyName = (table: TableName, key: object): string => keyValues(table, key).join('\0');

function forgetOldest(rows: Map<string, object>): void {
  const oldest = rows.keys().next();
  if (!oldest.done) rows.delete(oldest.value);
}
