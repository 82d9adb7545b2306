import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const create = async (body: object, token = server.rootToken): Promise<{ client_token: string; accessor: string }> => {
  const answer = await server.call('POST', 'auth/token/create', { token, body: body as never });
  expect(answer.status, answer.text).toBe(200);
  return answer.json.auth;
};

describe('tokens', () => {
  it('a root token looks itself up', async () => {
    const answer = await server.root('GET', 'auth/token/lookup-self');
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.data).toMatchObject({ policies: ['root'], ttl: 0, expire_time: null, orphan: true });
  });

  it('looking up a token by GET shows the one that was asked for, or the caller without one', async () => {
    const { client_token: token, accessor } = await create({ ttl: '1h', policies: ['default'], meta: { a: 'b' } });
    const named = await server.root('GET', `auth/token/lookup?token=${token}`);
    expect([named.status, named.json.data.accessor, named.json.data.meta]).toEqual([200, accessor, { a: 'b' }]);
    expect(named.json.warnings?.[0]).toContain('by POST');
    const own = await server.root('GET', 'auth/token/lookup');
    expect([own.json.data.id, own.json.warnings]).toEqual([server.rootToken, null]);
    const unknown = await server.root('GET', 'auth/token/lookup?token=srs.unknown');
    expect([unknown.status, unknown.json.errors, unknown.json.hint === '']).toEqual([403, ['bad token'], false]);
    expect((await server.call('GET', `auth/token/lookup?token=${server.rootToken}`, { token })).status).toBe(403);
  });

  it('a token expires at its time, without any sweeper', async () => {
    const { client_token: token } = await create({ ttl: '1h', policies: ['default'] });
    expect((await server.call('GET', 'auth/token/lookup-self', { token })).status).toBe(200);
    server.clock.advanceSeconds(3_600);
    expect((await server.call('GET', 'auth/token/lookup-self', { token })).status).toBe(403);
  });

  it('TOK-10: a token of one use succeeds once among fifty parallel calls', async () => {
    const { client_token: token } = await create({ num_uses: 1, policies: ['default'] });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => server.call('GET', 'auth/token/lookup-self', { token })),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 403)).toHaveLength(49);
  });

  it('TOK-09: revoking a parent refuses every token below it', async () => {
    const parent = await create({ policies: ['root'], ttl: '1h' });
    const child = await create({ policies: ['root'], ttl: '1h' }, parent.client_token);
    const grandchild = await create({ policies: ['default'], ttl: '1h' }, child.client_token);
    expect((await server.root('POST', 'auth/token/revoke', { token: parent.client_token })).status).toBe(204);
    for (const { client_token: token } of [parent, child, grandchild]) {
      expect((await server.call('GET', 'auth/token/lookup-self', { token })).status).toBe(403);
    }
  });

  it('a token bound to addresses is refused from another one', async () => {
    const { client_token: token } = await create({ bound_cidrs: ['10.0.0.0/8'], policies: ['default'] });
    const from = (address: string) => server.call('GET', 'auth/token/lookup-self', { token, address });
    expect((await from('10.1.2.3')).status).toBe(200);
    expect((await from('11.1.2.3')).status).toBe(403);
    expect((await from('::ffff:10.1.2.3')).status, 'NET-01').toBe(200);
  });
});
