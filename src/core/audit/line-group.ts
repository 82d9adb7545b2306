import { auditUnavailable } from './audit-error.ts';

/**
 * Lines that are written together. All callers of a group wait for one promise: it resolves with the first sink that
 * has written the group whole, and rejects when none can.
 */
export class LineGroup {
  /** Lines by format: `lines[sink.formatIndex]`. */
  readonly lines: string[][];
  readonly promise: Promise<void>;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  #length = 0;
  #waitingFor = 0;
  #settled = false;

  constructor(formatCount: number) {
    this.lines = Array.from({ length: formatCount }, () => []);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // A caller that went away must not bring the process down with an unhandled rejection.
    promise.catch(() => {});
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Text held, in UTF-16 units, summed over the formats. */
  get length(): number {
    return this.#length;
  }

  /** Adds one line in every format. */
  add(texts: readonly string[]): void {
    for (let index = 0; index < texts.length; index += 1) {
      const text = texts[index] as string;
      this.#length += text.length;
      (this.lines[index] as string[]).push(text);
    }
  }

  /** Before the group is handed to this many sinks. */
  expect(sinkCount: number): void {
    this.#waitingFor = sinkCount;
    if (sinkCount === 0) this.#fail(new Error('there is no audit sink to write to'));
  }

  written(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve();
  }

  failed(error: unknown): void {
    this.#waitingFor -= 1;
    if (this.#waitingFor === 0) this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#reject(auditUnavailable(error));
  }
}
