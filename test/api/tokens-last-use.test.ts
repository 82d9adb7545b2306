import { afterAll, beforeAll, expect, it } from 'vitest';
import { sweep } from '../../src/server/jobs/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const rights = '"create", "read", "update", "list"';
  await server.root('POST', 'sys/policies/acl/all', { policy: `path "*" { capabilities = [${rights}] }` });
});
afterAll(() => server.stop());

async function limited(uses = 1): Promise<string> {
  const body = { policies: ['all'], num_uses: uses, ttl: '1h' };
  const answer = await server.root('POST', 'auth/token/create', body);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.auth.client_token;
}
const use = (token: string, method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.call(method, path, { token, ...(body && { body: body as never }) });
const isGone = async (token: string): Promise<boolean> =>
  (await server.root('POST', 'auth/token/lookup', { token })).status === 403;

it.each([
  ['POST', 'auth/token/renew-self', 200],
  ['POST', 'auth/token/renew', 200],
  ['GET', 'auth/token/lookup-self', 200],
  ['POST', 'auth/token/lookup', 200],
  ['POST', 'auth/token/revoke-self', 204],
  ['POST', 'auth/token/revoke', 204],
  ['POST', 'cubbyhole/a', 204],
  ['GET', 'sys/mounts', 200],
])('the last use of a token is served: %s %s', async (method, path, status) => {
  const token = await limited();
  const body = /-self|^sys/.test(path) ? undefined : { token };
  const answer = await use(token, method, path, body);
  expect(answer.status, answer.text).toBe(status);
  expect(await isGone(token)).toBe(true);
  expect((await use(token, method, path, body)).status).toBe(403);
});

it('a renewal that is the last use says that the token is gone, one before it moves the end', async () => {
  const token = await limited(2);
  const first = await use(token, 'POST', 'auth/token/renew-self', {});
  expect([first.json.auth.num_uses, first.json.warnings]).toEqual([1, null]);
  const last = await use(token, 'POST', 'auth/token/renew-self', {});
  expect(last.json.auth).toMatchObject({ client_token: token, num_uses: 0 });
  expect(last.json.warnings).toEqual(['This was the last use of the token: it is not valid any more']);
});

it('a token that is used up goes with what hangs on it, long before it would expire', async () => {
  const token = await limited(2);
  const { id } = (await server.core.tokens.find('root', token)) ?? {};
  await use(token, 'POST', 'cubbyhole/a', { x: 1 });
  await sweep(server.core);
  expect(await server.store.count('tokens', { id: id as string }), 'one use is left').toBe(1);
  await use(token, 'GET', 'cubbyhole/a');
  await sweep(server.core);
  expect(await server.store.count('tokens', { id: id as string })).toBe(0);
  expect(await server.store.count('records', { owner: id as string })).toBe(0);
});

it('what is leased is not handed out to a last use, and is taken back', async () => {
  await server.root('POST', 'sys/mounts/pki', { type: 'pki' });
  await server.root('POST', 'pki/root/generate/internal', { common_name: 'CA', key_type: 'ec', ttl: '100h' });
  const role = { allow_any_name: true, key_type: 'ec', ttl: '1h', generate_lease: true };
  await server.root('POST', 'pki/roles/leased', role);
  const token = await limited(2);
  const issue = () => use(token, 'POST', 'pki/issue/leased', { common_name: 'a.test' });
  const first = await issue();
  expect([first.status, first.json.lease_id.length > 0]).toEqual([200, true]);
  const second = await issue();
  expect([second.status, second.json.errors[0]]).toEqual([400, expect.stringMatching(/token had one use left/)]);
  expect(second.text).not.toContain('PRIVATE KEY');
  await sweep(server.core);
  const revoked = (await server.root('LIST', 'pki/certs/revoked')).json.data.keys;
  expect(revoked).toHaveLength(2);
  expect(await server.store.count('leases', {})).toBe(0);
});
