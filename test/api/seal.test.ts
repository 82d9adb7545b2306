import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const lookUp = () => server.root('GET', 'auth/token/lookup-self');
const unseal = () => server.call('POST', 'sys/unseal', { body: { key: server.shares[0] as string } });

it('is sealed when the answer to sys/seal arrives, not some time later', async () => {
  expect((await lookUp()).status).toBe(200);
  expect((await server.root('POST', 'sys/seal')).status).toBe(204);
  expect(server.core.seal.isSealed).toBe(true);
  expect((await lookUp()).status).toBe(503);
  expect((await unseal()).json.sealed).toBe(false);
  expect((await lookUp()).status).toBe(200);
});

it('needs sudo to be sealed', async () => {
  await server.root('POST', 'sys/policies/acl/almost', { policy: 'path "sys/seal" { capabilities = ["update"] }' });
  const { json } = await server.root('POST', 'auth/token/create', { policies: ['almost'] });
  expect((await server.call('POST', 'sys/seal', { token: json.auth.client_token })).status).toBe(403);
  expect((await server.call('POST', 'sys/seal')).status).toBe(403);
  expect(server.core.seal.isSealed).toBe(false);
});

it('serves nothing while the audit log is not open, though the keys are there already', async () => {
  await server.root('POST', 'secret/data/kept', { data: { a: '1' } });
  const { rootToken } = server;
  await server.node.seal();
  // The last share brings the keys; what opens the audit log comes after it.
  await server.core.seal.submitShare(server.shares[0] as string);
  expect(server.core.seal.isSealed).toBe(false);
  expect(server.node.audit).toBe(undefined);
  for (const path of ['auth/token/lookup-self', 'sys/mounts', 'secret/data/kept']) {
    expect((await server.call('GET', path, { token: rootToken })).status, path).toBe(503);
  }
  await server.node.unsealed();
  expect((await lookUp()).status).toBe(200);
});

it('does not answer what it could not record because it was sealed meanwhile', async () => {
  await server.root('POST', 'secret/data/kept', { data: { a: 'held back' } });
  const { router } = server.node.built;
  const find = router.find.bind(router);
  vi.spyOn(router, 'find').mockImplementation((...asked) => {
    const routed = find(...asked);
    const { match } = routed;
    if (!match) return routed;
    const handle: typeof match.route.handle = async (request) => {
      const found = await match.route.handle(request);
      await server.node.seal();
      return found;
    };
    return { ...routed, match: { ...match, route: { ...match.route, handle } } };
  });
  const { status, text } = await server.root('GET', 'secret/data/kept');
  expect(status).toBe(503);
  expect(text).not.toContain('held back');
});

it('progress is thrown away with every spelling of true that other fields take', async () => {
  await server.node.seal();
  for (const reset of [true, 'true', '1', 1, 't']) {
    expect((await server.call('POST', 'sys/unseal', { body: { RESET: reset } })).status, String(reset)).toBe(200);
  }
});

it('the shares are shown even if the audit log cannot be opened yet, and unseal the server once it can', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-init-'));
  const taken = join(folder, 'audit');
  writeFileSync(taken, 'a file where the folder should be');
  const config = { target: { kind: 'file', filePath: join(taken, 'audit.log') } } as const;
  const other = await startServer({ initialize: false, auditSinks: [{ path: 'file/', config }] });
  const made = await other.call('POST', 'sys/init', { body: { secret_shares: 1, secret_threshold: 1 } });
  expect(made.status).toBe(200);
  expect(made.json.warnings[0]).toContain('audit');
  const unseal = () => other.call('POST', 'sys/unseal', { body: { key: made.json.keys[0] } });
  expect((await unseal()).status, 'and it serves nothing until then').toBe(400);
  expect((await other.call('GET', 'sys/seal-status')).json.sealed).toBe(true);
  rmSync(taken);
  expect((await unseal()).json.sealed).toBe(false);
  expect((await other.call('GET', 'auth/token/lookup-self', { token: made.json.root_token })).status).toBe(200);
  await other.stop();
  rmSync(folder, { recursive: true });
});

it('is not initialised by a request that says nothing of key shares, or misspells them', async () => {
  const other = await startServer({ initialize: false });
  for (const body of [undefined, {}, { shares: 1, threshold: 1 }, { secret_shares: null }, { secret_threshold: 1 }]) {
    const answer = await other.call('POST', 'sys/init', { body });
    expect([answer.status, answer.json.code, answer.json.hint], JSON.stringify(body)).toEqual([
      400,
      'invalid_request',
      expect.stringContaining('shares'),
    ]);
  }
  expect((await other.call('GET', 'sys/init')).json).toEqual({ initialized: false });
  await other.stop();
});
