import { beingChanged, type Core, type Mount, RecordCollection } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { type Change, isGuardFailure } from '../../store/index.ts';
import type { AttemptsRecord } from './records.ts';

const maxAttempts = 20;
const pageSize = 500;

/** One text for everybody who may not try now, right password or not. */
const locked = (): StrongroomError =>
  new StrongroomError('permission_denied', 'permission denied', {
    hint: 'too many wrong passwords: try again later, or log in another way',
  });

/**
 * How often a wrong password may be tried under one name. An attempt is taken, durably, before the password is looked
 * at, so that guessing in parallel gains nothing. Names that nobody has are counted alike: the answers tell no
 * difference. Rows end by themselves.
 */
export class Lockout {
  readonly #core: Core;
  readonly #attempts: RecordCollection<AttemptsRecord>;

  constructor(core: Core) {
    this.#core = core;
    this.#attempts = new RecordCollection(core, 'userpass-attempts');
  }

  /** The row's id: the name itself is kept out of the clear columns. */
  #id(name: string): string {
    return this.#core.seal.sealer.index('userpass-attempts', name);
  }

  /** Takes one attempt, or refuses when none is left. Answers whether it was the last. */
  async takeAttempt(mount: Mount, name: string): Promise<{ readonly last: boolean }> {
    const { lockout } = mount.config;
    if (lockout.disabled) return { last: false };
    const id = this.#id(name);
    for (let attempt = 1; ; attempt += 1) {
      const nowMillis = this.#core.clock.nowMillis();
      const record = await this.#attempts.read(mount, id);
      const over = record?.row.expire_millis != null && record.row.expire_millis <= nowMillis;
      if (record && !over && (record.body.locked || (record.row.count ?? 0) <= 0)) throw locked();
      try {
        if (record && !over) return await this.#takeFrom(mount, id);
        const fresh = this.#attempts.insert(
          mount,
          id,
          { locked: false, name },
          {
            count: lockout.threshold - 1,
            expireMillis: nowMillis + lockout.resetSeconds * 1000,
          },
        );
        await this.#begin(mount, record ? [this.#attempts.remove(mount, id, record.row.version), fresh] : [fresh]);
        return { last: lockout.threshold <= 1 };
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      }
    }
  }

  /** Log-ins are not waited for when their method is removed: no row is left behind it. */
  async #begin({ namespace, id }: Mount, changes: readonly Change[]): Promise<void> {
    try {
      await this.#core.store.commit([{ kind: 'check', table: 'mounts', key: { namespace, id } }, ...changes]);
    } catch (error) {
      throw isGuardFailure(error, 0) ? beingChanged() : error;
    }
  }

  async #takeFrom(mount: Mount, id: string): Promise<{ readonly last: boolean }> {
    const key = { namespace: mount.namespace, mount: mount.id, collection: 'userpass-attempts', id };
    const [left] = await this.#core.store.commit([
      { kind: 'decrement', table: 'records', key, column: 'count', by: 1 },
    ]);
    return { last: left === 0 };
  }

  /** After the last attempt failed: locked from now on, for the time the mount says. */
  async lock(mount: Mount, name: string): Promise<void> {
    const expireMillis = this.#core.clock.nowMillis() + mount.config.lockout.seconds * 1000;
    for (let attempt = 1; ; attempt += 1) {
      const record = await this.#attempts.read(mount, this.#id(name));
      if (!record) return;
      try {
        await this.#core.store.commit([this.#attempts.update(record, { locked: true, name }, { expireMillis })]);
        return;
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      }
    }
  }

  /** The change that forgives: written with the token of a log-in that succeeded. */
  forgive(mount: Mount, name: string): Change {
    return this.#attempts.remove(mount, this.#id(name));
  }

  /** The names that are locked now, at most `limit`. */
  async list(mount: Mount, limit: number): Promise<readonly string[]> {
    const nowMillis = this.#core.clock.nowMillis();
    const names: string[] = [];
    let after = '';
    while (names.length < limit) {
      const page = await this.#attempts.page(mount, after, pageSize);
      for (const { body, row } of page) {
        const over = row.expire_millis !== null && row.expire_millis <= nowMillis;
        if (!over && (body.locked || (row.count ?? 0) <= 0)) names.push(body.name);
      }
      const last = page.at(-1);
      if (!last || page.length < pageSize) break;
      after = last.id;
    }
    return names.slice(0, limit);
  }

  /** Lets a name in again at once. */
  async unlock(mount: Mount, name: string): Promise<void> {
    await this.#core.store.commit([this.forgive(mount, name)]);
  }
}
