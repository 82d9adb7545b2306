import { type Awaitable, StrongroomError } from '../../lib/index.ts';

/** Longer than any request takes, shorter than clients wait. */
const patienceMillis = 30_000;

interface Busy {
  count: number;
  /** Called when nobody is at work any more. */
  whenIdle: (() => void) | undefined;
}

/**
 * Who is at work on a mount. While a mount is moved, upgraded or removed nobody comes in, and those inside are waited
 * for: a write that began before would else land in what is no longer served, or was emptied already.
 */
export class MountGate {
  readonly #closed = new Set<string>();
  readonly #busy = new Map<string, Busy>();

  isClosed(id: string): boolean {
    return this.#closed.has(id);
  }

  /** Does one request's work. What is done when `work` returns is over before anybody could close the mount. */
  during<T>(id: string, work: () => Awaitable<T>): Awaitable<T> {
    if (this.#closed.has(id)) throw beingChanged();
    const doing = work();
    if (!(doing instanceof Promise)) return doing;
    const busy = this.#busy.get(id);
    if (busy) busy.count += 1;
    else this.#busy.set(id, { count: 1, whenIdle: undefined });
    return doing.finally(() => this.#leave(id));
  }

  #leave(id: string): void {
    const busy = this.#busy.get(id);
    if (!busy) return;
    busy.count -= 1;
    if (busy.count > 0) return;
    this.#busy.delete(id);
    busy.whenIdle?.();
  }

  /** Does what must not meet a request, with nobody inside. */
  async whileClosed<T>(id: string, work: () => Promise<T>): Promise<T> {
    if (this.#closed.has(id)) throw beingChanged();
    this.#closed.add(id);
    try {
      await this.#idle(id);
      return await work();
    } finally {
      this.#closed.delete(id);
    }
  }

  async #idle(id: string): Promise<void> {
    const busy = this.#busy.get(id);
    if (!busy) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        busy.whenIdle = undefined;
        reject(stillAtWork());
      }, patienceMillis);
      busy.whenIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export const beingChanged = (): StrongroomError =>
  new StrongroomError('overloaded', 'this mount is being changed', {
    hint: 'try again in a moment',
    retryAfterSeconds: 1,
  });

const stillAtWork = (): StrongroomError =>
  new StrongroomError('overloaded', 'requests to this mount are still under way', {
    hint: 'nothing was changed; try again when they are done',
    retryAfterSeconds: 5,
  });
