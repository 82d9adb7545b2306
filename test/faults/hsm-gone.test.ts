import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServerProcess } from '../harness/server-process.ts';

const createToken = fileURLToPath(new URL('../../hsm/create-token', import.meta.url));

let folder: string;
let tokens: string;
let server: ServerProcess;
let rootToken: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-hsm-gone-'));
  const out = execFileSync(createToken, ['--folder', folder], { encoding: 'utf8' });
  const facts = JSON.parse(out) as { module: string; configuration: string; label: string; pinFile: string };
  tokens = /directories\.tokendir\s*=\s*(\S+)/.exec(readFileSync(facts.configuration, 'utf8'))?.[1] ?? '';
  const settings = `"pkcs11" {
  lib         = ${JSON.stringify(facts.module)}
  token_label = ${JSON.stringify(facts.label)}
  pin_file    = ${JSON.stringify(facts.pinFile)}
}
`;
  server = await ServerProcess.start({
    stanzas: () => `seal ${settings}hsm ${settings}`,
    env: { SOFTHSM2_CONF: facts.configuration },
  });
  const made = await server.call('POST', 'sys/init', { body: { recovery_shares: 1, recovery_threshold: 1 } });
  rootToken = made.json.root_token;
  await server.call('POST', 'sys/mounts/pki', { token: rootToken, body: { type: 'pki' } });
  const ec = { key_type: 'ec', key_bits: 256 };
  const ca = { common_name: 'HSM Root', ttl: '700h', ...ec };
  await server.call('POST', 'pki/root/generate/internal', { token: rootToken, body: ca });
  await server.call('POST', 'pki/roles/r', { token: rootToken, body: { allow_any_name: true, ttl: '1h', ...ec } });
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const issue = () => server.call('POST', 'pki/issue/r', { token: rootToken, body: { common_name: 'a.test' } });
const lookUp = async (): Promise<number> =>
  (await server.call('GET', 'auth/token/lookup-self', { token: rootToken })).status;

test('with the token gone signing is refused and everything else goes on; with it back, signing works again', {
  timeout: 90_000,
}, async () => {
  expect((await issue()).status).toBe(200);
  renameSync(tokens, `${tokens}.away`);
  // SoftHSM answers from memory for a while what it has read: only a fresh process sees that the token is gone.
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').match(/\d+/g) ?? [];
  expect(children.length, 'processes of the server that hold the token').toBeGreaterThan(0);
  for (const pid of children) process.kill(Number(pid), 'SIGKILL');
  await expect.poll(async () => (await issue()).status, { timeout: 20_000 }).toBe(503);
  const refused = await issue();
  expect([refused.status, refused.json.code]).toEqual([503, 'keys_unavailable']);
  expect(refused.json.hint).toBeTruthy();
  expect(await lookUp()).toBe(200);
  renameSync(`${tokens}.away`, tokens);
  await expect.poll(async () => (await issue()).status, { timeout: 60_000, interval: 500 }).toBe(200);
});

test('started without its token the server stays sealed and says why; when the token is there it unseals by itself', {
  timeout: 120_000,
}, async () => {
  renameSync(tokens, `${tokens}.away`);
  server.signal('SIGTERM');
  await server.ended();
  const before = server.log.length;
  await server.startAgain();
  expect((await server.call('GET', 'sys/seal-status')).json.sealed).toBe(true);
  expect(await lookUp()).toBe(503);
  expect(server.log.slice(before)).toMatch(/token|HSM/);
  renameSync(`${tokens}.away`, tokens);
  await expect.poll(lookUp, { timeout: 90_000, interval: 500 }).toBe(200);
});
