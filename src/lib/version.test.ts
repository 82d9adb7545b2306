import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { strongroomVersion, vaultApiVersion } from './version.ts';

it('the version in the code is the version of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(strongroomVersion).toBe(manifest.version);
});

it('the API level is three plain numbers, as clients parse it', () => {
  expect(vaultApiVersion).toMatch(/^\d+\.\d+\.\d+$/);
});
