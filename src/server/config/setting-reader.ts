import {
  type HclBlock,
  type HclEntry,
  type HclObject,
  type HclPosition,
  type HclValue,
  hclBlocks,
} from '../../lib/hcl/index.ts';
import { nearestName, parseDurationSeconds, StrongroomError } from '../../lib/index.ts';

/** Settings of Vault that mean nothing here: accepted, so that existing files start, and said in the log. */
type Ignored = readonly string[];

/** One configuration problem, with its file and line. Values are never repeated: one of them may be a PIN. */
export function refuseSetting(file: string, position: HclPosition, message: string, hint?: string): never {
  throw new StrongroomError('invalid_request', `${file}:${position.line}: ${message}`, {
    hint: hint ?? 'docs/configuration.md has every setting',
  });
}

/**
 * Reads the settings of one block by name and remembers which were asked for. `finish` refuses what is left over, so
 * that a misspelt setting is never taken for one that is not there.
 */
export class SettingReader {
  readonly file: string;
  readonly where: string;
  readonly position: HclPosition;
  readonly #entries: readonly HclEntry[];
  readonly #asked = new Set<string>();

  constructor(file: string, where: string, body: HclObject) {
    this.file = file;
    this.where = where;
    this.position = body.position;
    this.#entries = body.entries;
  }

  /** The one entry of a name; given twice it is refused. */
  #find(name: string): HclEntry | undefined {
    this.#asked.add(name);
    const found = this.#entries.filter((entry) => entry.key === name);
    const second = found[1];
    if (second) refuseSetting(this.file, second.position, `"${name}" is given twice in ${this.where}`);
    return found[0];
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  refuse(name: string, message: string, hint?: string): never {
    return refuseSetting(this.file, this.#find(name)?.position ?? this.position, `${this.where}: ${message}`, hint);
  }

  #scalar(name: string): Exclude<HclValue, { kind: 'list' | 'object' }> | undefined {
    const value = this.#find(name)?.value;
    if (value === undefined || value.kind === 'null') return undefined;
    if (value.kind === 'list' || value.kind === 'object') return this.refuse(name, `"${name}" must be a single value`);
    return value;
  }

  /** A text that says something: an empty one would be read as a path, a name or a default that nobody meant. */
  text(name: string): string | undefined {
    const text = this.freeText(name);
    return text === '' ? this.refuse(name, `"${name}" is empty`, 'give it a value, or take it out') : text;
  }

  /** A text that may be empty. */
  freeText(name: string): string | undefined {
    const value = this.#scalar(name);
    if (value === undefined) return undefined;
    if (value.kind === 'string') return value.text;
    return value.kind === 'number' || value.kind === 'boolean' ? String(value.value) : undefined;
  }

  requireText(name: string, hint: string): string {
    return this.text(name) ?? this.refuseMissing([name], `"${name}" is missing`, hint);
  }

  /** Refuses for want of one of these settings; a misspelt one is named instead. */
  refuseMissing(names: readonly [string, ...string[]], message: string, hint: string): never {
    for (const { key, position } of this.#entries) {
      const near = this.#asked.has(key) ? undefined : nearestName(key, names);
      if (near !== undefined) this.#refuseUnknown(key, position, near);
    }
    return this.refuse(names[0], message, hint);
  }

  #refuseUnknown(key: string, position: HclPosition, near: string | undefined): never {
    const hint =
      near === undefined ? `known in ${this.where}: ${[...this.#asked].sort().join(', ')}` : `did you mean "${near}"?`;
    return refuseSetting(this.file, position, `"${key}" is not a known setting of ${this.where}`, hint);
  }

  word<const W extends string>(name: string, words: readonly W[]): W | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    return words.find((word) => word === text) ?? this.refuse(name, `"${name}" is not one of ${words.join(', ')}`);
  }

  boolean(name: string): boolean | undefined {
    const value = this.#scalar(name);
    if (value === undefined) return undefined;
    if (value.kind === 'boolean') return value.value;
    const text =
      value.kind === 'string' ? value.text.toLowerCase() : String(value.kind === 'number' ? value.value : '');
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    return this.refuse(name, `"${name}" must be true or false`);
  }

  integer(name: string, range: { readonly least: number; readonly most: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(value) || value < range.least || value > range.most) {
      return this.refuse(name, `"${name}" must be a whole number from ${range.least} to ${range.most}`);
    }
    return value;
  }

  seconds(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    try {
      return parseDurationSeconds(text);
    } catch {
      return this.refuse(name, `"${name}" is not a duration`, 'write 3600, "90s", "1h30m" or "7d"');
    }
  }

  /** A list of texts, or one text split at commas. */
  list(name: string): readonly string[] | undefined {
    const value = this.#find(name)?.value;
    if (value === undefined || value.kind === 'null') return undefined;
    if (value.kind === 'string')
      return value.text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    if (value.kind !== 'list') return this.refuse(name, `"${name}" must be a list of texts`);
    return value.items.map((item) =>
      item.kind === 'string' ? item.text : this.refuse(name, `"${name}" must be a list of texts`),
    );
  }

  /** Blocks of a name, each with so many labels. */
  blocks(name: string, labelCount: number): readonly HclBlock[] {
    this.#asked.add(name);
    return this.#entries
      .filter((entry) => entry.key === name)
      .flatMap((entry) => {
        try {
          return hclBlocks(entry, labelCount);
        } catch (error) {
          const reason = error instanceof StrongroomError ? error.message : 'unreadable';
          return refuseSetting(this.file, entry.position, reason, `write ${name} ${'"…" '.repeat(labelCount)}{ … }`);
        }
      });
  }

  /** Refuses whatever nobody asked for; answers the settings that have no effect here. */
  finish(ignored: Ignored = []): string[] {
    const notices: string[] = [];
    for (const { key, position } of this.#entries) {
      if (this.#asked.has(key)) continue;
      if (ignored.includes(key)) {
        notices.push(`${this.file}:${position.line}: "${key}" has no effect in ${this.where}`);
        continue;
      }
      this.#refuseUnknown(key, position, nearestName(key, [...this.#asked]));
    }
    return notices;
  }
}
