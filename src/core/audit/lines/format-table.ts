import type { AuditEntry } from '../audit-entry.ts';
import { type FormatOptions, formatKey } from './format-options.ts';
import { LineFormatter } from './line-formatter.ts';
import type { ValueHasher } from './value-hasher.ts';

interface FormatSlot {
  readonly key: string;
  readonly formatter: LineFormatter;
  users: number;
}

/** The formats in use, so that a line is made once for all sinks that want it alike. */
export class FormatTable {
  readonly #hasher: ValueHasher;
  readonly #slots: (FormatSlot | undefined)[] = [];

  constructor(hasher: ValueHasher) {
    this.#hasher = hasher;
  }

  get size(): number {
    return this.#slots.length;
  }

  /** The index of a format; `release` it once for each `use`. */
  use(format: FormatOptions): number {
    const key = formatKey(format);
    const known = this.#slots.findIndex((slot) => slot?.key === key);
    const slot = this.#slots[known];
    if (slot !== undefined) {
      slot.users += 1;
      return known;
    }
    const free = this.#slots.indexOf(undefined);
    const index = free === -1 ? this.#slots.length : free;
    this.#slots[index] = { key, formatter: new LineFormatter(format, this.#hasher), users: 1 };
    return index;
  }

  release(index: number): void {
    const slot = this.#slots[index];
    if (slot === undefined) return;
    slot.users -= 1;
    if (slot.users === 0) this.#slots[index] = undefined;
  }

  /** One line in every format, by index. */
  lines(type: 'request' | 'response', entry: AuditEntry): string[] {
    return this.#slots.map((slot) => (slot === undefined ? '' : slot.formatter.line(type, entry)));
  }
}
