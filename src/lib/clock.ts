/** Where time comes from. Passed in, so that tests set it; nothing else in the product reads the wall clock. */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00:00Z. Every expiry is judged by it. */
  nowMillis(): number;
  /** Monotonic clock, milliseconds since some fixed point. Deadlines and rates are judged by it. */
  monotonicMillis(): number;
}

export const systemClock: Clock = {
  nowMillis: () => Date.now(),
  monotonicMillis: () => performance.now(),
};

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  #monotonic = 0;

  constructor(nowMillis: number) {
    this.#now = nowMillis;
  }

  nowMillis(): number {
    return this.#now;
  }

  monotonicMillis(): number {
    return this.#monotonic;
  }

  /** Lets time pass on both clocks. */
  advanceSeconds(seconds: number): void {
    this.#now += seconds * 1000;
    this.#monotonic += Math.max(0, seconds) * 1000;
  }

  /** Sets the wall clock alone, as an operator or a faulty NTP server would. */
  jumpTo(nowMillis: number): void {
    this.#now = nowMillis;
  }
}

/** RFC 3339 in UTC with milliseconds, trailing zeros of the fraction trimmed (as Vault prints times). */
export function formatTime(millis: number): string {
  return new Date(millis).toISOString().replace(/\.?0+Z$/, (tail) => (tail.startsWith('.') ? 'Z' : tail));
}
