import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

/** The life of a token as a lease: looked up, listed and revoked below the path the token was made at. */

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await server.root('POST', 'sys/auth/people', { type: 'userpass' });
  await server.root('POST', 'sys/auth/far/away', { type: 'userpass' });
  for (const name of ['ann', 'bob'])
    await server.root('POST', `auth/people/users/${name}`, { password: 'correct horse', token_ttl: '1h' });
});
afterAll(() => server.stop());

const logIn = async (name: string): Promise<string> =>
  (await server.call('POST', `auth/people/login/${name}`, { body: { password: 'correct horse' } })).json.auth
    .client_token;
const newToken = async (body: object = {}, token = server.rootToken): Promise<string> =>
  (
    await server.call('POST', 'auth/token/create', {
      token,
      body: { policies: ['default'], ttl: '1h', ...body } as never,
    })
  ).json.auth.client_token;
const list = (path: string): Promise<CallAnswer> => server.root('LIST', `sys/leases/lookup/${path}`);
const keys = async (path: string): Promise<string[]> => (await list(path)).json?.data?.keys ?? [];
const lookUp = (id: string) => server.root('POST', 'sys/leases/lookup', { lease_id: id });
const lives = async (token: string): Promise<boolean> =>
  (await server.call('GET', 'auth/token/lookup-self', { token })).status === 200;
/** The one lease below a path. */
async function leaseBelow(path: string): Promise<string> {
  const [name, ...more] = await keys(path);
  expect(more).toEqual([]);
  return `${path}/${name}`;
}

it('is looked up by an id below the path of the log-in, which tells nothing of the token', async () => {
  const token = await logIn('ann');
  const id = await leaseBelow('auth/people/login/ann');
  const { accessor } = (await server.call('GET', 'auth/token/lookup-self', { token })).json.data;
  expect([id.includes(token), id.includes(accessor)]).toEqual([false, false]);
  server.clock.advanceSeconds(600);
  await server.root('POST', 'auth/token/renew', { token });
  expect((await lookUp(id)).json.data).toEqual({
    id,
    issue_time: '2026-06-01T12:00:00Z',
    last_renewal: '2026-06-01T12:10:00Z',
    expire_time: '2026-06-01T13:10:00Z',
    renewable: true,
    ttl: 3_600,
  });
  const renewal = await server.root('POST', 'sys/leases/renew', { lease_id: id });
  expect([renewal.status, renewal.json.hint]).toEqual([400, 'use auth/token/renew']);
  server.clock.advanceSeconds(3_600);
  expect((await lookUp(id)).json.errors).toEqual(['invalid lease']);
  expect((await list('auth/people/login/ann')).status).toBe(404);
});

it('is listed folder by folder, with sudo alone', async () => {
  const tokens = [await logIn('ann'), await logIn('ann'), await logIn('bob'), await newToken()];
  expect(await keys('')).toContain('auth/');
  expect(await keys('auth')).toEqual(['people/', 'token/']);
  expect(await keys('auth/people')).toEqual(['login/']);
  expect(await keys('auth/people/login')).toEqual(['ann/', 'bob/']);
  expect(await keys('auth/people/login/ann')).toHaveLength(2);
  expect(await keys('auth/token/create')).toHaveLength(1);
  for (const path of ['auth/people/log', 'auth/people/login/an', 'auth/far', 'autho'])
    expect((await list(path)).status, path).toBe(404);
  const refused = await server.call('LIST', 'sys/leases/lookup/auth/people', { token: tokens[0] as string });
  expect(refused.status).toBe(403);
  for (const token of tokens) await server.root('POST', 'auth/token/revoke', { token });
});

it.each(['sys/leases/revoke', 'sys/revoke', 'sys/leases/revoke-prefix', 'sys/leases/revoke-force'])(
  'is revoked by its id, with all below the token: %s',
  async (path) => {
    const [token, other] = [await logIn('ann'), await logIn('bob')];
    const id = await leaseBelow('auth/people/login/ann');
    expect((await server.root('PUT', `${path}/${id}`)).status).toBe(204);
    expect([await lives(token), await lives(other)]).toEqual([false, true]);
    expect((await server.root('PUT', `${path}/${id}`)).status, 'it is gone').toBe(204);
    await server.root('POST', 'auth/token/revoke', { token: other });
  },
);

it('a child goes with its parent’s lease', async () => {
  await server.root('POST', 'sys/policies/acl/maker', {
    policy: 'path "auth/token/create" { capabilities = ["update"] }',
  });
  const parent = await newToken({ policies: ['default', 'maker'] });
  const id = await leaseBelow('auth/token/create');
  const child = await newToken({ policies: ['default'], ttl: '10m' }, parent);
  expect((await server.root('POST', 'sys/leases/revoke', { lease_id: id })).status).toBe(204);
  expect([await lives(parent), await lives(child)]).toEqual([false, false]);
});

it('an id under another path than the token’s own is no lease: rights on one path reach no other', async () => {
  const token = await logIn('ann');
  const id = await leaseBelow('auth/people/login/ann');
  const name = id.slice(id.lastIndexOf('/') + 1);
  for (const other of [
    `auth/people/login/bob/${name}`,
    `auth/token/create/${name}`,
    `auth/${name}`,
    `auth//${name}`,
    name,
  ]) {
    expect((await lookUp(other)).status, other).toBe(400);
    await server.root('POST', 'sys/leases/revoke', { lease_id: other });
    expect(await lives(token), other).toBe(true);
  }
});

it('a root token without an end and a batch token are nobody’s lease', async () => {
  for (const token of (await keys('auth/token')).map(String)) expect(token).not.toContain(server.rootToken);
  await newToken({ type: 'batch' });
  expect((await list('auth/token')).status).toBe(404);
  const { id } = (await server.core.tokens.find('root', server.rootToken)) ?? {};
  const { path } = (await server.root('GET', 'auth/token/lookup-self')).json.data;
  await server.root('POST', 'sys/leases/revoke', { lease_id: `${path}/h${id}` });
  expect((await server.root('GET', 'auth/token/lookup-self')).status).toBe(200);
});

it('whoever goes through many tokens lets others be served in between', async () => {
  const { core } = server;
  const sample = await core.tokens.find('root', await newToken());
  if (!sample) throw new Error('no token');
  const { accessor: _accessor, ...body } = sample.body;
  const many = Array.from({ length: 3_000 }, () =>
    core.tokens.mint({ ...sample, parent: null, body: { ...body, path: 'auth/token/create/crowd' } }),
  );
  await core.store.commit(many.flatMap(({ changes }) => changes));
  /** How often something else could run while `work` does. */
  const turnsDuring = async (work: () => Promise<unknown>): Promise<number> => {
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await work();
    isOver = true;
    return turns;
  };
  const few = await turnsDuring(() => server.root('PUT', 'sys/leases/revoke-prefix/nothing/there'));
  for (const [method, path] of [
    ['PUT', 'sys/leases/revoke-prefix/auth/token/create/nobody'],
    ['LIST', 'sys/leases/lookup/auth/token/create/nobody'],
    ['LIST', 'auth/token/accessors'],
  ] as const) {
    expect((await turnsDuring(() => server.root(method, path))) - few, path).toBeGreaterThanOrEqual(2);
  }
});
