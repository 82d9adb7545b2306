/** Calls back after a pause that doubles with each call, up to a limit, until it is reset. */
export class RetryTimer {
  readonly #firstMillis: number;
  readonly #longestMillis: number;
  readonly #due: () => void;
  #nextMillis: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(firstMillis: number, longestMillis: number, due: () => void) {
    this.#firstMillis = firstMillis;
    this.#longestMillis = longestMillis;
    this.#due = due;
    this.#nextMillis = firstMillis;
  }

  /** Starts the pause unless one is running. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#due();
    }, this.#nextMillis).unref();
    this.#nextMillis = Math.min(2 * this.#nextMillis, this.#longestMillis);
  }

  reset(): void {
    this.#nextMillis = this.#firstMillis;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
