import { StrongroomError } from '../../lib/index.ts';
import {
  type Change,
  type ClearColumns,
  type CounterColumns,
  type Row,
  type TableName,
  type TableShape,
  tables,
  type Value,
} from '../../store/index.ts';
import type { Sealer } from './sealer.ts';

interface Remembered {
  readonly associatedData: string;
  readonly sealed: Buffer;
  readonly body: unknown;
}

/** Bounds the memory of opened rows of one table: about a kilobyte each. */
const maxRemembered = 4_096;

/**
 * The rows of one table, sealed: the body of a row is JSON under AES-256-GCM whose associated data is the table, the
 * row's version and every clear column. A row that was changed, moved or swapped does not open.
 *
 * An opened body is remembered, and believed again only when the row just read is byte for byte the one it came from.
 */
export class SealedTable<T extends TableName, Body> {
  readonly #table: T;
  readonly #columns: readonly string[];
  readonly #keyColumns: readonly string[];
  readonly #sealer: () => Sealer;
  readonly #maxRemembered: number;
  readonly #remembered = new Map<string, Remembered>();
  /** Bodies by the row they came from: a store that remembers rows gives the same frozen one again. */
  #opened = new WeakMap<object, Body>();

  /** `sealer` is asked at each use: it throws while the server is sealed, and changes when the keyring rotates. */
  constructor(table: T, sealer: () => Sealer, options: { readonly remember: boolean } = { remember: true }) {
    this.#table = table;
    this.#columns = Object.keys((tables[table] as TableShape).columns);
    this.#keyColumns = tables[table].key;
    this.#sealer = sealer;
    this.#maxRemembered = options.remember ? maxRemembered : 0;
  }

  /** A change that adds a row; it fails when the key is taken. `version` is where its versions begin. */
  insert(clear: ClearColumns<T>, counters: CounterColumns<T>, body: Body, version = 1): Change {
    const row = { ...clear, ...counters, version, sealed: this.#seal(clear, version, body) };
    return { kind: 'insert', table: this.#table, row } as unknown as Change;
  }

  /** A change that replaces a row's body and some clear columns; it fails when the row has changed since it was read. */
  update(previous: Row<T>, clear: Partial<ClearColumns<T>>, body: Body): Change {
    const merged = { ...this.#clearOf(previous), ...clear } as ClearColumns<T>;
    const version = previous.version + 1;
    const row = { ...merged, version, sealed: this.#seal(merged, version, body) };
    return { kind: 'update', table: this.#table, row, ifVersion: previous.version } as unknown as Change;
  }

  /** The body of a row, or `row_unreadable` when it is not what was sealed. The body is shared: do not change it. */
  open(row: Row<T>): Body {
    const opened = this.#opened.get(row);
    if (opened !== undefined) return opened;
    const body = this.#openBytes(row);
    // Only what cannot change any more says by itself what it held.
    if (Object.isFrozen(row) && this.#maxRemembered > 0) this.#opened.set(row, body);
    return body;
  }

  #openBytes(row: Row<T>): Body {
    const associatedData = this.#associate(row as unknown as ClearColumns<T>, row.version);
    const key = this.#rememberKey(row);
    const known = this.#remembered.get(key);
    if (known && known.associatedData === associatedData && known.sealed.equals(row.sealed)) return known.body as Body;
    const bytes = this.#sealer().open(associatedData, row.sealed);
    if (bytes === undefined) {
      throw new StrongroomError('row_unreadable', 'a stored item is damaged', {
        hint: 'restore it from a backup; the server log names the table',
        cause: `a row of ${this.#table} does not open`,
      });
    }
    const body = JSON.parse(bytes.toString('utf8')) as Body;
    this.#remember(key, { associatedData, sealed: row.sealed, body });
    return body;
  }

  /** Forgets every opened row: on sealing. */
  forget(): void {
    this.#remembered.clear();
    this.#opened = new WeakMap();
  }

  #remember(key: string, entry: Remembered): void {
    if (this.#maxRemembered === 0) return;
    if (this.#remembered.size >= this.#maxRemembered) {
      const oldest = this.#remembered.keys().next();
      if (!oldest.done) this.#remembered.delete(oldest.value);
    }
    this.#remembered.set(key, entry);
  }

  #rememberKey(row: Row<T>): string {
    const source = row as unknown as Record<string, Value>;
    let key = '';
    for (const column of this.#keyColumns) key += `${String(source[column])}\0`;
    return key;
  }

  #clearOf(row: Row<T>): ClearColumns<T> {
    const source = row as unknown as Record<string, Value>;
    return Object.fromEntries(this.#columns.map((column) => [column, source[column]])) as ClearColumns<T>;
  }

  #associate(clear: ClearColumns<T>, version: number): string {
    const source = clear as unknown as Record<string, Value>;
    const values: Value[] = [this.#table, version];
    for (const column of this.#columns) values.push(source[column] ?? null);
    return JSON.stringify(values);
  }

  #seal(clear: ClearColumns<T>, version: number, body: Body): Buffer {
    return this.#sealer().seal(this.#associate(clear, version), Buffer.from(JSON.stringify(body), 'utf8'));
  }
}
