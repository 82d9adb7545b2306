import type { Random } from '../../crypto/index.ts';
import type { Awaitable } from '../../lib/index.ts';
import { type Change, isGuardFailure, type Row, type Store } from '../../store/index.ts';
import type { Mount } from '../mounts/index.ts';
import { type Seal, SealedTable } from '../seal/index.ts';

/** A stored item of a collection: its body, and the row a change of it starts from. */
export interface StoredRecord<Body> {
  readonly id: string;
  readonly body: Body;
  readonly row: Row<'records'>;
}

export interface RecordOptions {
  /** Id of the token the record dies with. */
  readonly owner?: string;
  readonly expireMillis?: number;
  /** A number that statements change in place. */
  readonly count?: number;
}

/**
 * What one engine keeps under one name: roles, users, secrets. Sealed, one view a mount; a collection sees nothing of
 * another mount. Ids may hold `/`: then they list as folders.
 */
export class RecordCollection<Body> {
  readonly #store: Store;
  readonly #collection: string;
  readonly #table: SealedTable<'records', Body>;
  readonly #firstVersions: Random | undefined;

  /**
   * `remember: false` for bodies that hold private keys: opened ones are then not kept in memory. With `firstVersions`
   * an item that is deleted and made anew has no version in common with the one before, so that what `unchanged` guards
   * does not take the one for the other.
   */
  constructor(parts: { store: Store; seal: Seal; remember?: boolean; firstVersions?: Random }, collection: string) {
    this.#store = parts.store;
    this.#firstVersions = parts.firstVersions;
    this.#collection = collection;
    this.#table = new SealedTable('records', () => parts.seal.sealer, { remember: parts.remember ?? true });
    if (parts.remember ?? true) parts.seal.whenSealed(() => this.#table.forget());
  }

  #key(mount: Mount, id: string): { namespace: string; mount: string; collection: string; id: string } {
    return { namespace: mount.namespace, mount: mount.id, collection: this.#collection, id };
  }

  /** The stored item; its body is shared, do not change it. */
  async read(mount: Mount, id: string): Promise<StoredRecord<Body> | undefined> {
    const row = await this.#store.read('records', this.#key(mount, id));
    return row && { id, body: this.#table.open(row), row };
  }

  async has(mount: Mount, id: string): Promise<boolean> {
    return (await this.#store.read('records', this.#key(mount, id))) !== undefined;
  }

  /** Items in the order of their ids, strictly after `after`. */
  async page(mount: Mount, after = '', limit = 10_000, prefix = ''): Promise<StoredRecord<Body>[]> {
    const { id: _id, ...where } = this.#key(mount, '');
    const rows = await this.#store.list('records', {
      where,
      after: { value: after, id: after },
      ...(prefix !== '' && { prefix: { column: 'id' as const, value: prefix } }),
      limit,
    });
    return rows.map((row) => ({ id: row.id, body: this.#table.open(row), row }));
  }

  /** Names directly below a folder ('' or ending in '/'), folders with their slash. */
  names(mount: Mount, folder = '', after = '', limit = 10_000): Awaitable<string[]> {
    const { id: _id, ...place } = this.#key(mount, '');
    return this.#store.listFolder(place, folder, { after, limit });
  }

  /** A change that adds an item; it fails when the id is taken. */
  insert(mount: Mount, id: string, body: Body, options: RecordOptions = {}): Change {
    const clear = {
      ...this.#key(mount, id),
      owner: options.owner ?? null,
      expire_millis: options.expireMillis ?? null,
    };
    // 48 bits: so many changes that one could reach the versions of the other are never made.
    const version = this.#firstVersions ? this.#firstVersions.bytes(6).readUIntBE(0, 6) + 1 : 1;
    return this.#table.insert(clear, { count: options.count ?? null }, body, version);
  }

  /** A change that replaces an item; it fails when the item changed since it was read. */
  update(previous: StoredRecord<Body>, body: Body, options: { expireMillis?: number | null } = {}): Change {
    const clear = options.expireMillis === undefined ? {} : { expire_millis: options.expireMillis };
    return this.#table.update(previous.row, clear, body);
  }

  /** Insert or update, as the item was there when it was read. */
  put(mount: Mount, id: string, previous: StoredRecord<Body> | undefined, body: Body): Change {
    return previous ? this.update(previous, body) : this.insert(mount, id, body);
  }

  remove(mount: Mount, id: string, ifVersion?: number): Change {
    const key = this.#key(mount, id);
    return { kind: 'delete', table: 'records', key, ...(ifVersion !== undefined && { ifVersion }) };
  }

  /** A change that removes every item of a mount. */
  removeAll(mount: Mount): Change {
    const { id: _id, ...where } = this.#key(mount, '');
    return { kind: 'deleteWhere', table: 'records', where };
  }

  /** Holds while an item is as it was read: for changes that rest on it. */
  unchanged(mount: Mount, { id, row }: StoredRecord<Body>): Change {
    return { kind: 'check', table: 'records', key: this.#key(mount, id), ifVersion: row.version };
  }

  /**
   * Reads an item, lets `decide` say what it shall be, and writes that; from the start again when somebody else changed
   * it in between. `decide` answers undefined to leave it as it is.
   */
  async modify(
    mount: Mount,
    id: string,
    decide: (body: Body | undefined) => Awaitable<Body | undefined>,
    attempts = 20,
  ): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const previous = await this.read(mount, id);
      const body = await decide(previous?.body);
      if (body === undefined) return;
      try {
        await this.#store.commit([this.put(mount, id, previous, body)]);
        return;
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= attempts) throw error;
      }
    }
  }
}
