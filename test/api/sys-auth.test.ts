import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const enable = async (path: string, config: object = {}): Promise<void> => {
  expect((await server.root('POST', `sys/auth/${path}`, { type: 'userpass', config } as never)).status).toBe(204);
  await server.root('POST', `auth/${path}/users/ann`, { password: 'correct horse', token_policies: 'default' });
};
const logIn = (path: string) => server.call('POST', `auth/${path}/login/ann`, { body: { password: 'correct horse' } });
const isLive = async (token: string): Promise<boolean> =>
  (await server.call('GET', 'auth/token/lookup-self', { token })).status === 200;

describe('sys/auth', () => {
  it('lists the methods by path, the token method from the start', async () => {
    const { json } = await server.root('GET', 'sys/auth');
    expect(json.data['token/']).toMatchObject({ type: 'token', config: { token_type: 'default-service' } });
    expect(json['token/']).toEqual(json.data['token/']);
    expect((await server.root('GET', 'sys/auth/token')).json.data.type).toBe('token');
    expect((await server.root('GET', 'sys/auth/nope')).json.errors).toEqual(['No auth engine at nope/']);
  });

  it('the token method can be neither mounted again, nor over, nor removed, nor moved', async () => {
    expect((await server.root('POST', 'sys/auth/mine', { type: 'token' })).status).toBe(400);
    expect((await server.root('POST', 'sys/auth/token/x', { type: 'userpass' })).status).toBe(403);
    expect((await server.root('DELETE', 'sys/auth/token')).status).toBe(400);
    expect(await isLive(server.rootToken)).toBe(true);
  });

  it('an engine is no auth method', async () => {
    expect((await server.root('POST', 'sys/auth/x', { type: 'kv' })).status).toBe(400);
  });

  it('disabling a method kills its log-ins of both kinds and what is below them, at once', async () => {
    await enable('people');
    await enable('robots', { token_type: 'batch' });
    const person = (await logIn('people')).json.auth.client_token;
    const robot = (await logIn('robots')).json.auth.client_token;
    const child = await server.call('POST', 'auth/token/create', { token: server.rootToken, body: { ttl: '1h' } });
    await server.root('POST', 'sys/policies/acl/maker', {
      policy: 'path "auth/token/create" { capabilities = ["update"] }',
    });
    await server.root('POST', 'auth/people/users/ann', { token_policies: 'default,maker' });
    const maker = (await logIn('people')).json.auth.client_token;
    const below = (await server.call('POST', 'auth/token/create', { token: maker, body: { policies: ['default'] } }))
      .json.auth.client_token;
    for (const token of [person, robot, below]) expect(await isLive(token)).toBe(true);
    expect((await server.root('DELETE', 'sys/auth/people')).status).toBe(204);
    expect((await server.root('DELETE', 'sys/auth/robots')).status).toBe(204);
    for (const token of [person, robot, maker, below]) expect(await isLive(token)).toBe(false);
    expect(await isLive(child.json.auth.client_token), 'others live on').toBe(true);
    expect((await logIn('people')).status).toBe(403);
    expect((await server.root('DELETE', 'sys/auth/people')).status).toBe(204);
  });

  it('a method enabled again at the same path knows none of the old users, aliases and tokens', async () => {
    await enable('again');
    const before = (await logIn('again')).json.auth;
    await server.root('DELETE', 'sys/auth/again');
    expect((await server.root('POST', 'sys/auth/again', { type: 'userpass' })).status).toBe(204);
    expect((await logIn('again')).status).toBe(400);
    await server.root('POST', 'auth/again/users/ann', { password: 'correct horse' });
    const after = (await logIn('again')).json.auth;
    expect(after.entity_id).not.toBe(before.entity_id);
    expect(await isLive(before.client_token)).toBe(false);
  });

  it('a log-in under way while its method is disabled gives no living token', async () => {
    await enable('race');
    const answers = await Promise.all([
      logIn('race'),
      logIn('race'),
      server.root('DELETE', 'sys/auth/race'),
      logIn('race'),
    ]);
    for (const answer of [answers[0], answers[1], answers[3]]) {
      const token = answer.json.auth?.client_token;
      if (token !== undefined) expect(await isLive(token)).toBe(false);
    }
  });

  it('a move takes the method with its users to the new path; log-ins made at the old one end', async () => {
    await enable('from');
    const token = (await logIn('from')).json.auth.client_token;
    expect((await server.root('POST', 'sys/remount', { from: 'auth/from', to: 'auth/to' })).status).toBe(200);
    expect(await isLive(token)).toBe(false);
    expect((await logIn('to')).status).toBe(200);
    expect((await logIn('from')).status).toBe(403);
  });

  it('sys/auth/…/tune needs sudo, its twin below sys/mounts does not; both change the same', async () => {
    await enable('tuned');
    await server.root('POST', 'sys/policies/acl/tuner', {
      policy: `path "sys/auth/*" { capabilities = ["create", "read", "update", "delete"] }
               path "sys/mounts/auth/*" { capabilities = ["read", "update"] }`,
    });
    const made = await server.root('POST', 'auth/token/create', { policies: ['tuner'] });
    const token = made.json.auth.client_token;
    const asTuner = (method: string, path: string, body?: object) =>
      server.call(method, path, { token, ...(body && { body: body as never }) });
    expect((await asTuner('POST', 'sys/auth/tuned/tune', { default_lease_ttl: '1h' })).status).toBe(403);
    expect((await asTuner('GET', 'sys/auth/tuned/tune')).status).toBe(403);
    expect((await asTuner('POST', 'sys/auth/more', { type: 'userpass' })).status).toBe(403);
    expect((await asTuner('DELETE', 'sys/auth/tuned')).status).toBe(403);
    const body = { default_lease_ttl: '1h', token_type: 'batch', user_lockout_config: { lockout_threshold: '3' } };
    expect((await asTuner('POST', 'sys/mounts/auth/tuned/tune', body)).status).toBe(204);
    expect((await asTuner('GET', 'sys/mounts/auth/tuned/tune')).json.data).toMatchObject({
      default_lease_ttl: 3600,
      token_type: 'batch',
      user_lockout_threshold: 3,
      user_lockout_duration: 900,
    });
    expect((await logIn('tuned')).json.auth).toMatchObject({ token_type: 'batch', lease_duration: 3600 });
  });

  it('ACL-19: a right on sys/mounts reaches no auth method, except its settings', async () => {
    await enable('guarded');
    await server.root('POST', 'sys/policies/acl/mounter', {
      policy: 'path "sys/mounts/*" { capabilities = ["create", "read", "update", "delete"] }',
    });
    const { client_token: token } = (await server.root('POST', 'auth/token/create', { policies: ['mounter'] })).json
      .auth;
    const login = (await logIn('guarded')).json.auth.client_token;
    const call = (method: string, path: string, body?: object) =>
      server.call(method, path, { token, ...(body && { body: body as never }) });
    expect((await call('GET', 'sys/mounts/auth/guarded')).status).toBe(400);
    expect((await call('DELETE', 'sys/mounts/auth/guarded')).status).toBe(204);
    expect((await call('POST', 'sys/mounts/auth/guarded', { type: 'kv' })).status).toBe(403);
    expect((await call('POST', 'sys/remount', { from: 'auth/guarded', to: 'auth/x' })).status).toBe(403);
    expect(await isLive(login), 'the method and its log-ins are untouched').toBe(true);
    expect((await logIn('guarded')).status).toBe(200);
  });
});

it('a login under way when its method is moved or removed leaves no token behind', async () => {
  const { store } = server;
  for (const change of ['remove', 'move'] as const) {
    const path = `leaving-${change}`;
    await enable(path);
    await logIn(path);
    const before = await store.count('tokens', { namespace: 'root' });
    const commit = store.commit.bind(store);
    // The method goes after the login has read everything, and before its token is written.
    store.commit = async (changes) => {
      if (!changes.some((one) => one.kind === 'insert' && one.table === 'tokens')) return commit(changes);
      store.commit = commit;
      const done =
        change === 'remove'
          ? await server.root('DELETE', `sys/auth/${path}`)
          : await server.root('POST', 'sys/remount', { from: `auth/${path}`, to: `auth/${path}-new` });
      expect(done.status).toBeLessThan(300);
      return commit(changes);
    };
    const answer = await logIn(path);
    expect(answer.status, change).toBe(503);
    expect(answer.text).not.toContain('client_token');
    expect(await store.count('tokens', { namespace: 'root' }), change).toBe(before - 1);
  }
});

it('a login and a change of its method’s settings at once both go through', async () => {
  await enable('retuned');
  const [answer, tuned] = await Promise.all([
    logIn('retuned'),
    server.root('POST', 'sys/auth/retuned/tune', { description: 'x' }),
  ]);
  expect([answer.status, tuned.status]).toEqual([200, 204]);
});
