import { expect, it } from 'vitest';
import { findHomeFolder } from './home-folder.ts';

it('is what the system says', () => {
  expect(findHomeFolder(() => '/home/anna')).toBe('/home/anna');
});

it('is none where the system knows none, or one that depends on where one stands', () => {
  const unknown = (): string => {
    throw new Error('uv_os_homedir returned ENOENT');
  };
  expect(findHomeFolder(unknown)).toBeUndefined();
  expect(findHomeFolder(() => '')).toBeUndefined();
  expect(findHomeFolder(() => 'relative')).toBeUndefined();
});
