import { SecretBytes, SecretText, StrongroomError } from '../../../lib/index.ts';
import { quote } from './quote.ts';
import type { ValueHasher } from './value-hasher.ts';

/** Bounds of one line. A line is written whole or its request fails; nothing is cut out of it. */
export const lineLimits = {
  maxDepth: 80,
  maxValues: 250_000,
  /** A value whose key is exempt from hashing is hashed all the same when it is longer. */
  maxClearLength: 65_536,
  maxLineLength: 8_388_608,
} as const;

export interface DataRules {
  readonly hasher: ValueHasher;
  /** Strings in clear (`log_raw`). Bytes and secret types are hashed even so. */
  readonly raw: boolean;
  /** Keys whose values stay in clear: compared with the last map key on the way to a value. */
  readonly clearKeys: ReadonlySet<string> | undefined;
}

/** The refusal of a line beyond `lineLimits`. */
export function lineTooLarge(): StrongroomError {
  return new StrongroomError('invalid_request', 'the request is too large to be recorded in the audit log', {
    hint: 'send fewer or smaller values in one request',
  });
}

/** JSON text of a tree of values with every string hashed, written in one pass without a copy of the tree. */
export function dataText(value: unknown, rules: DataRules): string {
  return new DataWalk(rules).text(value, rules.raw, 0) ?? 'null';
}

class DataWalk {
  readonly #rules: DataRules;
  #values = 0;
  #length = 0;

  constructor(rules: DataRules) {
    this.#rules = rules;
  }

  /** Undefined for what JSON leaves out. `clear`: the last map key is exempt. */
  text(value: unknown, clear: boolean, depth: number): string | undefined {
    this.#values += 1;
    if (this.#values > lineLimits.maxValues || depth > lineLimits.maxDepth) throw lineTooLarge();
    switch (typeof value) {
      case 'string':
        return this.#string(value, clear);
      case 'number':
        return Number.isFinite(value) ? String(value) : 'null';
      case 'boolean':
        return value ? 'true' : 'false';
      case 'bigint':
        return String(value);
      case 'object':
        return value === null ? 'null' : this.#object(value, clear, depth);
      default:
        return undefined;
    }
  }

  #string(value: string, clear: boolean): string {
    if (!clear || value.length > lineLimits.maxClearLength) return `"${this.#rules.hasher.text(value)}"`;
    return this.#counted(quote(value));
  }

  #counted(text: string): string {
    this.#length += text.length;
    if (this.#length > lineLimits.maxLineLength) throw lineTooLarge();
    return text;
  }

  #object(value: object, clear: boolean, depth: number): string | undefined {
    if (Array.isArray(value)) return this.#list(value, clear, depth);
    if (value instanceof Uint8Array) return `"${this.#rules.hasher.bytes(value)}"`;
    if (value instanceof SecretText) return `"${this.#rules.hasher.text(value.insecureText())}"`;
    if (value instanceof SecretBytes) return `"${this.#rules.hasher.bytes(value.insecureBytes())}"`;
    if (value instanceof ArrayBuffer) return `"${this.#rules.hasher.bytes(new Uint8Array(value))}"`;
    if (ArrayBuffer.isView(value)) {
      return `"${this.#rules.hasher.bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))}"`;
    }
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.text(value.toJSON(), clear, depth + 1);
    return this.#map(value as Readonly<Record<string, unknown>>, depth);
  }

  #list(list: readonly unknown[], clear: boolean, depth: number): string {
    let text = '';
    for (const item of list) {
      const itemText = this.text(item, clear, depth + 1) ?? 'null';
      text += text === '' ? itemText : `,${itemText}`;
    }
    return `[${text}]`;
  }

  #map(map: Readonly<Record<string, unknown>>, depth: number): string {
    const { clearKeys, raw } = this.#rules;
    let text = '';
    for (const key of Object.keys(map)) {
      const valueText = this.text(map[key], raw || (clearKeys?.has(key) ?? false), depth + 1);
      if (valueText === undefined) continue;
      const separator = text === '' ? '' : ',';
      text += `${separator}${this.#counted(quote(key))}:${valueText}`;
    }
    return `{${text}}`;
  }
}
