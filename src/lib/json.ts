import { StrongroomError } from './errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface JsonLimits {
  readonly maxDepth: number;
  /** Separators (commas and colons): bounds how many values can be in the text. */
  readonly maxSeparators: number;
}

const defaultLimits: JsonLimits = { maxDepth: 64, maxSeparators: 200_000 };

function refuse(message: string): never {
  throw new StrongroomError('invalid_json', message, { hint: 'send one JSON object in UTF-8' });
}

/** Walks the raw text once, outside strings, counting depth and separators: refuses growth before any value is built. */
function checkLimits(text: string, limits: JsonLimits): void {
  let depth = 0;
  let separators = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case 0x22: {
        index = endOfString(text, index);
        break;
      }
      case 0x7b:
      case 0x5b:
        depth += 1;
        if (depth > limits.maxDepth) refuse('JSON is nested too deeply');
        break;
      case 0x7d:
      case 0x5d:
        depth -= 1;
        break;
      case 0x2c:
      case 0x3a:
        separators += 1;
        if (separators > limits.maxSeparators) refuse('JSON has too many values');
        break;
    }
  }
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  for (;;) {
    const quote = text.indexOf('"', index);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c && quote - 1 - backslashes > start) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    index = quote + 1;
  }
}

/**
 * Parses JSON text from outside. Depth and count are limited before parsing; `__proto__` is an ordinary own key
 * (JSON.parse defines it as such) and stays out of every prototype because nobody copies keys by assignment.
 */
export function parseJson(text: string, limits: JsonLimits = defaultLimits): Json {
  if (text.length > 512) checkLimits(text, limits);
  try {
    return JSON.parse(text) as Json;
  } catch {
    return refuse('failed to parse JSON input');
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
