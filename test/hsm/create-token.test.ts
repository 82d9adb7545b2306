import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToken } from './token-fixture.ts';

const command = fileURLToPath(new URL('../../hsm/create-token.ts', import.meta.url));
const run = (...flags: string[]): Promise<unknown> => promisify(execFile)(process.execPath, [command, ...flags]);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-hsm-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('hsm/create-token', () => {
  it('makes a token whose PINs are random, in files for their owner alone, and not in what it prints', async () => {
    const facts = await createToken(folder);
    const [pin, soPin] = ['pin', 'so-pin'].map((name) => readFileSync(join(folder, name), 'utf8').trim());
    expect(pin?.length).toBe(32);
    expect(pin).not.toBe(soPin);
    for (const name of ['pin', 'so-pin', 'softhsm2.conf'])
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'tokens')).mode & 0o777).toBe(0o700);
    expect(facts).toMatchObject({ created: true, label: 'strongroom' });
    expect(JSON.stringify(facts)).not.toContain(pin);
    expect(JSON.stringify(facts)).not.toContain(soPin);
  });

  it('run again, leaves token and PINs as they are; another label makes another token', async () => {
    const first = await createToken(folder);
    const pin = readFileSync(join(folder, 'pin'), 'utf8');
    expect(await createToken(folder)).toEqual({ ...first, created: false });
    expect(readFileSync(join(folder, 'pin'), 'utf8')).toBe(pin);
    const other = await createToken(folder, 'second');
    expect(other).toMatchObject({ created: true, label: 'second' });
    expect(other['serial']).not.toBe(first['serial']);
  });

  it('refuses a PIN file others can read, long labels, relative modules and missing folders', async () => {
    await createToken(folder);
    chmodSync(join(folder, 'pin'), 0o644);
    await expect(run('--folder', folder, '--label', 'new')).rejects.toMatchObject({ code: 1 });
    await expect(run('--folder', folder, '--label', 'x'.repeat(33))).rejects.toMatchObject({ code: 1 });
    await expect(run('--folder', folder, '--module', 'libsofthsm2.so')).rejects.toMatchObject({ code: 1 });
    await expect(run()).rejects.toMatchObject({ code: 1 });
  });
});
