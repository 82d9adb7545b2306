import type { Random } from '../../crypto/index.ts';
import { type Clock, randomBase62 } from '../../lib/index.ts';
import { type Change, isGuardFailure, type Row, type Store } from '../../store/index.ts';
import type { Mount } from '../mounts/index.ts';
import { type Seal, SealedTable } from '../seal/index.ts';
import type { Lease, LeaseBody } from './lease.ts';

const idLength = 24;
const maxAttempts = 20;

export interface NewLease {
  readonly mount: Mount;
  /** The request's path; the lease's id begins with it. */
  readonly path: string;
  readonly token: string | null;
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly renewable: boolean;
  readonly internal: LeaseBody['internal'];
}

/**
 * Leases: what was handed out and must be taken back. A lease is dead when its time is over, when it was revoked, or
 * when its token is gone; what it stands for is then taken back by its engine, at once where the caller waits for it,
 * else by the next sweep.
 */
export class LeaseStore {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #table: SealedTable<'leases', LeaseBody>;

  constructor(parts: { store: Store; seal: Seal; clock: Clock; random: Random }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#table = new SealedTable('leases', () => parts.seal.sealer);
    parts.seal.whenSealed(() => this.#table.forget());
  }

  /** A new lease and the changes that store it, to be committed with what it stands for. They fail when its token died. */
  draft(spec: NewLease): { lease: Lease; changes: readonly Change[] } {
    const nowMillis = this.#clock.nowMillis();
    const { namespace } = spec.mount;
    const body: LeaseBody = {
      renewable: spec.renewable,
      ttlSeconds: spec.ttlSeconds,
      maxTtlSeconds: spec.maxTtlSeconds,
      lastRenewedMillis: 0,
      internal: spec.internal,
    };
    const clear = {
      namespace,
      id: `${spec.path}/${randomBase62(idLength, (size) => this.#random.bytes(size))}`,
      token: spec.token,
      mount: spec.mount.id,
      issued_millis: nowMillis,
      expire_millis: nowMillis + spec.ttlSeconds * 1000,
    };
    const insert = this.#table.insert(clear, { due_millis: clear.expire_millis }, body);
    const { id, token } = clear;
    const lease = {
      namespace,
      id,
      token,
      mount: clear.mount,
      issuedMillis: nowMillis,
      expireMillis: clear.expire_millis,
      body,
    };
    if (token === null) return { lease, changes: [insert] };
    const check: Change = {
      kind: 'check',
      table: 'tokens',
      key: { namespace, id: token },
      notExpiredAtMillis: nowMillis,
    };
    return { lease, changes: [check, insert] };
  }

  /** The live lease of an id, or undefined. */
  async find(namespace: string, id: string): Promise<Lease | undefined> {
    const row = await this.#readLive(namespace, id);
    return row && this.#open(row);
  }

  /** The lease of an id, live or due; undefined once it was taken back. */
  async stored(namespace: string, id: string): Promise<Lease | undefined> {
    const row = await this.#store.read('leases', { namespace, id });
    return row && this.#open(row);
  }

  async #readLive(namespace: string, id: string): Promise<Row<'leases'> | undefined> {
    const row = await this.#store.read('leases', { namespace, id });
    if (!row || this.#isDue(row)) return undefined;
    if (row.token === null) return row;
    const owner = await this.#store.read('tokens', { namespace, id: row.token });
    if (!owner || (owner.uses_left !== null && owner.uses_left <= 0)) return undefined;
    return owner.expire_millis !== null && owner.expire_millis <= this.#clock.nowMillis() ? undefined : row;
  }

  #isDue(row: Row<'leases'>): boolean {
    return row.due_millis === null || row.due_millis <= this.#clock.nowMillis();
  }

  /** Leases whose id starts with a prefix, live or due, in the order of their ids. */
  async page(namespace: string, prefix: string, after: string, limit: number): Promise<Lease[]> {
    const rows = await this.#store.list('leases', {
      where: { namespace },
      prefix: { column: 'id', value: prefix },
      after: { value: after, id: after },
      limit,
    });
    return rows.map((row) => this.#open(row));
  }

  /** Leases that must be taken back now: over their time, or orphaned by a revoked token. */
  async due(namespace: string, limit: number): Promise<Lease[]> {
    return (await this.#dueRows(namespace, limit)).map((row) => this.#open(row));
  }

  /** The ids of the same: one that does not open is named like the others. */
  async dueIds(namespace: string, limit: number): Promise<string[]> {
    return (await this.#dueRows(namespace, limit)).map(({ id }) => id);
  }

  async #dueRows(namespace: string, limit: number): Promise<Row<'leases'>[]> {
    return this.#store.list('leases', {
      where: { namespace },
      below: { column: 'due_millis', value: this.#clock.nowMillis() + 1 },
      orderBy: 'due_millis',
      limit,
    });
  }

  /** Puts a lease that is due behind all others that are, after its engine could not take it back. */
  postpone(namespace: string, id: string): Change {
    const set = { due_millis: this.#clock.nowMillis() };
    return { kind: 'touch', table: 'leases', key: { namespace, id }, set };
  }

  /** Moves the end of a lease that is live at that moment; false when it, or the token that owns it, is gone. */
  async renew(lease: Pick<Lease, 'namespace' | 'id'>, expireMillis: number): Promise<boolean> {
    const { namespace, id } = lease;
    for (let attempt = 1; ; attempt += 1) {
      const row = await this.#readLive(namespace, id);
      if (!row) return false;
      const nowMillis = this.#clock.nowMillis();
      const body = { ...this.#table.open(row), lastRenewedMillis: nowMillis };
      const changes: Change[] = [
        this.#table.update(row, { expire_millis: expireMillis }, body),
        { kind: 'touch', table: 'leases', key: { namespace, id }, set: { due_millis: expireMillis } },
      ];
      // The end of a token makes its leases due without changing them: a renewal must not undo that.
      if (row.token !== null) {
        const key = { namespace, id: row.token };
        changes.push({ kind: 'check', table: 'tokens', key, notExpiredAtMillis: nowMillis });
      }
      if (await this.#tryCommit(changes, attempt)) return true;
    }
  }

  /**
   * Makes a lease due: dead from now on, whatever the engine manages to take back. Its version rises with it, so that a
   * renewal under way fails.
   */
  async expireNow(lease: Pick<Lease, 'namespace' | 'id'>): Promise<void> {
    const key = { namespace: lease.namespace, id: lease.id };
    for (let attempt = 1; ; attempt += 1) {
      const row = await this.#store.read('leases', key);
      if (!row || this.#isDue(row)) return;
      const due: Change = { kind: 'touch', table: 'leases', key, set: { due_millis: this.#clock.nowMillis() } };
      if (await this.#tryCommit([this.#table.update(row, {}, this.#table.open(row)), due], attempt)) return;
    }
  }

  /** False when somebody else was faster and it makes sense to look again. */
  async #tryCommit(changes: readonly Change[], attempt: number): Promise<boolean> {
    try {
      await this.#store.commit(changes);
      return true;
    } catch (error) {
      if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      return false;
    }
  }

  /** Forgets a lease after its engine has taken back what it stood for. */
  remove(lease: Pick<Lease, 'namespace' | 'id'>): Change {
    return { kind: 'delete', table: 'leases', key: { namespace: lease.namespace, id: lease.id } };
  }

  #open(row: Row<'leases'>): Lease {
    return {
      namespace: row.namespace,
      id: row.id,
      token: row.token,
      mount: row.mount,
      issuedMillis: row.issued_millis,
      expireMillis: row.expire_millis,
      body: this.#table.open(row),
    };
  }
}
