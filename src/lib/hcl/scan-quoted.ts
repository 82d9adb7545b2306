import type { SourceText } from './source-text.ts';

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['\\', '\\'],
  ['"', '"'],
]);

/** Digits that follow `\x`, `\u`, `\U`, all hexadecimal. */
const hexLengths: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/**
 * Reads an HCL string at its opening quote. `${` and `{{` are ordinary text: nothing is interpolated, and a quote ends
 * the string wherever it stands.
 */
export function scanQuoted(source: SourceText): string {
  const { text } = source;
  const start = source.offset;
  let result = '';
  let index = start + 1;
  let copied = index;
  for (;;) {
    const code = index < text.length ? text.charCodeAt(index) : -1;
    if (code === 0x22) break;
    if (code === -1 || code === 0x0a || code === 0x0d) source.refuse('the string has no closing quote', start);
    if (code < 0x20 && code !== 0x09) source.refuse('a control character must be written as an escape', index);
    if (code !== 0x5c) {
      index += 1;
      continue;
    }
    const replacement = readEscape(source, index);
    result += text.slice(copied, index) + replacement.text;
    index += replacement.length;
    copied = index;
  }
  source.offset = index + 1;
  const whole = result + text.slice(copied, index);
  if (!whole.isWellFormed()) source.refuse('the string is not well-formed Unicode', start);
  if (whole.includes('\0')) source.refuse('a NUL character is not allowed', start);
  return whole;
}

function readEscape(source: SourceText, index: number): { text: string; length: number } {
  const letter = source.text.charAt(index + 1);
  const simple = simpleEscapes.get(letter);
  if (simple !== undefined) return { text: simple, length: 2 };
  const hexLength = hexLengths.get(letter);
  const digits =
    hexLength === undefined
      ? source.text.slice(index + 1, index + 4)
      : source.text.slice(index + 2, index + 2 + hexLength);
  const valid =
    hexLength === undefined ? /^[0-3][0-7]{2}$/.test(digits) : new RegExp(`^[0-9a-fA-F]{${hexLength}}$`).test(digits);
  const value = valid ? Number.parseInt(digits, hexLength === undefined ? 8 : 16) : -1;
  if (value < 0 || value > 0x10ffff) source.refuse('unknown escape in a string', index);
  return { text: String.fromCodePoint(value), length: (hexLength === undefined ? 1 : 2) + digits.length };
}
