import { expect, it } from 'vitest';
import { maskValues } from './mask-values.ts';

const mask = (text: string, data: unknown): string => maskValues(text, data, () => 'HASH');

it('AUD-02: hides values of the request in a text, whole, by their beginning and as words of a list', () => {
  const secret = 'hvs.CAESIJkq0123456789';
  expect(mask(`"${secret}" is not an address block`, { cidrs: [secret] })).toBe('"HASH" is not an address block');
  expect(mask(`no role "${secret.slice(0, 16)}"`, { role: secret })).toBe('no role "HASH"');
  expect(mask(`no policy "${secret}"`, { policies: `a,${secret}` })).toBe('no policy "HASH"');
  expect(mask(`${secret} and ${secret}`, { a: { b: [{ c: secret }] } })).toBe('HASH and HASH');
  expect(mask('longest-value-of-two', { a: 'longest-value', b: 'longest-value-of-two' })).toBe('HASH');
});

it('leaves a text that repeats nothing, short words, and what is no text', () => {
  expect(mask('unknown key type "rsa"', { key_type: 'rsa' })).toBe('unknown key type "rsa"');
  expect(mask('missing name', undefined)).toBe('missing name');
  expect(mask('missing name', Buffer.from('missing name'))).toBe('missing name');
  expect(mask('missing name', { value: null, count: 3 })).toBe('missing name');
});

it('takes little time for a body as large as there may be', () => {
  const words = Array.from({ length: 200_000 }, (_, index) => `word-number-${index}`).join(' ');
  const from = process.threadCpuUsage();
  expect(mask('nothing of it', { words })).toBe('nothing of it');
  expect(process.threadCpuUsage(from).user / 1_000).toBeLessThan(500);
});
