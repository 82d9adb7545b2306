import type { Change, Row, Store } from '../../store/index.ts';

interface Use {
  readonly namespace: string;
  readonly id: string;
  count: number;
  millis: number;
  address: string | null;
  agent: string | null;
}

const delayMillis = 1_000;
const maxWaiting = 10_000;
const maxChangesACommit = 500;

/**
 * When credentials were last used, and how often. Kept in memory and written at most once a second a credential: a
 * check that spends nothing then costs no durable write. A crash loses at most that second of it.
 */
export class LastUses {
  readonly #store: Store;
  readonly #waiting = new Map<string, Use>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Remembers one use. Answers at once. */
  note(row: Pick<Row<'credentials'>, 'namespace' | 'id'>, nowMillis: number, address: string | null): void {
    const key = `${row.namespace}\0${row.id}`;
    const known = this.#waiting.get(key);
    if (known) {
      known.count += 1;
      known.millis = nowMillis;
      known.address = address ?? known.address;
      return;
    }
    const { namespace, id } = row;
    this.#waiting.set(key, { namespace, id, count: 1, millis: nowMillis, address, agent: null });
    if (this.#waiting.size >= maxWaiting) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), delayMillis).unref();
  }

  /** Writes what waits. Never rejects: that a use was not written down must not fail anything. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.size === 0) return this.#writing;
    const uses = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#writing = this.#writing.then(() => this.#write(uses));
    return this.#writing;
  }

  async #write(uses: readonly Use[]): Promise<void> {
    for (let start = 0; start < uses.length; start += maxChangesACommit) {
      const changes = uses.slice(start, start + maxChangesACommit).map(touch);
      await this.#store.commit(changes).catch(() => undefined);
    }
  }
}

function touch(use: Use): Change {
  return {
    kind: 'touch',
    table: 'credentials',
    key: { namespace: use.namespace, id: use.id },
    set: {
      last_used_millis: use.millis,
      ...(use.address !== null && { last_used_address: use.address }),
      ...(use.agent !== null && { last_used_agent: use.agent }),
    },
    add: { use_count: use.count },
  };
}
