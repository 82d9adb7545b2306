import type Database from 'better-sqlite3';
import type { Value } from '../tables/definition.ts';
import { type TableName, type TableShape, tables } from '../tables/index.ts';

type Statement = Database.Statement<Value[]>;

/** All columns of a table in the order of its description, then `version` and `sealed`. */
export function columnNames(table: TableName): readonly string[] {
  return allColumns[table];
}

const allColumns = Object.fromEntries(
  Object.entries(tables).map(([name, shape]: [string, TableShape]) => [
    name,
    [...Object.keys(shape.columns), ...Object.keys(shape.counters), 'version', 'sealed'],
  ]),
) as Record<TableName, string[]>;

const columnSets = Object.fromEntries(
  Object.entries(allColumns).map(([name, columns]) => [name, new Set(columns)]),
) as Record<TableName, Set<string>>;

/** Guards the one place where a column's name becomes part of a statement: only described columns may. */
export function requireColumn(table: TableName, column: string): string {
  if (!columnSets[table].has(column)) throw new RangeError(`table ${table} has no column ${column}`);
  return column;
}

/** `a = ? AND b = ?` over described columns; null compares with IS, and 1 = 1 when there is nothing to compare. */
export function equalities(table: TableName, columns: readonly string[], values: readonly Value[]): string {
  const terms = columns.map((column, index) =>
    values[index] === null ? `${requireColumn(table, column)} IS ?` : `${requireColumn(table, column)} = ?`,
  );
  return terms.length === 0 ? '1 = 1' : terms.join(' AND ');
}

/** `a = ? AND b = ?` over a table's key. */
export function keyCondition(table: TableName): string {
  return tables[table].key.map((column) => `${column} = ?`).join(' AND ');
}

export function keyValues(table: TableName, key: object): Value[] {
  const source = key as Record<string, Value>;
  return tables[table].key.map((column) => source[column] as Value);
}

/** Prepared statements of one connection, each prepared once. Texts come from this room alone, so their number is small. */
export class Statements {
  readonly #database: Database.Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  prepare(text: string): Statement {
    const known = this.#prepared.get(text);
    if (known) return known;
    const statement = this.#database.prepare<Value[]>(text);
    this.#prepared.set(text, statement);
    return statement;
  }
}
