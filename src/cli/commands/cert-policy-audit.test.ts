import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder, runInProcess } from '../../../test/cli/in-process.ts';
import { envelope } from '../../../test/cli/responder.ts';
import { run } from '../../../test/cli/run-command.ts';

describe('cert', () => {
  const issued = {
    certificate: 'CERT',
    issuing_ca: 'CA',
    ca_chain: [],
    private_key: 'KEY',
    private_key_type: 'ec',
    serial_number: '17:ab',
    expiration: 1,
  };

  it('STO-02: issue -out writes the key with mode 0600 and prints none', async () => {
    const prefix = join(makeFolder(), 'app');
    const result = await run(['cert', 'issue', 'web', 'a.example', `-out=${prefix}`], () => envelope(issued));
    expect(result.code).toBe(0);
    expect(readFileSync(`${prefix}.key`, 'utf8')).toBe('KEY\n');
    expect(statSync(`${prefix}.key`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${prefix}.crt`, 'utf8') + readFileSync(`${prefix}.ca.crt`, 'utf8')).toBe('CERT\nCA\n');
    expect(result.stdout).not.toContain('KEY');
  });

  it('-out issues nothing when a file cannot be made, and leaves none behind when nothing was issued', async () => {
    const folder = makeFolder();
    const issue = ['cert', 'issue', 'web', 'a.example', `-out=${join(folder, 'app')}`];
    writeFileSync(join(folder, 'app.ca.crt'), 'old');
    const result = await run(issue, () => envelope(issued));
    expect(result).toMatchObject({ code: 1, sent: [] });
    expect(result.stderr).toContain('app.ca.crt exists already');
    rmSync(join(folder, 'app.ca.crt'));
    expect((await run(issue, () => ({ status: 400 }))).code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
    const { private_key: _key, ...signed } = issued;
    await run(['cert', 'sign', 'web', '-', `-out=${join(folder, 'b')}`], () => envelope(signed), { stdin: 'CSR' });
    expect(readdirSync(folder).sort()).toEqual(['b.ca.crt', 'b.crt']);
  });

  it('sign takes the request from a file or standard input', async () => {
    const { private_key: _key, ...signed } = issued;
    const result = await run(['cert', 'sign', 'web', '-', '-field=certificate'], () => envelope(signed), {
      stdin: 'CSR',
    });
    expect(result).toMatchObject({ stdout: 'CERT', sent: ['POST pki/sign/web {"csr":"CSR"}'] });
  });

  it('ca and crl print PEM as it is, and fail when there is none', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
    expect((await run(['cert', 'ca'], () => ({ body: pem }))).stdout).toBe(pem);
    expect((await run(['cert', 'crl'], () => ({ body: pem }))).sent).toEqual(['GET pki/crl/pem']);
    expect((await run(['cert', 'ca', '-chain'], () => ({}))).code).toBe(2);
  });

  it('ca and crl are JSON or one field when asked, and name the mount when there is none', async () => {
    const body = 'PEM\n';
    expect(JSON.parse((await run(['cert', 'ca', '-format=json'], () => ({ body }))).stdout)).toEqual({
      certificate: body,
    });
    expect(JSON.parse((await run(['cert', 'crl', '-format=json'], () => ({ body }))).stdout)).toEqual({ crl: body });
    expect((await run(['cert', 'ca', '-chain', '-field=ca_chain'], () => ({ body }))).stdout).toBe(body);
    const missing = await run(['cert', 'ca', '-mount=nope'], () => ({ status: 403 }));
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/^error: there is no CA at nope\/ .*\nhint: .*secrets list/);
  });
});

describe('policy', () => {
  it('read prints the text, write sends a file', async () => {
    const text = 'path "a" {}';
    expect((await run(['policy', 'read', 'web'], () => envelope({ name: 'web', policy: text }))).stdout).toBe(
      `${text}\n`,
    );
    expect((await run(['policy', 'write', 'web', '-'], undefined, { stdin: text })).sent).toEqual([
      'POST sys/policies/acl/web {"policy":"path \\"a\\" {}"}',
    ]);
  });

  it('fmt changes the file in place and keeps its mode; -check only tells', async () => {
    const file = join(makeFolder(), 'p.hcl');
    writeFileSync(file, 'path "a" {\npolicy="read"\n}', { mode: 0o640 });
    expect((await runInProcess(['policy', 'fmt', '-check', file])).code).toBe(2);
    expect((await runInProcess(['policy', 'fmt', file])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('path "a" {\n  policy = "read"\n}\n');
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect((await runInProcess(['policy', 'fmt', '-check', file])).code).toBe(0);
    writeFileSync(file, 'path "a" {');
    expect((await runInProcess(['policy', 'fmt', file])).code).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('path "a" {');
    expect((await runInProcess(['policy', 'fmt', makeFolder()])).code).toBe(1);
  });
});

describe('audit tail', () => {
  it('prints the last records readably, or raw', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'logs'));
    const file = join(folder, 'logs', 'audit.log');
    const line = JSON.stringify({
      time: '2026-01-01T00:00:00Z',
      type: 'response',
      request: { operation: 'read', path: 'a' },
    });
    writeFileSync(file, `old\n${line}\n`);
    expect((await runInProcess(['audit', 'tail', '-no-follow', '-lines=1', file])).stdout).toBe(
      '2026-01-01T00:00:00Z < read   a by nobody done\n',
    );
    expect((await runInProcess(['audit', 'tail', '--follow=false', '-lines=1', '-raw', file])).stdout).toBe(
      `${line}\n`,
    );
    const json = await runInProcess(['audit', 'tail', '-no-follow', '-lines=1', '-format=json', file]);
    expect(json).toMatchObject({ code: 0, stdout: `${line}\n` });
    expect((await runInProcess(['audit', 'tail', '-no-follow', '-format=yaml', file])).code).toBe(1);
  });
});

describe('audit verify', () => {
  it('of a file that is not there ends with 1: nothing was found altered', async () => {
    const folder = makeFolder();
    const log = join(folder, 'audit.log');
    writeFileSync(log, '');
    for (const [args, why] of [
      [[join(folder, 'none.log')], 'does not exist'],
      [[folder], 'is a folder'],
      [[log, `-head=${join(folder, 'none.head')}`], 'does not exist'],
      [[log, `-key=${log}`], 'holds no public key'],
    ] as const) {
      const result = await runInProcess(['audit', 'verify', ...args]);
      expect(result).toMatchObject({ code: 1, stdout: '' });
      expect(result.stderr).toContain(why);
    }
    const tail = await runInProcess(['audit', 'tail', '-no-follow', folder]);
    expect(tail).toMatchObject({ code: 1, stderr: `error: ${folder} is a folder\nhint: name the file in it\n` });
  });

  it('names its fields as everything else on the wire', async () => {
    const file = join(makeFolder(), 'audit.log');
    writeFileSync(file, 'not a record\n');
    const result = await runInProcess(['audit', 'verify', '-format=json', file]);
    expect(result.code).toBe(2);
    expect(Object.keys(JSON.parse(result.stdout))).toEqual(
      expect.arrayContaining(['ok', 'signed_lines', 'first_bad_line']),
    );
    expect(result.stdout).not.toMatch(/"\w*[A-Z]\w*":/);
    expect((await runInProcess(['audit', 'verify', '-field=first_bad_line', file])).stdout).toBe('1');
  });
});
