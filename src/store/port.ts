import type { Awaitable } from '../lib/index.ts';
import { StrongroomError } from '../lib/index.ts';
import type { CounterColumns, Key, Row, TableName } from './tables/index.ts';

/**
 * One step of a guarded write. A list of changes is applied whole or not at all; the first step whose guard does not
 * hold ends it with `GuardFailed` and nothing of the list remains.
 */
export type Change =
  | {
      [T in TableName]:
        | { readonly kind: 'insert'; readonly table: T; readonly row: Row<T> }
        | {
            /** Replaces the row that has `ifVersion`; `row.version` must be `ifVersion + 1`. Counters stay as they are. */
            readonly kind: 'update';
            readonly table: T;
            readonly row: Omit<Row<T>, keyof CounterColumns<T>>;
            readonly ifVersion: number;
          }
        | { readonly kind: 'delete'; readonly table: T; readonly key: Key<T>; readonly ifVersion?: number }
        | {
            /** Holds when the row is there, has the version asked for, and is not expired at `notExpiredAtMillis`. */
            readonly kind: 'check';
            readonly table: T;
            readonly key: Key<T>;
            readonly ifVersion?: number;
            readonly notExpiredAtMillis?: number;
          }
        | { readonly kind: 'absent'; readonly table: T; readonly key: Key<T> }
        | {
            /** Takes `by` off a counter while enough is left. A null counter has no limit and is left alone. */
            readonly kind: 'decrement';
            readonly table: T;
            readonly key: Key<T>;
            readonly column: keyof CounterColumns<T> & string;
            readonly by: number;
          }
        | {
            /** Sets or adds to counters in place. Not guarded: a row that is gone is left gone. */
            readonly kind: 'touch';
            readonly table: T;
            readonly key: Key<T>;
            readonly set?: Partial<CounterColumns<T>>;
            readonly add?: Partial<Record<keyof CounterColumns<T> & string, number>>;
          }
        | {
            /** Deletes all rows equal in the named columns, at most `limit` of them. */
            readonly kind: 'deleteWhere';
            readonly table: T;
            readonly where: Partial<Row<T>>;
            readonly expiredBeforeMillis?: number;
            readonly limit?: number;
          };
    }[TableName]
  | {
      /**
       * Deletes tokens with all their descendants and the records they own, and makes their leases due now.
       */
      readonly kind: 'deleteTokenTree';
      readonly namespace: string;
      readonly where: Partial<Pick<Row<'tokens'>, 'id' | 'mount' | 'entity_id' | 'parent' | 'expire_millis'>>;
      readonly atMillis: number;
    };

export interface Query<T extends TableName> {
  /** Columns that must be equal. */
  readonly where?: Partial<Row<T>>;
  /** Rows whose value lies strictly beyond these bounds; null never does. */
  readonly above?: { readonly column: keyof Row<T> & string; readonly value: string | number };
  readonly below?: { readonly column: keyof Row<T> & string; readonly value: string | number };
  /** Text columns that start with a prefix, bytewise. */
  readonly prefix?: { readonly column: keyof Row<T> & string; readonly value: string };
  /** Default: the key, bytewise ascending. */
  readonly orderBy?: keyof Row<T> & string;
  readonly descending?: boolean;
  /** Continue strictly after this place in the order. `id` breaks ties when ordering by another column. */
  readonly after?: { readonly value: string | number; readonly id: string };
  readonly limit: number;
}

export interface Store {
  /** What kind of storage this is, as `sys/seal-status` names it. */
  readonly kind: string;
  read<T extends TableName>(table: T, key: Key<T>): Awaitable<Row<T> | undefined>;
  /** The rows a query names, at most `limit` (≤ 10,000). */
  list<T extends TableName>(table: T, query: Query<T>): Awaitable<Row<T>[]>;
  count<T extends TableName>(table: T, where: Partial<Row<T>>): Awaitable<number>;
  /**
   * The names directly below a folder of `records`, folders with their trailing slash, bytewise, each once, strictly
   * after `after`. `folder` is '' or ends in '/'. Cost grows with the answer, not with what lies deeper.
   */
  listFolder(
    place: { readonly namespace: string; readonly mount: string; readonly collection: string },
    folder: string,
    page: { readonly after: string; readonly limit: number },
  ): Awaitable<string[]>;
  /**
   * Applies a list whole and durably, or rejects: `GuardFailed` when a guard does not hold, `store_full` or
   * `store_unavailable` when the database could not write (then nothing of the list was applied).
   * Answers, for each change, the rows it affected (for `decrement`, what is left).
   */
  commit(changes: readonly Change[]): Promise<readonly number[]>;
  /** Gives disk space back, checks nothing; called now and then by the server. */
  compact(): Awaitable<void>;
  /** Writes what waits, then closes. */
  close(): Promise<void>;
}

/** A guard of a change list did not hold; nothing of the list was applied. */
export class GuardFailed extends StrongroomError {
  /** Position of the failed change in its list. */
  readonly changeIndex: number;

  constructor(changeIndex: number, change: Change) {
    super('version_mismatch', 'the item was changed at the same time', {
      hint: 'read it again and repeat the request',
    });
    this.name = 'GuardFailed';
    this.changeIndex = changeIndex;
    this.cause = `${change.kind} #${changeIndex}`;
  }
}

/** True for a guard that did not hold, optionally of one position in its list. */
export function isGuardFailure(error: unknown, changeIndex?: number): error is GuardFailed {
  return error instanceof GuardFailed && (changeIndex === undefined || error.changeIndex === changeIndex);
}
