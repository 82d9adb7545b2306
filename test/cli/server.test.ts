import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServerProcess } from '../harness/server-process.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const strongroom = join(root, 'bin', 'strongroom');

let server: ServerProcess;
let rootToken: string;
let elsewhere: string;

beforeAll(async () => {
  elsewhere = mkdtempSync(join(tmpdir(), 'strongroom-cli-'));
  server = await ServerProcess.start();
  ({ rootToken } = await server.initialise());
});

afterAll(async () => {
  await server.stop();
  rmSync(elsewhere, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | null;
  readonly said: string;
}

/** Starts a server that should refuse to; it is ended when it does not. */
async function tryStart(configuration: string): Promise<Outcome> {
  const file = join(elsewhere, 'server.hcl');
  writeFileSync(file, configuration, { mode: 0o600 });
  return runServer([`-config=${file}`]);
}

async function runServer(args: readonly string[]): Promise<Outcome> {
  const child = spawn(strongroom, ['server', ...args], {
    env: { PATH: process.env['PATH'], HOME: elsewhere },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 15_000,
    killSignal: 'SIGKILL',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, said };
}

/** The running server's configuration with something changed. */
const changed = (from: string | RegExp, to: string): string =>
  readFileSync(server.configFile, 'utf8').replace(from, to);

/** The serial of the certificate that a new connection is shown. */
async function servedSerial(): Promise<string> {
  const { hostname, port } = new URL(server.address);
  const socket = connect({ host: hostname, port: Number(port), ca: readFileSync(server.caFile) });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

test('a second server on the same data folder refuses to start and says why; the first goes on', async () => {
  const { port } = new URL(server.address);
  const outcome = await tryStart(changed(new RegExp(`:${port}"`, 'g'), ':0"'));
  expect(outcome.code).toBeGreaterThan(0);
  expect(outcome.said).toMatch(/in use|another server/i);
  expect((await server.call('GET', 'auth/token/lookup-self', { token: rootToken })).status).toBe(200);
});

test('a port in use is said', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const other = changed(/data"/, 'other"').replaceAll(`:${new URL(server.address).port}`, `:${port}`);
  const outcome = await tryStart(other.replace(/audit "file"[\s\S]*$/, ''));
  taken.close();
  expect(outcome.code).toBeGreaterThan(0);
  expect(outcome.said).toContain(String(port));
  expect(outcome.said).toContain('EADDRINUSE');
});

test('an unknown key of the configuration refuses to start and is named', async () => {
  const outcome = await tryStart(`${readFileSync(server.configFile, 'utf8')}\nclutser_name = "x"\n`);
  expect(outcome.code).toBeGreaterThan(0);
  expect(outcome.said).toContain('clutser_name');
});

test('a configuration that is missing or unreadable is said with its name', async () => {
  const missing = await runServer(['-config=/nowhere/server.hcl']);
  expect([missing.code, missing.said.includes('/nowhere/server.hcl')]).toEqual([1, true]);
  expect(missing.said).toMatch(/^error: .* does not exist\nhint: name a file or folder.*\nthe system says: ENOENT\n$/);
  const broken = await tryStart('storage "sqlite" {');
  expect(broken.code).toBe(1);
  expect(broken.said).toMatch(/line 1, column 19/);
  expect(broken.said).not.toContain('the system says');
});

test('a private key that others may read is refused with a hint', async () => {
  const key = join(elsewhere, 'open.key');
  copyFileSync(join(server.folder, 'tls', 'server.key'), key);
  chmodSync(key, 0o644);
  const other = changed(/tls_key_file {2}= "[^"]*"/, `tls_key_file = ${JSON.stringify(key)}`).replace(
    /data"/,
    'third"',
  );
  const outcome = await tryStart(other.replaceAll(`:${new URL(server.address).port}`, ':0'));
  expect(outcome.code).toBeGreaterThan(0);
  expect(outcome.said).toContain(key);
  expect(outcome.said).toMatch(/chmod 600|0600/);
});

test('SIGHUP serves a changed certificate to new connections and opens a moved audit log anew', async () => {
  const before = await servedSerial();
  const fresh = join(elsewhere, 'tls');
  await run(join(root, 'certs', 'make'), [fresh]);
  for (const name of ['root.pem', 'server-chain.pem', 'server.key']) {
    copyFileSync(join(fresh, name), join(server.folder, 'tls', name));
  }
  const moved = `${server.auditFile}.1`;
  renameSync(server.auditFile, moved);
  server.signal('SIGHUP');
  await expect.poll(() => existsSync(server.auditFile), { timeout: 5_000 }).toBe(true);
  await expect.poll(servedSerial, { timeout: 5_000 }).not.toBe(before);
  // The old log ends with a signed checkpoint, the new one begins by naming it.
  expect(readFileSync(moved, 'utf8').trimEnd().split('\n').at(-1)).toContain('"reason":"rotation"');
  expect(readFileSync(server.auditFile, 'utf8').split('\n')[0]).toContain('"type":"begin"');
});

test('-dev says its root token and where it listens, and ends with SIGINT', async () => {
  const child = spawn(strongroom, ['server', '-dev', '-dev-root-token-id=root', '-dev-listen-address=127.0.0.1:0'], {
    env: { PATH: process.env['PATH'], HOME: elsewhere },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  try {
    await expect.poll(() => said, { timeout: 15_000 }).toMatch(/Root Token: root/);
    expect(said).toMatch(/Unseal Key: \S+/);
    expect(said).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    const [code] = await ended;
    expect(code).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
});

test('SIGTERM answers what is in flight, ends the audit log with a checkpoint and exits with 0', async () => {
  const ending = await ServerProcess.start();
  try {
    const { rootToken: token } = await ending.initialise();
    await ending.call('POST', 'sys/auth/userpass', { token, body: { type: 'userpass' } });
    // The connections are there before the requests: what is not accepted yet is not in flight.
    await Promise.all(Array.from({ length: 8 }, () => ending.call('GET', 'sys/health')));
    // A password takes long enough to hash that the signal comes meanwhile.
    const slow = Array.from({ length: 8 }, (_, index) =>
      ending.call('POST', `auth/userpass/users/user-${index}`, { token, body: { password: `long enough ${index}` } }),
    );
    await new Promise((resolve) => setTimeout(resolve, 15));
    ending.signal('SIGTERM');
    const statuses = (await Promise.all(slow)).map(({ status }) => status);
    expect(statuses).toEqual(statuses.map(() => 204));
    expect(await ending.ended()).toBe(0);
    expect(ending.readAudit().trimEnd().split('\n').at(-1)).toContain('"reason":"stop"');
  } finally {
    await ending.stop();
  }
});

test('AUD-13: what the listener refuses by itself is answered with a code, a hint and an id, and recorded under it', async () => {
  const ask = async (head: string): Promise<{ status: number; body: Record<string, unknown> }> => {
    const { port, hostname } = new URL(server.address);
    const socket = connect({ host: hostname, port: Number(port), ca: readFileSync(server.caFile) });
    await once(socket, 'secureConnect');
    socket.write(`${head}\r\n\r\n`);
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += chunk;
    return { status: Number(text.slice(9, 12)), body: JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) };
  };
  const host = 'Host: localhost';
  for (const [head, status, code, path] of [
    [
      `POST /v1/secret/data/x?secret=canary HTTP/1.1\r\n${host}\r\nContent-Length: 99999999999`,
      413,
      'body_too_large',
      'secret/data/x',
    ],
    [`GET /v1/secret/data/${'x'.repeat(9_000)} HTTP/1.1\r\n${host}`, 414, 'uri_too_long', '/v1/secret/data/xx'],
    [`PROPFIND /v1/secret/data/y HTTP/1.1\r\n${host}`, 405, 'unsupported_operation', 'secret/data/y'],
    [`GET /v1/secret/data/z HTTP/1.1\r\n${host}\r\nUpgrade: h2c`, 400, 'invalid_request', 'secret/data/z'],
    [`BREW /v1/secret/data/canary HTTP/1.1\r\n${host}`, 501, 'method_not_implemented', ''],
    [`no HTTP at all, canary`, 400, 'invalid_request', ''],
    [`GET /v1/secret/data/x HTTP/1.1\r\n${host}\r\nX-Long: ${'canary'.repeat(20_000)}`, 431, 'headers_too_large', ''],
  ] as const) {
    const answer = await ask(head);
    expect([answer.status, answer.body['code']], head.slice(0, 30)).toEqual([status, code]);
    expect(answer.body['hint']).toBeTruthy();
    const id = String(answer.body['request_id']);
    const recorded = (): string[] =>
      server
        .readAudit()
        .split('\n')
        .filter((line) => line.includes(id));
    await expect.poll(() => recorded().length).toBe(2);
    const closing = JSON.parse(recorded()[1] as string);
    expect(closing).toMatchObject({ type: 'response', outcome: code });
    const recordedPath: string = closing.request.path ?? '';
    expect(recordedPath.startsWith(path), recordedPath).toBe(true);
    expect(closing.request.remote_address).toBe('127.0.0.1');
  }
  expect(server.readAudit()).not.toContain('canary');
});
