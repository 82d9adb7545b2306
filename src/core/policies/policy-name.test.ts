import { describe, expect, it } from 'vitest';
import { normalizePolicyName, sanitizePolicyNames } from './policy-name.ts';
import { decodePolicyText } from './policy-text.ts';

describe('names of policies', () => {
  it('ACL-04: every spelling of a name becomes one', () => {
    for (const name of ['admin', 'ADMIN', '  Admin\t', 'aDmIn']) {
      expect(normalizePolicyName(name)).toEqual({ name: 'admin', changed: name !== 'admin' });
    }
    const composed = 'caf\u00e9';
    expect(normalizePolicyName('CAFE\u0301').name).toBe(composed);
    expect(normalizePolicyName('team/app').name).toBe('team/app');
  });

  it('what could be a path, or is no name, is refused', () => {
    for (const name of [
      '',
      ' ',
      '..',
      'a/../b',
      '/a',
      'a/',
      'a//b',
      'a/./b',
      'a\u0000b',
      'a\nb',
      'a"b',
      'x'.repeat(513),
      'x'.repeat(10_000_000),
    ]) {
      expect(() => normalizePolicyName(name), JSON.stringify(name.slice(0, 10))).toThrow('invalid policy name');
    }
  });

  it('a list is kept once each in byte order, with default where wanted; root swallows all others', () => {
    expect(sanitizePolicyNames(['b', 'A', 'a', ''], { addDefault: true })).toEqual(['a', 'b', 'default']);
    expect(sanitizePolicyNames(['b', 'ROOT', 'a'], { addDefault: true })).toEqual(['root']);
    expect(sanitizePolicyNames([])).toEqual([]);
  });
});

describe('the text of a policy', () => {
  it('base64 as a whole is decoded; a policy is never taken for base64', () => {
    const text = 'path "a" { capabilities = ["read"] }';
    expect(decodePolicyText(Buffer.from(text).toString('base64'))).toBe(text);
    expect(decodePolicyText(text)).toBe(text);
    expect(decodePolicyText('not base64!')).toBe('not base64!');
    expect(decodePolicyText('/////w==')).toBe('/////w==');
    expect(decodePolicyText('')).toBe('');
  });
});
