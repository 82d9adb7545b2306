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

const rememberedTimes = 256;
const times = new Array<{ readonly millis: number; readonly text: string } | undefined>(rememberedTimes);

/**
 * RFC 3339 in UTC with milliseconds, trailing zeros of the fraction trimmed (as Vault prints times). The same few times
 * are asked for again and again, such as that of a token's making: the last of each place are remembered.
 */
export function formatTime(millis: number): string {
  const place = Math.abs(millis) % rememberedTimes;
  const known = times[place];
  if (known !== undefined && known.millis === millis) return known.text;
  const text = trimZeros(new Date(millis).toISOString());
  if (Number.isInteger(place)) times[place] = { millis, text };
  return text;
}

function trimZeros(text: string): string {
  // Always `….sssZ`.
  let end = text.length - 1;
  while (text[end - 1] === '0') end -= 1;
  return `${text.slice(0, text[end - 1] === '.' ? end - 1 : end)}Z`;
}
