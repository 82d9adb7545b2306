import type Database from 'better-sqlite3';
import { StrongroomError } from '../../lib/index.ts';
import { type Change, GuardFailed } from '../port.ts';
import { applyChange } from './apply-change.ts';
import type { RowCache } from './row-cache.ts';
import type { Statements } from './statements.ts';

interface Waiting {
  readonly changes: readonly Change[];
  resolve(affected: readonly number[]): void;
  reject(error: unknown): void;
}

/** Bounds how long one group holds the event loop; what is left over goes into the next. */
const maxListsAGroup = 512;
/** While groups are this large, a group is gathered over some turns: a disk flush costs what twenty lists do. */
const busyLists = 4;
const busyTurns = 2;

/**
 * The one writer. Lists that arrive during one turn of the event loop become one durable transaction: a commit costs a
 * disk flush, however many lists are in it. A list whose guard fails is undone alone (savepoint); a list is answered
 * only after the commit that holds it.
 */
export class Writer {
  readonly #database: Database.Database;
  readonly #statements: Statements;
  readonly #rows: RowCache;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #isBusy = false;
  #turnsLeft = 0;

  constructor(database: Database.Database, statements: Statements, rows: RowCache) {
    this.#database = database;
    this.#statements = statements;
    this.#rows = rows;
  }

  commit(changes: readonly Change[]): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      if (!this.#scheduled) {
        this.#scheduled = true;
        this.#turnsLeft = this.#isBusy ? busyTurns : 0;
        setImmediate(this.#turn);
      }
    });
  }

  /** One turn of the event loop has gone by: writes, or waits for what the next one brings. */
  readonly #turn = (): void => {
    if (this.#turnsLeft <= 0) {
      this.#isBusy = this.#waiting.length >= busyLists;
      this.flush();
      return;
    }
    this.#turnsLeft -= 1;
    setImmediate(this.#turn);
  };

  /** Writes everything that waits. */
  flush(): void {
    this.#scheduled = false;
    while (this.#waiting.length > 0) this.#writeGroup(this.#waiting.splice(0, maxListsAGroup));
  }

  #writeGroup(group: readonly Waiting[]): void {
    const outcomes: (readonly number[] | Error)[] = [];
    try {
      this.#run('BEGIN IMMEDIATE');
      for (const waiting of group) outcomes.push(this.#applyList(waiting.changes));
      this.#run('COMMIT');
    } catch (error) {
      if (this.#database.inTransaction) this.#run('ROLLBACK');
      const refusal = describeFailure(error);
      for (const waiting of group) waiting.reject(refusal);
      return;
    }
    group.forEach((waiting, index) => {
      const outcome = outcomes[index] as readonly number[] | Error;
      if (outcome instanceof Error) waiting.reject(outcome);
      else waiting.resolve(outcome);
    });
  }

  #applyList(changes: readonly Change[]): readonly number[] | Error {
    // Where only the last change writes, a list that fails has written nothing.
    if (changes.findIndex(writes) >= changes.length - 1) return this.#applyAll(changes);
    this.#run('SAVEPOINT list');
    const outcome = this.#applyAll(changes);
    if (outcome instanceof Error) this.#run('ROLLBACK TO list');
    this.#run('RELEASE list');
    return outcome;
  }

  /** Prepared once: `exec` would parse the text each time. */
  #run(text: string): void {
    this.#statements.prepare(text).run();
  }

  /** A failed guard and a caller's mistake end this list; what the database says ends the group (thrown on). */
  #applyAll(changes: readonly Change[]): readonly number[] | Error {
    try {
      return changes.map((change, index) => {
        this.#rows.forget(change);
        return applyChange(this.#statements, change, index);
      });
    } catch (error) {
      if (error instanceof GuardFailed || error instanceof RangeError) return error;
      throw error;
    }
  }
}

const writes = ({ kind }: Change): boolean => kind !== 'check' && kind !== 'absent';

/** A full disk and a broken one are different refusals; both leave everything as it was. */
export function describeFailure(error: unknown): StrongroomError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('SQLITE_FULL') || code === 'SQLITE_IOERR_WRITE' || code === 'ENOSPC') {
    return new StrongroomError('store_full', 'the storage is full; nothing was written', {
      hint: 'free disk space; the server goes on by itself',
      cause: error,
      retryAfterSeconds: 5,
    });
  }
  return new StrongroomError('store_unavailable', 'the storage could not be written', {
    hint: 'see the server log for the reason',
    cause: error,
    retryAfterSeconds: 5,
  });
}
