import type { LineGroup } from '../line-group.ts';

/** Groups that wait for a sink, those it is writing, and how many lines it could not write. */
export class GroupQueue {
  readonly #formatIndex: number;
  readonly #maxLength: number;
  #waiting: LineGroup[] = [];
  #waitingLength = 0;
  #inFlight: readonly LineGroup[] = [];
  #missedLines = 0;

  /** `maxLength`: text that may wait, in UTF-16 units. */
  constructor(formatIndex: number, maxLength: number) {
    this.#formatIndex = formatIndex;
    this.#maxLength = maxLength;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get isFull(): boolean {
    return this.#waitingLength > this.#maxLength;
  }

  /** Lines that went to other sinks only and that this sink's log does not tell of yet. */
  get missedLines(): number {
    return this.#missedLines;
  }

  push(group: LineGroup): void {
    this.#waiting.push(group);
    this.#waitingLength += group.length;
  }

  /** Takes all that wait: they are now being written. */
  take(): readonly LineGroup[] {
    const groups = this.#waiting;
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#inFlight = groups;
    return groups;
  }

  linesOf(groups: readonly LineGroup[]): string[] {
    return groups.flatMap((group) => group.lines[this.#formatIndex] ?? []);
  }

  /** What was taken is written. A group given up before may still be waiting for another sink: it counts. */
  written(groups: readonly LineGroup[]): void {
    this.#inFlight = [];
    for (const group of groups) group.written();
  }

  /** What was taken could not be written. A group that was given up has been told so already. */
  failed(groups: readonly LineGroup[], error: unknown): void {
    const givenUp = this.#inFlight !== groups;
    this.#inFlight = [];
    for (const group of groups) {
      if (givenUp) this.#miss(group);
      else this.refuse(group, error);
    }
  }

  /** What was taken takes too long; it may still be written. */
  giveUp(error: unknown): void {
    for (const group of this.#inFlight) group.failed(error);
    this.#inFlight = [];
  }

  /** Nothing that waits will be written. */
  failWaiting(error: unknown): void {
    const groups = this.#waiting;
    this.#waiting = [];
    this.#waitingLength = 0;
    for (const group of groups) this.refuse(group, error);
  }

  refuse(group: LineGroup, error: unknown): void {
    this.#miss(group);
    group.failed(error);
  }

  /** The log tells of so many missed lines now. */
  told(missedLines: number): void {
    this.#missedLines -= missedLines;
  }

  #miss(group: LineGroup): void {
    this.#missedLines += group.lines[this.#formatIndex]?.length ?? 0;
  }
}
