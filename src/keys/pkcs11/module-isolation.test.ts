import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('only the child loads pkcs11js: nothing outside its folder imports it, nor anything of that folder', () => {
  const room = join(import.meta.dirname, '..');
  const files = readdirSync(room, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const child = join('pkcs11', 'child');
  const outside = files.filter((path) => !path.startsWith(child) && !path.endsWith('.test.ts'));
  expect(outside.length).toBeGreaterThan(10);
  for (const path of outside) {
    expect(readFileSync(join(room, path), 'utf8'), path).not.toMatch(/from '(pkcs11js|[^']*\/child\/[^']*)'/);
  }
});
