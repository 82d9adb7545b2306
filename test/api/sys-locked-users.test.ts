import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let accessor: string;
beforeAll(async () => {
  server = await startServer();
  const config = { user_lockout_config: { lockout_threshold: 2 } };
  await server.root('POST', 'sys/auth/people', { type: 'userpass', config });
  await server.root('POST', 'auth/people/users/ann', { password: 'correct horse' });
  accessor = (await server.root('GET', 'sys/auth/people')).json.data.accessor;
});
afterAll(() => server.stop());

const logIn = async (name: string, password: string): Promise<number> =>
  (await server.call('POST', `auth/people/login/${name}`, { body: { password } })).status;
const lockOut = async (name: string): Promise<void> => {
  for (let times = 0; times < 2; times += 1) expect(await logIn(name, 'wrong')).toBe(400);
  expect(await logIn(name, 'correct horse')).toBe(403);
};
const locked = () => server.root('GET', 'sys/locked-users');

describe('sys/locked-users', () => {
  it('shows who is locked, lets a name in again at once, and forgets a lock whose time is over', async () => {
    expect((await locked()).json.data).toEqual({ by_namespace: [], total: 0 });
    await lockOut('ann');
    await lockOut('nobody');
    expect((await locked()).json.data).toMatchObject({
      total: 2,
      by_namespace: [
        { counts: 2, mount_accessors: [{ mount_accessor: accessor, alias_identifiers: ['ann', 'nobody'] }] },
      ],
    });
    expect((await server.root('POST', `sys/locked-users/${accessor}/unlock/ANN`)).status).toBe(204);
    expect(await logIn('ann', 'correct horse')).toBe(200);
    expect((await server.root('GET', `sys/locked-users?mount_accessor=${accessor}`)).json.data.total).toBe(1);
    expect((await server.root('GET', 'sys/locked-users?mount_accessor=other')).json.data.total).toBe(0);
    server.clock.advanceSeconds(901);
    expect((await locked()).json.data.total).toBe(0);
  });

  it('a name that is not locked is 204, an unknown accessor 400, and nobody unlocks without the right', async () => {
    expect((await server.root('POST', `sys/locked-users/${accessor}/unlock/free`)).status).toBe(204);
    for (const other of ['nope', '__proto__', 'auth_token_00000000']) {
      expect((await server.root('POST', `sys/locked-users/${other}/unlock/ann`)).status, other).toBe(400);
    }
    await lockOut('ann');
    const { client_token: token } = (await server.root('POST', 'auth/token/create', { policies: ['default'] })).json
      .auth;
    for (const credential of [undefined, token]) {
      const options = credential === undefined ? {} : { token: credential };
      expect((await server.call('POST', `sys/locked-users/${accessor}/unlock/ann`, options)).status).toBe(403);
      expect((await server.call('GET', 'sys/locked-users', options)).status).toBe(403);
    }
    expect(await logIn('ann', 'correct horse')).toBe(403);
  });
});
