import { describe, expect, it } from 'vitest';
import { lineTime, quote } from './quote.ts';

describe('quote', () => {
  it('writes text that JSON.parse gives back unchanged', () => {
    for (const text of ['', 'a', 'a"b\\c', 'ü 日本 😀', '\u0000\n\r\t', '\ud800', '"}', 'x'.repeat(100_000)]) {
      expect(JSON.parse(quote(text))).toBe(text);
    }
  });

  it('AUD-06: leaves nothing in a line that ends it, hides text or drives a terminal', () => {
    const hazards = '\n\r\u0085\u2028\u2029\u001b[2J\u009b31m\u007f\u0000\u202e\u2066\u200b\ufeff\u{e0041}';
    const quoted = quote(`before${hazards}after`);
    expect(quoted).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(quoted)).toBe(`before${hazards}after`);
  });

  it('keeps letters of every script readable', () => {
    expect(quote('Zoë 東京')).toBe('"Zoë 東京"');
  });
});

describe('lineTime', () => {
  it('always has 24 characters, so that times sort as text', () => {
    expect(lineTime(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(lineTime(Date.UTC(2026, 1, 3, 4, 5, 6, 70))).toBe('2026-02-03T04:05:06.070Z');
  });
});
