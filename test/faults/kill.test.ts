import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyAuditLog } from '../../src/server/index.ts';
import { type Reply, ServerProcess } from '../harness/server-process.ts';

const kills = process.env['STRONGROOM_TEST_LENGTH'] === 'long' ? 1_000 : 20;
const writers = 12;
const startLimitMillis = 5_000;

let server: ServerProcess;
let share: string;
let rootToken: string;

beforeAll(async () => {
  server = await ServerProcess.start();
  ({ share, rootToken } = await server.initialise());
  await server.call('POST', 'sys/mounts/secret', { token: rootToken, body: { type: 'kv', options: { version: '2' } } });
  await server.call('POST', 'sys/mounts/api-keys', { token: rootToken, body: { type: 'api-keys' } });
  await server.call('POST', 'sys/mounts/pki', { token: rootToken, body: { type: 'pki' } });
  const ec = { key_type: 'ec', key_bits: 256 };
  const ca = { common_name: 'Kill Root', ttl: '700h', ...ec };
  await server.call('POST', 'pki/root/generate/internal', { token: rootToken, body: ca });
  await server.call('POST', 'pki/roles/kill', { token: rootToken, body: { allow_any_name: true, ttl: '1h', ...ec } });
});

afterAll(async () => {
  await server.stop();
});

/** Proves that what was acknowledged is there. */
type Proof = () => Promise<void>;

/** What an answer holds; one that is a refusal says which. */
function dataOf({ status, json }: Reply, what: string): Reply['json'] {
  expect(status, `${what}: ${JSON.stringify(json)}`).toBe(200);
  return json.data;
}

const kinds: readonly ((name: string) => Promise<Proof>)[] = [
  async (name) => {
    const written = await server.call('POST', `secret/data/${name}`, { token: rootToken, body: { data: { name } } });
    expect(written.status, name).toBe(200);
    return async () => {
      const read = await server.call('GET', `secret/data/${name}`, { token: rootToken });
      expect(dataOf(read, `the value ${name}`).data).toEqual({ name });
    };
  },
  async (name) => {
    const made = await server.call('POST', 'auth/token/create', { token: rootToken, body: { display_name: name } });
    expect(made.status, name).toBe(200);
    const token: string = made.json.auth.client_token;
    return async () => {
      const found = await server.call('GET', 'auth/token/lookup-self', { token });
      expect(dataOf(found, `the token ${name}`).display_name).toBe(`token-${name}`);
    };
  },
  async (name) => {
    const made = await server.call('POST', 'api-keys/keys', { token: rootToken, body: { name, owner: 'faults' } });
    expect(made.status, name).toBe(200);
    const { key } = made.json.data;
    return async () => {
      const checked = await server.call('POST', 'api-keys/verify', { token: rootToken, body: { key } });
      expect(dataOf(checked, `the key ${name}`).valid).toBe(true);
    };
  },
  async (name) => {
    const body = { common_name: `${name}.test` };
    const made = await server.call('POST', 'pki/issue/kill', { token: rootToken, body });
    expect(made.status, name).toBe(200);
    const serial: string = made.json.data.serial_number;
    return async () => {
      const read = await server.call('GET', `pki/cert/${serial}`, { token: rootToken });
      expect(dataOf(read, `the certificate ${name}`).certificate).toContain('BEGIN CERTIFICATE');
      const revoked = await server.call('POST', 'pki/revoke', { token: rootToken, body: { serial_number: serial } });
      dataOf(revoked, `the revocation of ${name}`);
    };
  },
];

const rest = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

/** How many writes were acknowledged so far: a kill that meets none proves nothing. */
let written = 0;

/** Writes until the server is gone; answers the proofs of what it acknowledged. */
async function writeUntilItEnds(round: number, writer: number): Promise<Proof[]> {
  const proofs: Proof[] = [];
  for (let count = 0; ; count += 1) {
    const write = kinds[(writer + count) % kinds.length] as (typeof kinds)[number];
    try {
      proofs.push(await write(`r${round}w${writer}n${count}`));
      written += 1;
    } catch (error) {
      // A connection that broke is the kill; a refusal before it is a fault.
      if (error instanceof Error && error.name === 'AssertionError') throw error;
      return proofs;
    }
  }
}

test(`STO-03, PKI-26: killed ${kills} times amid writes: no acknowledged write is lost, it serves again within 5 s, the log stays whole`, {
  timeout: kills * 6_000,
}, async () => {
  let acknowledged = 0;
  written = 0;
  for (let round = 0; round < kills; round += 1) {
    const writing = Array.from({ length: writers }, (_, writer) => writeUntilItEnds(round, writer));
    // A different moment each time: between two commits, within one, while the log is written.
    await rest(60 + ((round * 37) % 190));
    await expect.poll(() => written, { timeout: 20_000, interval: 5 }).toBeGreaterThan(acknowledged + 10);
    await server.kill();
    const proofs = (await Promise.all(writing)).flat();
    const from = performance.now();
    await server.startAgain();
    expect((await server.call('POST', 'sys/unseal', { body: { key: share } })).json.sealed).toBe(false);
    const [first, ...others] = proofs;
    await first?.();
    expect(performance.now() - from).toBeLessThan(startLimitMillis);
    await Promise.all(others.map((proof) => proof()));
    acknowledged += proofs.length;
    written = acknowledged;
  }
  // Fewer would mean that nothing was being written when it was killed.
  expect(acknowledged).toBeGreaterThan(kills * 10);
  await server.kill();
  await server.startAgain();
  await server.call('POST', 'sys/unseal', { body: { key: share } });
  server.signal('SIGTERM');
  expect(await server.ended()).toBe(0);
  expect(await verifyAuditLog({ file: server.auditFile })).toMatchObject({ ok: true });
});
