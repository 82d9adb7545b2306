import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JsonObject, strongroomVersion } from '../../src/lib/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

const file = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));

let server: TestServer;
let document: { paths: Record<string, Record<string, JsonObject>> } & JsonObject;

beforeAll(async () => {
  server = await startServer();
  const { root } = server;
  for (const type of ['pki', 'api-keys', 'pats', 'kv-v1']) await root('POST', `sys/mounts/${type}`, { type });
  for (const type of ['userpass', 'cert']) await root('POST', `sys/auth/${type}`, { type });
  document = (await root('GET', 'sys/internal/specs/openapi')).json;
});

afterAll(() => server.stop());

test('docs/openapi.json is what a server with every engine and auth method answers', () => {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (process.env['STRONGROOM_WRITE_OPENAPI'] === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8') === text, 'STRONGROOM_WRITE_OPENAPI=1 writes it anew').toBe(true);
});

test('every route of every mounted engine is in it, with an operation id of its own', () => {
  const ids = Object.values(document.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
  const mounted = [...server.core.mounts.all('secret'), ...server.core.mounts.all('auth')];
  const listed = JSON.stringify(document);
  for (const mount of mounted) {
    const engine = [...server.core.engines.values()].find(
      ({ type, kind }) => type === mount.type && kind === mount.kind,
    );
    const routes = engine?.routesFor?.(mount) ?? engine?.routes ?? [];
    expect(routes.length, mount.prefix).toBeGreaterThan(0);
    for (const { id } of routes) expect(listed.includes(`"${mount.prefix.replaceAll('/', '.')}${id}"`), id).toBe(true);
  }
});

test('path parameters, sensitive fields, lists and open routes are marked', () => {
  const { paths } = document;
  expect(document['openapi']).toBe('3.0.2');
  expect((document['info'] as JsonObject)['version']).toBe(strongroomVersion);
  for (const [path, item] of Object.entries(paths)) {
    const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
    for (const operation of Object.values(item)) {
      const inPath = (operation['parameters'] as JsonObject[]).filter((parameter) => parameter['in'] === 'path');
      expect(inPath.map(({ name }) => name).sort(), path).toEqual(names.sort());
    }
  }
  expect(paths['/auth/userpass/login/{username}']?.['post']?.['x-vault-unauthenticated']).toBe(true);
  expect(paths['/sys/audit']?.['get']?.['x-vault-sudo']).toBe(true);
  expect(paths['/sys/health']?.['get']?.['security']).toEqual([]);
});

test('a caller sees only what they can use, and nobody without a credential sees anything', async () => {
  await server.root('POST', 'sys/policies/acl/kv', { policy: 'path "secret/*" { capabilities = ["read"] }' });
  const made = await server.root('POST', 'auth/token/create', { policies: ['kv'], no_default_policy: true });
  const token = made.json.auth.client_token;
  const seen = (await server.call('GET', 'sys/internal/specs/openapi', { token })).json;
  expect(Object.keys(seen.paths).every((path) => path.startsWith('/secret/'))).toBe(true);
  expect(Object.keys(seen.paths).length).toBeGreaterThan(5);
  expect((await server.call('GET', 'sys/internal/specs/openapi')).status).toBe(403);
});
