import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let folder: string;
let file: string;
let server: TestServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-audit-'));
  file = join(folder, 'audit.log');
  server = await startServer({
    auditSinks: [{ path: 'file/', config: { target: { kind: 'file', filePath: file } } }],
  });
  await server.root('POST', 'sys/policies/acl/reader', { policy: 'path "secret/*" { capabilities = ["read"] }' });
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const query = async (text: string) => server.root('GET', `sys/audit/query?${text}`);

test('who made a token, when, from where and with which policies is one query away', async () => {
  const made = await server.root('POST', 'auth/token/create', { policies: ['reader'], ttl: '1h' });
  const { events } = (await query('operation=token.create')).json.data;
  expect(events).toHaveLength(1);
  expect(events[0].auth).toMatchObject({ display_name: 'root', policies: ['root'] });
  expect(events[0].request).toMatchObject({ path: 'auth/token/create', remote_address: '127.0.0.1' });
  expect(events[0].response.auth.policies).toEqual(['default', 'reader']);
  expect(events[0].time).toMatch(/^2026-06-01T12:00/);
  const byAccessor = await query(`accessor=${made.json.auth.accessor}`);
  expect(byAccessor.json.data.events).toHaveLength(1);
});

test('operations of one engine are told from those of others, and half a name finds nothing', async () => {
  expect((await query('operation=token.token.create')).json.data.events).toHaveLength(1);
  expect((await query('operation=create')).json.data.events).toHaveLength(0);
  expect((await query('operation=oken.create')).json.data.events).toHaveLength(0);
});

test('pages follow each other without gap or double, and a foreign cursor is refused', async () => {
  for (let made = 0; made < 5; made += 1) await server.root('GET', `secret/data/page-${made}`);
  const first = (await query('path=secret/data/page-*&limit=3')).json.data;
  const second = (await query(`path=secret/data/page-*&limit=3&after=${first.next}`)).json.data;
  const paths = [...first.events, ...second.events].map(({ request }) => request.path);
  expect(paths).toEqual([4, 3, 2, 1, 0].map((made) => `secret/data/page-${made}`));
  expect((await query('after=17-0123456789abcdef')).status).toBe(400);
  expect((await query('limit=1001')).status).toBe(400);
  expect((await query('since=yesterday')).status).toBe(400);
});

test('refusals are found by their outcome and times narrow', async () => {
  await server.call('GET', 'secret/data/refused', { token: 'srs.no-such-token' });
  const refused = (await query('outcome=unauthenticated')).json.data.events;
  expect(refused[0].request.path).toBe('secret/data/refused');
  expect((await query('since=2026-06-01T13:00:00Z')).json.data.events).toHaveLength(0);
  expect((await query('until=2026-06-01T11:00:00Z')).json.data.events).toHaveLength(0);
});

test('an answer made of the log does not grow the log', async () => {
  await query('limit=1000');
  const before = readFileSync(file).length;
  await query('limit=1000');
  expect(readFileSync(file).length - before).toBeLessThan(6_000);
});

test('the log is read only with sudo', async () => {
  await server.root('POST', 'sys/policies/acl/looks', { policy: 'path "sys/audit*" { capabilities = ["read"] }' });
  const token = (await server.root('POST', 'auth/token/create', { policies: ['looks'] })).json.auth.client_token;
  for (const path of ['sys/audit', 'sys/audit/query']) {
    expect((await server.call('GET', path, { token })).status).toBe(403);
  }
  expect((await server.call('GET', 'sys/audit/key', { token })).json.data.public_key).toMatch(/^-----BEGIN PUBLIC KEY/);
});

test('devices are listed as Vault lists them, at the top level too', async () => {
  const { json } = await server.root('GET', 'sys/audit');
  expect(json['file/']).toMatchObject({ type: 'file', path: 'file/', local: false });
  expect(json.data['file/'].options.file_path).toBe(file);
});

test('a value can be looked for by its hash; an unknown device is refused', async () => {
  const { hash } = (await server.root('POST', 'sys/audit-hash/file', { input: server.rootToken })).json.data;
  expect(hash).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
  expect(readFileSync(file, 'utf8')).toContain(hash);
  expect(readFileSync(file, 'utf8')).not.toContain(server.rootToken);
  const unknown = await server.root('POST', 'sys/audit-hash/other', { input: 'x' });
  expect([unknown.status, unknown.json.errors]).toEqual([400, ['unknown audit backend: "other/"']]);
});

test('AUD-05: no token changes where the log goes, whatever path, mode, prefix or address it asks for', async () => {
  for (const [type, options] of [
    ['file', { file_path: join(folder, 'other.log') }],
    ['file', { path: join(folder, 'other.log'), mode: '0777' }],
    ['file', { file_path: 'stdout', prefix: '#!/bin/sh' }],
    ['socket', { address: '127.0.0.1:9090' }],
  ] as const) {
    for (const path of ['other', 'file']) {
      const enabled = await server.root('POST', `sys/audit/${path}`, { type, options });
      expect([enabled.status, enabled.json.code]).toEqual([400, 'invalid_request']);
    }
  }
  expect(readdirSync(folder).filter((name) => name.startsWith('other'))).toEqual([]);
  expect((await server.root('DELETE', 'sys/audit/file')).status).toBe(400);
  expect((await server.root('DELETE', 'sys/audit/absent')).status).toBe(204);
  expect(Object.keys((await server.root('GET', 'sys/audit')).json.data)).toEqual(['file/']);
});
