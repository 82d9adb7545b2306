import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Reply, ServerProcess } from '../harness/server-process.ts';

const isLong = process.env['STRONGROOM_TEST_LENGTH'] === 'long';
const loadMillis = isLong ? 60_000 : 5_000;
const children = 10_000;
const tokens = isLong ? 100_000 : 20_000;
const connections = 64;
/** Left alone for so long, the heap gives back what it does not need. */
const settleMillis = isLong ? 20_000 : 3_000;
const restMillis = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

let server: ServerProcess;
let rootToken: string;

beforeAll(async () => {
  server = await ServerProcess.start();
  ({ rootToken } = await server.initialise());
  const root = (path: string, body: unknown) => server.call('POST', path, { token: rootToken, body });
  await root('sys/mounts/secret', { type: 'kv', options: { version: '2' } });
  await root('sys/mounts/api-keys', { type: 'api-keys' });
  await root('sys/mounts/pki', { type: 'pki' });
  const ec = { key_type: 'ec', key_bits: 256 };
  await root('pki/root/generate/internal', { common_name: 'Load Root', ttl: '700h', ...ec });
  await root('pki/roles/load', { allowed_domains: 'load.test', allow_subdomains: true, ttl: '1h', ...ec });
});

afterAll(async () => {
  await server.stop();
});

/** Runs work on so many connections until `goesOn` says no. */
async function onAllConnections(goesOn: () => boolean, work: (count: number) => Promise<void>): Promise<void> {
  let count = 0;
  const worker = async (): Promise<void> => {
    while (goesOn()) {
      count += 1;
      await work(count);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

/** Makes so many tokens below a parent; answers them. */
async function makeTokens(parent: string, amount: number): Promise<string[]> {
  const made: string[] = [];
  let asked = 0;
  await onAllConnections(
    () => asked < amount,
    async () => {
      asked += 1;
      const { json } = await server.call('POST', 'auth/token/create', { token: parent, body: { ttl: '1h' } });
      made.push(json.auth.client_token);
    },
  );
  return made;
}

const residentMegabytes = (): number => {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_000;
};

const dataMegabytes = (): number => {
  const folder = join(server.folder, 'data');
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 1_000_000;
};

test('everything at once over 64 connections: no server error, no broken connection', {
  timeout: loadMillis + 30_000,
}, async () => {
  const { json } = await server.call('POST', 'api-keys/keys', {
    token: rootToken,
    body: { name: 'load', owner: 'load' },
  });
  const { key } = json.data;
  const csr = execFileSync(
    'openssl',
    'req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=a.load.test'.split(' '),
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const post = (path: string, body: unknown): Promise<Reply> => server.call('POST', path, { token: rootToken, body });
  const works: readonly ((count: number) => Promise<Reply>)[] = [
    () => post('auth/token/create', { ttl: '1h' }),
    () => post('api-keys/verify', { key }),
    (count) => post(`secret/data/load-${count % 50}`, { data: { count } }),
    (count) => server.call('GET', `secret/data/load-${count % 50}`, { token: rootToken }),
    () => post('pki/sign/load', { csr, common_name: 'a.load.test' }),
  ];
  const statuses = new Map<number, number>();
  const end = performance.now() + loadMillis;
  await onAllConnections(
    () => performance.now() < end,
    async (count) => {
      const { status } = await (works[count % works.length] as (typeof works)[number])(count);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    },
  );
  // 404: a value that was not written yet.
  expect([...statuses.keys()].filter((status) => status !== 200 && status !== 404)).toEqual([]);
  expect(statuses.get(200)).toBeGreaterThan(500);
});

test(`revoking a parent of ${children} answers within a second, and all are refused at once`, {
  timeout: 120_000,
}, async () => {
  const made = await server.call('POST', 'auth/token/create', { token: rootToken, body: { ttl: '1h' } });
  const parent: string = made.json.auth.client_token;
  const below = await makeTokens(parent, children);
  const from = performance.now();
  const revoked = await server.call('POST', 'auth/token/revoke', { token: rootToken, body: { token: parent } });
  const tookMillis = performance.now() - from;
  const isRefused = async (token: string): Promise<boolean> =>
    (await server.call('GET', 'auth/token/lookup-self', { token })).status === 403;
  const sampled = [parent, ...below.filter((_, index) => index % 20 === 0)];
  expect(await Promise.all(sampled.map(isRefused))).toEqual(sampled.map(() => true));
  expect(revoked.status).toBe(204);
  expect(tookMillis).toBeLessThan(1_000);
});

test(`${tokens} tokens take hardly any memory, and 1 KB of disk each`, { timeout: 300_000 }, async () => {
  // The heap grows with the load, whatever is kept: it has to have found its size first.
  await makeTokens(rootToken, 20_000);
  await restMillis(settleMillis);
  const before = { memory: residentMegabytes(), disk: dataMegabytes() };
  await makeTokens(rootToken, tokens);
  await restMillis(settleMillis);
  const grown = { memory: residentMegabytes() - before.memory, disk: dataMegabytes() - before.disk };
  console.log(`${tokens} tokens: memory +${grown.memory.toFixed(1)} MB, disk +${grown.disk.toFixed(1)} MB`);
  expect(grown.memory).toBeLessThan(20);
  // The write-ahead log of a few megabytes is there however few they are.
  expect(grown.disk).toBeLessThan(tokens / 1_000 + 5);
});
