import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '../harness/server-process.ts';
import { makeFolder, runInProcess } from './in-process.ts';

const folder = makeFolder();
const file = join(folder, 'audit.log');
const key = join(folder, 'audit.pub');
let server: ServerProcess;
let lines: string[] = [];

/** The log of a server that was stopped, and started, in between; and the public key of its checkpoints. */
beforeAll(async () => {
  server = await ServerProcess.start();
  const init = await server.call('POST', 'sys/init', { body: { secret_shares: 1, secret_threshold: 1 } });
  await server.call('POST', 'sys/unseal', { body: { key: init.json.keys[0] } });
  const token = init.json.root_token;
  for (let count = 0; count < 5; count += 1) await server.call('GET', 'auth/token/lookup-self', { token });
  const { json } = await server.call('GET', 'sys/audit/key', { token });
  writeFileSync(key, json.data.public_key);
  await server.call('POST', 'sys/seal', { token });
  copyFileSync(server.auditFile, file);
  copyFileSync(`${server.auditFile}.head`, `${file}.head`);
  lines = server.readAudit().trimEnd().split('\n');
});
afterAll(() => server?.stop());

const verify = (...args: string[]) => runInProcess(['audit', 'verify', ...args]);

describe('AUD-09: audit verify of the log of a server', () => {
  it('says whether signatures were checked: what was not must not pass for it', async () => {
    const unsigned = await verify(file);
    expect([unsigned.code, unsigned.stdout]).toEqual([
      0,
      expect.stringMatching(/^intact: .*signatures were not checked/),
    ]);
    const json = await verify('-format=json', file);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, signatures_checked: false });
    const signed = await verify(`-key=${key}`, file);
    expect([signed.code, signed.stdout]).toEqual([0, expect.stringMatching(/^intact: /)]);
    expect(signed.stdout).not.toContain('not checked');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const foreign = join(folder, 'foreign.pub');
    writeFileSync(foreign, publicKey.export({ type: 'spki', format: 'pem' }));
    expect((await verify(`-key=${foreign}`, file)).code).toBe(2);
  });

  it.each([
    ['one byte altered', (all: string[]) => all.with(6, (all[6] as string).replace('"time":"2', '"time":"3')), 7],
    ['a line removed', (all: string[]) => all.toSpliced(6, 1), 7],
    ['two lines swapped', (all: string[]) => all.with(6, all[7] as string).with(7, all[6] as string), 7],
    ['a line put in', (all: string[]) => all.toSpliced(6, 0, all[5] as string), 7],
    ['the end cut off', (all: string[]) => all.slice(0, -3), undefined],
  ])('%s: it names where', async (name, change, line) => {
    const copy = join(folder, `${name.replaceAll(' ', '-')}.log`);
    writeFileSync(copy, `${change(lines).join('\n')}\n`);
    const result = await verify('-format=json', `-head=${file}.head`, copy);
    expect(result.code).toBe(2);
    const verdict = JSON.parse(result.stdout);
    expect(verdict.ok).toBe(false);
    if (line === undefined) expect(verdict.first_bad_line ?? verdict.problem).toBeTruthy();
    else expect(verdict.first_bad_line).toBe(line);
  });
});
