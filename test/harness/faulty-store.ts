import { StrongroomError } from '../../src/lib/index.ts';
import type { Change, Key, Query, Row, Store, TableName } from '../../src/store/index.ts';

/** `before`: nothing of the list is written. `after`: it is, and whoever asked is told otherwise, as when a process dies. */
export type FaultMoment = 'before' | 'after';

/** A store whose n-th commit from now fails. */
export class FaultyStore implements Store {
  readonly #store: Store;
  #left = 0;
  #moment: FaultMoment = 'before';

  constructor(store: Store) {
    this.#store = store;
  }

  get kind(): string {
    return this.#store.kind;
  }

  arm(commits: number, moment: FaultMoment): void {
    this.#left = commits;
    this.#moment = moment;
  }

  /** Takes the fault back; answers whether it had struck. */
  disarm(): boolean {
    const struck = this.#left <= 0;
    this.#left = 0;
    return struck;
  }

  async commit(changes: readonly Change[]): Promise<readonly number[]> {
    const strikes = this.#left === 1;
    if (this.#left > 0) this.#left -= 1;
    if (strikes && this.#moment === 'before') throw broken();
    const affected = await this.#store.commit(changes);
    if (strikes) throw broken();
    return affected;
  }

  read<T extends TableName>(table: T, key: Key<T>) {
    return this.#store.read(table, key);
  }

  list<T extends TableName>(table: T, query: Query<T>) {
    return this.#store.list(table, query);
  }

  count<T extends TableName>(table: T, where: Partial<Row<T>>) {
    return this.#store.count(table, where);
  }

  listFolder(...asked: Parameters<Store['listFolder']>) {
    return this.#store.listFolder(...asked);
  }

  compact() {
    return this.#store.compact();
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

const broken = (): StrongroomError =>
  new StrongroomError('store_unavailable', 'the storage could not be written', { hint: 'a fault of this test' });
