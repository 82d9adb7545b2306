export { type Change, GuardFailed, isGuardFailure, type Query, type Store } from './port.ts';
export { openMemoryStore, openSqliteStore } from './sqlite/open.ts';
export {
  type ClearColumns,
  type CounterColumns,
  type Key,
  type Row,
  type TableName,
  type TableShape,
  tables,
  type Value,
} from './tables/index.ts';
