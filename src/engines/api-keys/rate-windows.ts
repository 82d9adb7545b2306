import type { RateLimit } from '../../core/index.ts';

export interface RateVerdict {
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window has room again. */
  readonly resetSeconds: number;
}

interface Window {
  startMillis: number;
  count: number;
  previousCount: number;
}

const maxWindows = 100_000;

/**
 * Uses counted in windows of time, by key and limit, in the memory of this node. A sliding window weighs what is left of
 * the window before, so that no burst at the edge passes twice the limit. The least recently used are forgotten first.
 */
export class RateWindows {
  readonly #windows = new Map<string, Window>();

  /** Whether all limits have room for one more use; counts it only then. */
  take(
    keyId: string,
    limits: readonly RateLimit[],
    nowMillis: number,
  ): { readonly allowed: boolean; readonly verdicts: readonly RateVerdict[] } {
    const windows = limits.map((limit) => this.#window(`${keyId}\0${limit.name}`, limit, nowMillis));
    const used = windows.map((window, index) => weigh(window, limits[index] as RateLimit, nowMillis));
    const allowed = limits.every((limit, index) => (used[index] as number) + 1 <= limit.limit);
    if (allowed) for (const window of windows) window.count += 1;
    const verdicts = limits.map((limit, index) => ({
      name: limit.name,
      limit: limit.limit,
      remaining: Math.max(0, Math.floor(limit.limit - (used[index] as number) - (allowed ? 1 : 0))),
      resetSeconds: Math.max(
        0,
        Math.ceil(((windows[index] as Window).startMillis + limit.windowSeconds * 1000 - nowMillis) / 1000),
      ),
    }));
    return { allowed, verdicts };
  }

  #window(id: string, limit: RateLimit, nowMillis: number): Window {
    const lengthMillis = limit.windowSeconds * 1000;
    const known = this.#windows.get(id);
    this.#windows.delete(id);
    const window = known ?? { startMillis: nowMillis, count: 0, previousCount: 0 };
    const passed = Math.floor((nowMillis - window.startMillis) / lengthMillis);
    if (passed > 0) {
      window.previousCount = passed === 1 ? window.count : 0;
      window.count = 0;
      window.startMillis += passed * lengthMillis;
    }
    // Put back at the end: what was used last is forgotten last.
    this.#windows.set(id, window);
    if (this.#windows.size > maxWindows) {
      const oldest = this.#windows.keys().next();
      if (!oldest.done) this.#windows.delete(oldest.value);
    }
    return window;
  }
}

function weigh(window: Window, limit: RateLimit, nowMillis: number): number {
  if (limit.kind === 'fixed') return window.count;
  const share = 1 - (nowMillis - window.startMillis) / (limit.windowSeconds * 1000);
  return window.count + window.previousCount * Math.max(0, share);
}
