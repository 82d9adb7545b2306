import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../test/cli/in-process.ts';
import { createPrivateFile } from './files.ts';
import { readTokenFile, reserveTokenFile, tokenFileName } from './token-file.ts';

function keepToken(home: string): void {
  using file = reserveTokenFile(home);
  file.write('srs.theToken');
}

describe('the kept token', () => {
  it('STO-02: is written with mode 0600 whatever the umask, in place of a wider file, and leaves nothing else behind', () => {
    const home = makeFolder();
    const before = process.umask(0);
    try {
      writeFileSync(tokenFileName(home), 'old', { mode: 0o666 });
      keepToken(home);
    } finally {
      process.umask(before);
    }
    expect(statSync(tokenFileName(home)).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(['.strongroom-token']);
    expect(readTokenFile(home)?.insecureText()).toBe('srs.theToken');
  });

  it.each([0o640, 0o604, 0o644, 0o660, 0o601])('STO-02: is refused when its mode is %o', (mode) => {
    const home = makeFolder();
    keepToken(home);
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

  it('of somebody without a home is none, and none can be kept', () => {
    expect(readTokenFile(undefined)).toBeUndefined();
    expect(() => reserveTokenFile(undefined)).toThrow('there is no home folder');
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
