export interface RecentLimits {
  /** Values remembered in each of two generations. */
  readonly rememberedValues: number;
  /** Longer texts are worked out each time: they seldom come again, and would fill memory. */
  readonly rememberedLength: number;
  /** What is not used for between one and two of these is forgotten, so that secrets do not stay in memory. */
  readonly forgetAfterMillis: number;
}

const defaultLimits: RecentLimits = { rememberedValues: 4096, rememberedLength: 256, forgetAfterMillis: 30_000 };

/** What was worked out of short texts seen lately: a request meets the same token and accessor many times. */
export class RecentValues {
  readonly #workOut: (text: string) => string;
  readonly #limits: RecentLimits;
  #young = new Map<string, string>();
  #old = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(workOut: (text: string) => string, limits: RecentLimits = defaultLimits) {
    this.#workOut = workOut;
    this.#limits = limits;
  }

  of(text: string): string {
    if (text.length > this.#limits.rememberedLength) return this.#workOut(text);
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const known = this.#old.get(text) ?? this.#workOut(text);
    if (this.#young.size >= this.#limits.rememberedValues) this.#age();
    this.#young.set(text, known);
    this.#timer ??= setTimeout(() => this.#tick(), this.#limits.forgetAfterMillis).unref();
    return known;
  }

  /** How many values are remembered now. */
  get remembered(): number {
    return this.#young.size + this.#old.size;
  }

  forget(): void {
    this.#young = new Map();
    this.#old = new Map();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #age(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }

  #tick(): void {
    this.#timer = undefined;
    this.#age();
    if (this.#old.size > 0) this.#timer = setTimeout(() => this.#tick(), this.#limits.forgetAfterMillis).unref();
  }
}
