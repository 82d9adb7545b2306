import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let accessor: string;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);

beforeEach(async () => {
  server = await startServer();
  await root('POST', 'sys/auth/userpass', { type: 'userpass' });
  accessor = (await root('GET', 'sys/auth')).json.data['userpass/'].accessor;
  for (const name of ['anna', 'bert']) {
    await root('POST', `auth/userpass/users/${name}`, { password: `long enough ${name}` });
  }
  await root('POST', 'sys/policies/acl/extra', { policy: 'path "secret/data/x" { capabilities = ["read"] }' });
});
afterEach(() => server.stop());

const logIn = async (name: string) =>
  (await server.call('POST', `auth/userpass/login/${name}`, { body: { password: `long enough ${name}` } })).json.auth;
const read = async (token: string): Promise<number> => (await server.call('GET', 'secret/data/x', { token })).status;

it('an entity’s policies are rights of its tokens at once, and end at once', async () => {
  const { client_token: token, entity_id: id } = await logIn('anna');
  expect(await read(token)).toBe(403);
  await root('POST', `identity/entity/id/${id}`, { policies: ['extra'] });
  expect(await read(token)).toBe(404);
  expect((await server.call('GET', 'auth/token/lookup-self', { token })).json.data.identity_policies).toEqual([
    'extra',
  ]);
  await root('POST', `identity/entity/id/${id}`, { policies: [] });
  expect(await read(token)).toBe(403);
});

it('a disabled entity uses no token and gets none; enabled again it goes on', async () => {
  const { client_token: token, entity_id: id } = await logIn('anna');
  await root('POST', `identity/entity/id/${id}`, { disabled: true });
  expect((await server.call('GET', 'auth/token/lookup-self', { token })).status).toBe(403);
  const refused = await server.call('POST', 'auth/userpass/login/anna', { body: { password: 'long enough anna' } });
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(refused.json.auth ?? null).toBeNull();
  await root('POST', `identity/entity/id/${id}`, { disabled: false });
  expect((await server.call('GET', 'auth/token/lookup-self', { token })).status).toBe(200);
});

it('a token whose entity was deleted is refused', async () => {
  const { client_token: token, entity_id: id } = await logIn('anna');
  expect((await root('DELETE', `identity/entity/id/${id}`)).status).toBe(204);
  expect((await server.call('GET', 'auth/token/lookup-self', { token })).status).toBe(403);
  // A new log-in is a new entity, without what the old one had.
  expect((await logIn('anna')).entity_id).not.toBe(id);
});

it('IDN-02: an alias of somebody else cannot be taken, by making one or by changing one', async () => {
  const anna = await logIn('anna');
  const bert = await logIn('bert');
  await root('POST', `identity/entity/id/${bert.entity_id}`, { policies: ['extra'] });
  const made = await root('POST', 'identity/entity-alias', {
    name: 'bert',
    canonical_id: anna.entity_id,
    mount_accessor: accessor,
  });
  const own = (await root('GET', `identity/entity/id/${anna.entity_id}`)).json.data.aliases[0];
  const changed = await root('POST', `identity/entity-alias/id/${own.id}`, {
    name: 'bert',
    canonical_id: anna.entity_id,
    mount_accessor: accessor,
  });
  expect([made.status, changed.status]).toEqual([400, 400]);
  expect(await read(anna.client_token)).toBe(403);
  expect((await logIn('bert')).entity_id).toBe(bert.entity_id);
  expect((await logIn('anna')).entity_id).toBe(anna.entity_id);
});

it('IDN-12: what names an entity or alias for good is not changed by a body', async () => {
  const anna = await logIn('anna');
  const bert = await logIn('bert');
  await root('POST', `identity/entity/id/${anna.entity_id}`, { id: bert.entity_id, metadata: { team: 'one' } });
  const { data } = (await root('GET', `identity/entity/id/${anna.entity_id}`)).json;
  expect([data.id, data.metadata]).toEqual([anna.entity_id, { team: 'one' }]);
  expect((await root('GET', `identity/entity/id/${bert.entity_id}`)).json.data.metadata ?? {}).toEqual({});
});

it('two entities have no name in common', async () => {
  await root('POST', 'identity/entity', { name: 'first' });
  const second = (await root('POST', 'identity/entity', { name: 'second' })).json.data.id;
  expect((await root('POST', `identity/entity/id/${second}`, { name: 'first' })).status).toBe(400);
  expect((await root('GET', `identity/entity/id/${second}`)).json.data.name).toBe('second');
});

it('with an alias end the log-ins under its name, so that none outlives the user', async () => {
  const { client_token: token, entity_id: id } = await logIn('anna');
  const other = await logIn('bert');
  const child = (
    await server.call('POST', 'auth/token/create', { token: server.rootToken, body: { policies: ['default'] } })
  ).json.auth.client_token;
  const [alias] = (await root('GET', `identity/entity/id/${id}`)).json.data.aliases;
  expect((await root('DELETE', `identity/entity-alias/id/${alias.id}`)).status).toBe(204);
  const status = async (text: string) => (await server.call('GET', 'auth/token/lookup-self', { token: text })).status;
  expect([await status(token), await status(other.client_token), await status(child)]).toEqual([403, 200, 200]);
  expect((await root('GET', `identity/entity/id/${id}`)).status, 'the entity stays').toBe(200);
  expect((await root('DELETE', `identity/entity-alias/id/${alias.id}`)).status, 'gone already').toBe(204);
});

it.each([
  [
    'alias',
    async (id: string) => {
      const [alias] = (await root('GET', `identity/entity/id/${id}`)).json.data.aliases;
      return root('DELETE', `identity/entity-alias/id/${alias.id}`);
    },
  ],
  ['entity', (id: string) => root('DELETE', `identity/entity/id/${id}`)],
] as const)('a log-in under way when its %s is deleted is one of a new identity', async (_what, remove) => {
  const { entity_id: id } = await logIn('anna');
  const { store } = server;
  const commit = store.commit.bind(store);
  store.commit = async (changes) => {
    if (!changes.some((one) => one.kind === 'insert' && one.table === 'tokens')) return commit(changes);
    store.commit = commit;
    expect((await remove(id)).status).toBe(204);
    return commit(changes);
  };
  const { entity_id: next } = await logIn('anna');
  expect(next).not.toBe(id);
  expect(await store.count('tokens', { namespace: 'root', entity_id: id })).toBe(0);
});
