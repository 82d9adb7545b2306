import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../test/cli/in-process.ts';
import { SecretText } from '../lib/index.ts';
import { createPrivateFile } from './files.ts';
import { readTokenFile, tokenFileName, writeTokenFile } from './token-file.ts';

const token = new SecretText('srs.theToken');

describe('the kept token', () => {
  it('STO-02: is written with mode 0600 whatever the umask, in place of a wider file, and leaves nothing else behind', () => {
    const home = makeFolder();
    const before = process.umask(0);
    try {
      writeFileSync(tokenFileName(home), 'old', { mode: 0o666 });
      writeTokenFile(home, token);
    } finally {
      process.umask(before);
    }
    expect(statSync(tokenFileName(home)).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(['.strongroom-token']);
    expect(readTokenFile(home)?.insecureText()).toBe('srs.theToken');
  });

  it.each([0o640, 0o604, 0o644, 0o660, 0o601])('STO-02: is refused when its mode is %o', (mode) => {
    const home = makeFolder();
    writeTokenFile(home, token);
    chmodSync(tokenFileName(home), mode);
    expect(() => readTokenFile(home)).toThrow('others may read');
    expect(() => readTokenFile(home)).not.toThrow('theToken');
  });

  it("falls back to Vault's file, under the same rule", () => {
    const home = makeFolder();
    expect(readTokenFile(home)).toBeUndefined();
    const vaults = join(home, '.vault-token');
    writeFileSync(vaults, 'hvs.other\n', { mode: 0o600 });
    expect(readTokenFile(home)?.insecureText()).toBe('hvs.other');
    chmodSync(vaults, 0o644);
    expect(() => readTokenFile(home)).toThrow('others may read');
  });

  it('is refused when it is no plain file, or absurdly large', () => {
    const home = makeFolder();
    mkdirSync(tokenFileName(home));
    expect(() => readTokenFile(home)).toThrow('not a plain file');
    const other = makeFolder();
    writeFileSync(tokenFileName(other), 'x'.repeat(70_000), { mode: 0o600 });
    expect(() => readTokenFile(other)).toThrow('too large');
  });
});

describe('new private files', () => {
  it('never overwrite and never follow a link', () => {
    const folder = makeFolder();
    const name = join(folder, 'app.key');
    createPrivateFile(name, 'key');
    expect(statSync(name).mode & 0o777).toBe(0o600);
    expect(() => createPrivateFile(name, 'other')).toThrow('exists already');
    symlinkSync('/tmp/elsewhere', join(folder, 'link'));
    expect(() => createPrivateFile(join(folder, 'link'), 'x')).toThrow();
  });
});
