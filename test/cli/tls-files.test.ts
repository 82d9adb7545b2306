import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess } from './in-process.ts';
import { envelope, type Responder, startResponder } from './responder.ts';

const makeCertificates = fileURLToPath(new URL('../../certs/make', import.meta.url));
let folder: string;
let secure: Responder;
let plain: Responder;

const file = (name: string): string => join(folder, name);
const handler = () => envelope({ sealed: false });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-tls-'));
  execFileSync(makeCertificates, [folder], { stdio: 'ignore' });
  writeFileSync(file('empty.pem'), '');
  writeFileSync(file('words.pem'), 'not a certificate\n');
  const root = readFileSync(file('root.pem'), 'utf8');
  writeFileSync(file('cut.pem'), root.slice(0, root.length / 2));
  writeFileSync(file('spoilt.pem'), `${root}${root.replace(/\nM.{20}/, '\nAAAAAAAAAAAAAAAAAAAAA')}`);
  writeFileSync(file('cut.key'), readFileSync(file('client.key'), 'utf8').replace(/\n.{30}/, '\n'));
  secure = await startResponder(handler, {
    cert: readFileSync(file('server-chain.pem')),
    key: readFileSync(file('server.key')),
  });
  plain = await startResponder(handler);
});

afterAll(async () => {
  await secure[Symbol.asyncDispose]();
  await plain[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe('files for TLS', () => {
  it.each([
    ['empty.pem', 'holds no certificate'],
    ['words.pem', 'holds no certificate'],
    ['root.key', 'holds no certificate'],
    ['cut.pem', 'cannot be read'],
    ['spoilt.pem', 'cannot be read'],
    ['missing.pem', 'does not exist'],
    ['.', 'is a folder'],
  ])('a CA file that is no bundle of certificates (%s) is refused by name, over TLS and without', async (name, why) => {
    for (const { address } of [secure, plain]) {
      for (const env of [{ STRONGROOM_CACERT: file(name) }, { VAULT_CACERT: file(name) }]) {
        const result = await runInProcess(['status'], { env: { VAULT_ADDR: address, ...env } });
        expect(result).toMatchObject({ code: 1, stdout: '' });
        expect(result.stderr).toContain(why);
        expect(result.stderr).toContain(file(name));
      }
    }
  });

  it.each([
    ['server-chain.pem', 'client.key', /client key file .*client\.key does not belong to .*server-chain\.pem/],
    ['client-chain.pem', 'missing.key', /missing\.key does not exist/],
    ['client-chain.pem', 'root.pem', /client key file .*root\.pem cannot be used: it holds no private key/],
    [
      'client-chain.pem',
      'cut.key',
      /client key file .*cut\.key cannot be used: it holds a private key that cannot be read/,
    ],
    ['words.pem', 'client.key', /client certificate file .*words\.pem cannot be used: it holds no certificate/],
  ])('a client certificate %s with the key %s is refused before anything is sent', async (cert, key, why) => {
    const args = ['status', `-client-cert=${file(cert)}`, `-client-key=${file(key)}`, `-ca-cert=${file('root.pem')}`];
    const result = await runInProcess(args, { env: { VAULT_ADDR: secure.address } });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(why);
    expect(result.stderr).not.toContain('PRIVATE KEY-----\nM');
  });

  it('a bundle and a pair that fit are used', async () => {
    const args = ['status', `-client-cert=${file('client-chain.pem')}`, `-client-key=${file('client.key')}`];
    const env = { VAULT_ADDR: secure.address, VAULT_CACERT: file('root.pem') };
    expect(await runInProcess(args, { env })).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('the wrong scheme', () => {
  it('http:// to a listener with TLS says to use https://', async () => {
    const result = await runInProcess(['status', `-address=http://127.0.0.1:${secure.port}`]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^hint: .*use https:\/\//m);
  });

  it('https:// to a listener without TLS says to use http://', async () => {
    const result = await runInProcess(['status', `-address=https://127.0.0.1:${plain.port}`]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^hint: .*use http:\/\//m);
  });
});
