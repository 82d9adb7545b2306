import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const strongroom = fileURLToPath(new URL('../../bin/strongroom', import.meta.url));

test('the demo tells its whole story, with every check as told', { timeout: 180_000 }, async () => {
  const home = mkdtempSync(join(tmpdir(), 'strongroom-demo-home-'));
  try {
    const { stdout } = await promisify(execFile)(strongroom, ['demo'], {
      env: { PATH: process.env['PATH'], HOME: home },
      maxBuffer: 16 * 1024 * 1024,
    });
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d+ steps, \d+ checks, all as told/);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
