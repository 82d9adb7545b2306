import { SecretText } from '../../../lib/index.ts';

/** Shorter ones are words such as `rsa` or `1h`, which the text says by itself. */
const leastValueLength = 6;
/** Words within a value: a list with commas, a policy's text. */
const leastWordLength = 12;
/** A match begins with so much of a value: texts may repeat only its beginning. */
const startLength = 12;
const maxWords = 2_000;
const maxDepth = 32;

/**
 * A public text (an error, a warning) without what the caller sent: it may repeat a value of the request, and the log
 * holds values as keyed hashes alone.
 */
export function maskValues(text: string, data: unknown, hash: (value: string) => string): string {
  let masked = text;
  for (const value of valuesOf(data)) {
    const start = value.slice(0, startLength);
    for (let at = masked.indexOf(start); at !== -1; at = masked.indexOf(start, at)) {
      let length = start.length;
      while (length < value.length && masked[at + length] === value[length]) length += 1;
      const shown = hash(value);
      masked = masked.slice(0, at) + shown + masked.slice(at + length);
      at += shown.length;
    }
  }
  return masked;
}

/** Longest first, so that a value is not cut by one that is its beginning. */
function valuesOf(data: unknown): string[] {
  const found = new Set<string>();
  collect(data, found, 0);
  return [...found].sort((left, right) => right.length - left.length);
}

function collect(data: unknown, found: Set<string>, depth: number): void {
  if (found.size >= maxWords || depth > maxDepth) return;
  const text = data instanceof SecretText ? data.insecureText() : data;
  if (typeof text === 'string') addWords(text, found);
  if (typeof text !== 'object' || text === null || text instanceof Uint8Array) return;
  for (const member of Array.isArray(text) ? text : Object.values(text)) collect(member, found, depth + 1);
}

function addWords(value: string, found: Set<string>): void {
  if (value.length >= leastValueLength) found.add(value);
  for (const [word] of value.matchAll(/[^\s,;="'`]+/g)) {
    if (found.size >= maxWords) return;
    if (word.length >= leastWordLength) found.add(word);
  }
}
