import { afterEach, beforeEach, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await startServer();
  const { root } = server;
  await root('POST', 'sys/policies/acl/reader', { policy: 'path "secret/*" { capabilities = ["read"] }' });
  await root('POST', 'sys/auth/userpass', { type: 'userpass' });
  await root('POST', 'sys/mounts/api-keys', { type: 'api-keys' });
  await root('POST', 'auth/userpass/users/anna', { password: 'long enough 1', token_policies: ['reader'] });
  await root('POST', 'auth/userpass/users/bert', { password: 'long enough 2', token_policies: ['reader'] });
});

afterEach(() => server.stop());

const logIn = async (name: string, password: string): Promise<string> =>
  (await server.call('POST', `auth/userpass/login/${name}`, { body: { password } })).json.auth.client_token;
const annas = () => logIn('anna', 'long enough 1');
const berts = () => logIn('bert', 'long enough 2');
const makeKey = async (owner: string) =>
  (await server.root('POST', 'api-keys/keys', { name: `of ${owner}`, owner })).json.data;
const isLive = async (token: string): Promise<boolean> =>
  (await server.call('GET', 'auth/token/lookup-self', { token })).status === 200;
const isValid = async (key: string): Promise<boolean> =>
  (await server.root('POST', 'api-keys/verify', { key })).json.data.valid;
const revoke = (body: Record<string, string | boolean>) => server.root('POST', 'sys/credentials/revoke', body);

test('everything one owner holds is dead when the call answers, and nothing of another', async () => {
  const [first, second, other] = [await annas(), await annas(), await berts()];
  const [hers, his] = [await makeKey('anna'), await makeKey('bert')];
  const preview = await revoke({ owner: 'anna', dry_run: true });
  expect(preview.json.data.count).toEqual({ lease: 0, token: 2, api_key: 1, pat: 0, certificate: 0 });
  expect(await isLive(first)).toBe(true);
  const done = await revoke({ owner: 'anna', reason: 'laptop stolen' });
  expect(done.json.data.count).toEqual(preview.json.data.count);
  expect([await isLive(first), await isLive(second), await isValid(hers.key)]).toEqual([false, false, false]);
  expect([await isLive(other), await isValid(his.key)]).toEqual([true, true]);
  const again = await revoke({ owner: 'anna', dry_run: true });
  expect(Object.values(again.json.data.count)).toEqual([0, 0, 0, 0, 0]);
});

test('a filter that is empty, or holds an empty or unknown value, revokes nothing', async () => {
  const token = await annas();
  for (const body of [{}, { dry_run: true }, { owner: '' }, { owner: 'anna', policy: '' }, { kind: 'everything' }]) {
    expect((await revoke(body)).status).toBe(400);
  }
  expect(await isLive(token)).toBe(true);
});

test('a root token without an end is revoked only where root tokens are meant', async () => {
  await annas();
  expect((await revoke({ kind: 'token' })).json.data.count).toEqual({ token: 1 });
  expect((await server.root('GET', 'auth/token/lookup-self')).status).toBe(200);
  expect((await revoke({ owner: 'root' })).json.data.count.token).toBe(0);
  expect((await revoke({ policy: 'root' })).json.data.count.token).toBe(1);
  expect((await server.root('GET', 'auth/token/lookup-self')).status).toBe(403);
});

test('the children of a revoked token die with it', async () => {
  await server.root('POST', 'auth/userpass/users/anna', { token_policies: ['reader', 'makes'] });
  await server.root('POST', 'sys/policies/acl/makes', {
    policy: 'path "auth/token/create" { capabilities = ["update"] }',
  });
  const parent = await annas();
  const made = await server.call('POST', 'auth/token/create', { token: parent, body: { policies: ['reader'] } });
  await revoke({ owner: 'anna' });
  expect(await isLive(made.json.auth.client_token)).toBe(false);
});

test('one list shows every kind in one shape, a page at a time, and never the credential', async () => {
  const token = await annas();
  const keys = [await makeKey('anna'), await makeKey('anna')];
  const seen: string[] = [];
  let after = '';
  do {
    const page = await server.root('LIST', `sys/credentials?owner=anna&limit=1${after && `&after=${after}`}`);
    expect(page.json.data.keys.length).toBeLessThanOrEqual(1);
    seen.push(...page.json.data.keys);
    after = page.json.data.next ?? '';
    for (const text of [token, ...keys.map(({ key }) => key)]) expect(page.text).not.toContain(text);
  } while (after !== '');
  expect(new Set(seen).size).toBe(3);
  const whole = (await server.root('LIST', 'sys/credentials?owner=anna')).json.data;
  expect(whole.keys).toEqual(seen);
  for (const info of Object.values<Record<string, unknown>>(whole.key_info)) {
    expect(Object.keys(info).sort()).toEqual(
      ('created_by created_time entity_id expire_time id kind last_used_time name owner policies ' + 'state').split(
        ' ',
      ),
    );
  }
});

test('kinds, states and times narrow', async () => {
  await annas();
  const key = await makeKey('anna');
  server.clock.advanceSeconds(60);
  await server.root('POST', `api-keys/keys/${key.id}/revoke`);
  const count = async (filter: string) =>
    ((await server.root('LIST', `sys/credentials?owner=anna&${filter}`)).json.data.keys as string[]).length;
  expect([await count('kind=token'), await count('kind=api_key'), await count('kind=lease')]).toEqual([1, 1, 0]);
  expect([await count('state=active'), await count('state=revoked')]).toEqual([1, 1]);
  expect([
    await count('created_after=2026-06-01T12:00:30Z'),
    await count('created_before=2026-06-01T12:00:30Z'),
  ]).toEqual([0, 2]);
});

test('a bad cursor, limit or right is refused', async () => {
  for (const query of ['after=elsewhere', 'after=nothing:x', 'limit=0', 'limit=1001', 'kind=secret']) {
    expect((await server.root('LIST', `sys/credentials?${query}`)).status).toBe(400);
  }
  await server.root('POST', 'sys/policies/acl/looks', {
    policy: 'path "sys/credentials*" { capabilities = ["list", "update"] }',
  });
  const token = (await server.root('POST', 'auth/token/create', { policies: ['looks'] })).json.auth.client_token;
  expect((await server.call('LIST', 'sys/credentials', { token })).status).toBe(403);
  const refused = await server.call('POST', 'sys/credentials/revoke', { token, body: { owner: 'anna' } });
  expect(refused.status).toBe(403);
});
