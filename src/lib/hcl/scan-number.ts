import type { SourceText } from './source-text.ts';

const hclNumber = /-?(?:0[xX][0-9a-fA-F]{1,13}|\d{1,32}(?:\.\d{1,32})?(?:[eE][+-]?\d{1,3})?)/y;
const jsonNumber = /-?(?:0|[1-9]\d{0,31})(?:\.\d{1,32})?(?:[eE][+-]?\d{1,3})?/y;

/** Reads a number. In HCL, as in Go, `0x` starts a hexadecimal one and a leading zero an octal one. */
export function scanNumber(source: SourceText, language: 'hcl' | 'json'): number {
  const start = source.offset;
  const pattern = language === 'hcl' ? hclNumber : jsonNumber;
  pattern.lastIndex = start;
  const text = pattern.exec(source.text)?.[0];
  if (text === undefined) source.refuse('this is not a number');
  source.offset = start + text.length;
  if (/[\w.]/.test(source.text.charAt(source.offset))) source.refuse('this is not a number', start);
  const value = readNumber(text);
  if (!Number.isFinite(value)) source.refuse('this is not a number that can be held', start);
  return value;
}

function readNumber(text: string): number {
  const negative = text.startsWith('-');
  const body = negative ? text.slice(1) : text;
  const sign = negative ? -1 : 1;
  if (/^0\d+$/.test(body)) return /^[0-7]+$/.test(body) ? sign * Number.parseInt(body, 8) : Number.NaN;
  return sign * Number(body);
}
