import { isError } from '../../lib/index.ts';
import type { Store } from '../../store/index.ts';
import type { Log } from '../core.ts';
import type { Engine } from '../engine.ts';
import type { Lease, LeaseStore } from '../leases/index.ts';
import type { MountTable } from '../mounts/index.ts';
import { engineKey } from '../routes/index.ts';

const pageSize = 200;
/** A call waits for this many leases; what is left is dead already and is taken back by the sweep. */
const maxAtOnce = 10_000;

/** Takes back what dead leases stand for. */
export class Revocations {
  readonly #store: Store;
  readonly #leases: LeaseStore;
  readonly #mounts: MountTable;
  readonly #engines: ReadonlyMap<string, Engine>;
  readonly #log: Log;

  constructor(parts: {
    store: Store;
    leases: LeaseStore;
    mounts: MountTable;
    engines: ReadonlyMap<string, Engine>;
    log: Log;
  }) {
    this.#store = parts.store;
    this.#leases = parts.leases;
    this.#mounts = parts.mounts;
    this.#engines = parts.engines;
    this.#log = parts.log;
  }

  /**
   * Takes back every lease that is due. One that fails stays due and is tried again, after all others: leases that
   * cannot be taken back never keep the rest waiting. Answers how many are done.
   */
  async settle(namespace: string): Promise<number> {
    const failed = new Set<string>();
    let done = 0;
    for (;;) {
      const due = (await this.#leases.dueIds(namespace, pageSize)).filter((id) => !failed.has(id));
      for (const id of due) {
        if (await this.#settleStored(namespace, id)) done += 1;
        else failed.add(id);
      }
      if (due.length === 0 || failed.size >= pageSize || done >= maxAtOnce) return done;
    }
  }

  async #settleStored(namespace: string, id: string): Promise<boolean> {
    if (await this.#tryStored(namespace, id)) return true;
    await this.#store.commit([this.#leases.postpone(namespace, id)]);
    return false;
  }

  /** A damaged row is a failure of its own lease, not of the others. */
  async #tryStored(namespace: string, id: string): Promise<boolean> {
    try {
      const lease = await this.#leases.stored(namespace, id);
      return lease === undefined || (await this.settleOne(lease));
    } catch (cause) {
      if (!isError(cause, 'row_unreadable')) throw cause;
      this.#log.error({ lease_id: id, cause: String(cause) }, 'a lease could not be read; it will be tried again');
      return false;
    }
  }

  /** Takes one lease back now; false when its engine could not. */
  async settleOne(lease: Lease): Promise<boolean> {
    const mount = this.#mounts.byId(lease.mount);
    const engine = mount && this.#engines.get(engineKey(mount));
    try {
      if (mount && engine?.revokeLease) await engine.revokeLease(lease, mount);
      await this.#store.commit([this.#leases.remove(lease)]);
      return true;
    } catch (cause) {
      this.#log.error(
        { lease_id: lease.id, cause: String(cause) },
        'a lease could not be revoked; it will be tried again',
      );
      return false;
    }
  }
}
