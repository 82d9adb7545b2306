import type { Clock } from './clock.ts';

/** What was seen of the wall clock, for the operator. Units in the names. */
export interface ClockJump {
  readonly kind: 'jumped' | 'returned' | 'believed';
  /** How far the wall clock is from the time that has passed: positive when it is ahead. */
  readonly offsetSeconds: number;
}

/** Steps of NTP and of leap seconds are smaller. */
const toleranceMillis = 2_000;
/** How long a clock that jumped ahead has to stay there until it is believed. */
const holdMillis = 120_000;

/**
 * A wall clock that jumps do not turn. Between steps of up to two seconds it is followed, and never goes backwards.
 * After a larger one, time goes on as the monotonic clock counts it:
 * - set back, for as long as the process lives: what has expired stays expired;
 * - set ahead, for two minutes, so that a mistake that is mended at once ends nothing; then it is believed, as after a
 *   machine that slept.
 */
export class SteadyClock implements Clock {
  readonly #source: Clock;
  readonly #onJump: (jump: ClockJump) => void;
  /** Wall clock minus monotonic clock, as last believed. */
  #base: number;
  #last: number;
  #jumpedAt: number | undefined;

  constructor(source: Clock, onJump: (jump: ClockJump) => void) {
    this.#source = source;
    this.#onJump = onJump;
    this.#last = source.nowMillis();
    this.#base = this.#last - source.monotonicMillis();
  }

  nowMillis(): number {
    const wall = this.#source.nowMillis();
    const monotonic = this.#source.monotonicMillis();
    const offset = wall - (this.#base + monotonic);
    const now = Math.abs(offset) <= toleranceMillis ? this.#follow(wall, monotonic) : this.#hold(offset, monotonic);
    if (now > this.#last) this.#last = now;
    return this.#last;
  }

  monotonicMillis(): number {
    return this.#source.monotonicMillis();
  }

  #follow(wall: number, monotonic: number): number {
    this.#base = wall - monotonic;
    if (this.#jumpedAt !== undefined) {
      this.#jumpedAt = undefined;
      this.#onJump({ kind: 'returned', offsetSeconds: 0 });
    }
    return wall;
  }

  #hold(offset: number, monotonic: number): number {
    const offsetSeconds = Math.round(offset / 1000);
    if (this.#jumpedAt === undefined) {
      this.#jumpedAt = monotonic;
      this.#onJump({ kind: 'jumped', offsetSeconds });
    } else if (offset > 0 && monotonic - this.#jumpedAt >= holdMillis) {
      this.#base += offset;
      this.#jumpedAt = undefined;
      this.#onJump({ kind: 'believed', offsetSeconds });
    }
    return Math.floor(this.#base + monotonic);
  }
}
