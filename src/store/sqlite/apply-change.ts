import { type Change, GuardFailed } from '../port.ts';
import type { Value } from '../tables/definition.ts';
import { type TableName, tables } from '../tables/index.ts';
import { deleteTokenTree } from './delete-token-tree.ts';
import { columnNames, equalities, keyCondition, keyValues, requireColumn, type Statements } from './statements.ts';

type RowChange = Exclude<Change, { kind: 'deleteTokenTree' }>;

/** Runs one change inside the caller's transaction. Throws `GuardFailed` when its guard does not hold. */
export function applyChange(statements: Statements, change: Change, changeIndex: number): number {
  if (change.kind === 'deleteTokenTree') return deleteTokenTree(statements, change);
  const outcome = runRowChange(statements, change);
  if (outcome === undefined) throw new GuardFailed(changeIndex, change);
  return outcome;
}

/** The rows affected (for `decrement`, what is left), or undefined when the guard does not hold. */
function runRowChange(statements: Statements, change: RowChange): number | undefined {
  switch (change.kind) {
    case 'insert':
      return insertRow(statements, change.table, change.row as unknown as Record<string, Value>);
    case 'update':
      return updateRow(statements, change.table, change.row as unknown as Record<string, Value>, change.ifVersion);
    case 'delete':
      return deleteRow(statements, change);
    case 'check':
      return checkRow(statements, change);
    case 'absent':
      return findVersion(statements, change.table, change.key) === undefined ? 0 : undefined;
    case 'decrement':
      return decrementCounter(statements, change);
    case 'touch':
      return touchCounters(statements, change);
    case 'deleteWhere':
      return deleteRows(statements, change);
  }
}

const insertTexts = new Map<TableName, string>();

function insertRow(statements: Statements, table: TableName, row: Record<string, Value>): number | undefined {
  const columns = columnNames(table);
  let text = insertTexts.get(table);
  if (text === undefined) {
    text = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`;
    insertTexts.set(table, text);
  }
  const values = columns.map((column) => row[column] ?? null);
  return statements.prepare(text).run(...values).changes === 1 ? 1 : undefined;
}

function updateRow(
  statements: Statements,
  table: TableName,
  row: Record<string, Value>,
  ifVersion: number,
): number | undefined {
  if (row['version'] !== ifVersion + 1) throw new RangeError('an update raises the version by one');
  const shape = tables[table];
  const keyColumns: readonly string[] = shape.key;
  const changed = [...Object.keys(shape.columns).filter((column) => !keyColumns.includes(column)), 'version', 'sealed'];
  const text = `UPDATE OR IGNORE ${table} SET ${changed.map((column) => `${column} = ?`).join(', ')} WHERE ${keyCondition(table)} AND version = ?`;
  const values = [...changed.map((column) => row[column] ?? null), ...keyValues(table, row), ifVersion];
  return statements.prepare(text).run(...values).changes === 1 ? 1 : undefined;
}

function deleteRow(statements: Statements, change: Extract<RowChange, { kind: 'delete' }>): number | undefined {
  const values = keyValues(change.table, change.key);
  const text = `DELETE FROM ${change.table} WHERE ${keyCondition(change.table)}`;
  if (change.ifVersion === undefined) return statements.prepare(text).run(...values).changes;
  const { changes } = statements.prepare(`${text} AND version = ?`).run(...values, change.ifVersion);
  return changes === 1 ? 1 : undefined;
}

function findVersion(statements: Statements, table: TableName, key: object): number | undefined {
  const text = `SELECT version FROM ${table} WHERE ${keyCondition(table)}`;
  return statements
    .prepare(text)
    .pluck()
    .get(...keyValues(table, key)) as number | undefined;
}

function checkRow(statements: Statements, change: Extract<RowChange, { kind: 'check' }>): number | undefined {
  let text = `SELECT 1 FROM ${change.table} WHERE ${keyCondition(change.table)}`;
  const values = keyValues(change.table, change.key);
  if (change.ifVersion !== undefined) {
    text += ' AND version = ?';
    values.push(change.ifVersion);
  }
  if (change.notExpiredAtMillis !== undefined) {
    requireColumn(change.table, 'expire_millis');
    text += ' AND (expire_millis IS NULL OR expire_millis > ?)';
    values.push(change.notExpiredAtMillis);
  }
  return statements.prepare(text).get(...values) === undefined ? undefined : 0;
}

function decrementCounter(
  statements: Statements,
  change: Extract<RowChange, { kind: 'decrement' }>,
): number | undefined {
  const column = requireColumn(change.table, change.column);
  const text =
    `UPDATE ${change.table} SET ${column} = ${column} - ? WHERE ${keyCondition(change.table)}` +
    ` AND (${column} IS NULL OR ${column} >= ?) RETURNING ${column} AS left_over`;
  const row = statements.prepare(text).get(change.by, ...keyValues(change.table, change.key), change.by) as
    | { left_over: number | null }
    | undefined;
  if (row === undefined) return undefined;
  return row.left_over ?? Number.POSITIVE_INFINITY;
}

function touchCounters(statements: Statements, change: Extract<RowChange, { kind: 'touch' }>): number {
  const sets = Object.entries((change.set ?? {}) as Record<string, Value>);
  const adds = Object.entries((change.add ?? {}) as Record<string, number>);
  if (sets.length + adds.length === 0) return 0;
  const terms = [
    ...sets.map(([column]) => `${requireColumn(change.table, column)} = ?`),
    ...adds.map(([column]) => `${requireColumn(change.table, column)} = COALESCE(${column}, 0) + ?`),
  ];
  const text = `UPDATE ${change.table} SET ${terms.join(', ')} WHERE ${keyCondition(change.table)}`;
  const values = [...sets.map(([, value]) => value), ...adds.map(([, value]) => value)];
  return statements.prepare(text).run(...values, ...keyValues(change.table, change.key)).changes;
}

function deleteRows(statements: Statements, change: Extract<RowChange, { kind: 'deleteWhere' }>): number {
  const where = Object.entries(change.where as Record<string, Value>);
  const values = where.map(([, value]) => value);
  let condition = equalities(
    change.table,
    where.map(([column]) => column),
    values,
  );
  if (change.expiredBeforeMillis !== undefined) {
    requireColumn(change.table, 'expire_millis');
    condition += ' AND expire_millis IS NOT NULL AND expire_millis <= ?';
    values.push(change.expiredBeforeMillis);
  } else if (where.length === 0) {
    throw new RangeError('deleting a whole table is never meant');
  }
  const limit = change.limit === undefined ? '' : ` LIMIT ${Math.trunc(change.limit)}`;
  const text = `DELETE FROM ${change.table} WHERE rowid IN (SELECT rowid FROM ${change.table} WHERE ${condition}${limit})`;
  return statements.prepare(text).run(...values).changes;
}
