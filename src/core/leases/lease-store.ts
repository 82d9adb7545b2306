import type { Random } from '../../crypto/index.ts';
import { type Clock, randomBase62 } from '../../lib/index.ts';
import type { Change, Row, Store } from '../../store/index.ts';
import type { Mount } from '../mounts/index.ts';
import { type Seal, SealedTable } from '../seal/index.ts';
import type { Lease, LeaseBody } from './lease.ts';

const idLength = 24;

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
    const row = await this.#store.read('leases', { namespace, id });
    if (!row || row.due_millis === null || row.due_millis <= this.#clock.nowMillis()) return undefined;
    if (row.token !== null && !(await this.#store.read('tokens', { namespace, id: row.token }))) return undefined;
    return this.#open(row);
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
    const rows = await this.#store.list('leases', {
      where: { namespace },
      below: { column: 'due_millis', value: this.#clock.nowMillis() + 1 },
      orderBy: 'due_millis',
      limit,
    });
    return rows.map((row) => this.#open(row));
  }

  /** The change that moves a lease's end; it fails when the lease changed or went meanwhile. */
  async renew(lease: Lease, expireMillis: number): Promise<void> {
    const row = await this.#store.read('leases', { namespace: lease.namespace, id: lease.id });
    if (!row) return;
    const body = { ...lease.body, lastRenewedMillis: this.#clock.nowMillis() };
    const key = { namespace: lease.namespace, id: lease.id };
    await this.#store.commit([
      this.#table.update(row, { expire_millis: expireMillis }, body),
      { kind: 'touch', table: 'leases', key, set: { due_millis: expireMillis } },
    ]);
  }

  /** Makes a lease due: dead from now on, whatever the engine manages to take back. */
  async expireNow(lease: Pick<Lease, 'namespace' | 'id'>): Promise<void> {
    const key = { namespace: lease.namespace, id: lease.id };
    await this.#store.commit([{ kind: 'touch', table: 'leases', key, set: { due_millis: this.#clock.nowMillis() } }]);
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
