import { expect, it } from 'vitest';
import { largestPage, pageLength } from './page.ts';

it.each([
  [undefined, largestPage],
  [0, largestPage],
  [-5, largestPage],
  [3, 3],
  [largestPage, largestPage],
  [1_000_000_000, largestPage],
])('a limit of %s reads %s names', (limit, expected) => {
  expect(pageLength({ limit })).toBe(expected);
});
