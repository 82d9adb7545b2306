import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/lib/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

it('a key is valid from its creation to its revocation, and another secret never is', async () => {
  const created = await server.root('POST', 'api-keys/keys', { name: 'checkout' });
  expect(created.status).toBe(200);
  const { key, id } = created.json.data;
  const verify = async (sent: string) => (await server.root('POST', 'api-keys/verify', { key: sent })).json.data.valid;
  expect(await verify(key)).toBe(true);
  expect(await verify(`${key}x`)).toBe(false);
  expect(JSON.stringify((await server.root('GET', `api-keys/keys/${id}`)).json)).not.toContain(key);
  expect((await server.root('POST', `api-keys/keys/${id}/revoke`)).status).toBeLessThan(300);
  expect(await verify(key)).toBe(false);
});
describe('what a check judges anew', () => {
  const check = async (key: string, body: object = {}) =>
    (await server.root('POST', 'api-keys/verify', { key, ...body } as Json)).json.data;
  const make = async (body: object = {}) => (await server.root('POST', 'api-keys/keys', body as Json)).json.data;

  it('a request_id counts once, and opens nothing that is refused without it', async () => {
    const { key, id } = await make({ credits: 5, scopes: ['read'], bound_cidrs: ['10.0.0.0/8'] });
    const good = { request_id: 'r1', scopes: ['read'], address: '10.1.2.3' };
    expect(await check(key, good)).toMatchObject({ code: 'ok', credits_left: 4 });
    expect(await check(key, good), 'counted once').toMatchObject({ code: 'ok', credits_left: 4 });
    expect((await check(key, { ...good, scopes: ['write'] })).code).toBe('scope_missing');
    expect((await check(key, { ...good, address: '192.0.2.1' })).code).toBe('address_refused');
    await server.root('POST', `api-keys/keys/${id}/disable`);
    expect((await check(key, good)).code).toBe('disabled');
    await server.root('POST', `api-keys/keys/${id}/enable`);
    expect(await check(key, { ...good, request_id: 'r2' })).toMatchObject({ code: 'ok', credits_left: 3 });
    await server.root('POST', `api-keys/keys/${id}/revoke`);
    expect((await check(key, good)).valid).toBe(false);
  });

  it('counts a request_id once also when both checks are under way, and tries again what was refused', async () => {
    const { key, id } = await make({ credits: 1 });
    const both = await Promise.all([check(key, { request_id: 'r' }), check(key, { request_id: 'r' })]);
    expect(both.map(({ code }) => code)).toEqual(['ok', 'ok']);
    expect((await check(key, { request_id: 's' })).code).toBe('exhausted');
    await server.root('POST', `api-keys/keys/${id}`, { credits: 1 });
    expect((await check(key, { request_id: 's' })).code).toBe('ok');
  });

  it('of many checks at once no more succeed than there are credits', async () => {
    const { key } = await make({ credits: 7 });
    const codes = (await Promise.all(Array.from({ length: 20 }, () => check(key)))).map(({ code }) => code);
    expect(codes.filter((code) => code === 'ok')).toHaveLength(7);
    expect(codes.filter((code) => code === 'exhausted')).toHaveLength(13);
  });

  it.each([{ cost: -1 }, { cost: 1_000_001 }, { request_id: 'x'.repeat(257) }, { cert_thumbprint: 'short' }])(
    'refuses %o whether there is such a key or not',
    async (body) => {
      const { key } = await make();
      const unknown = `sr_live_${'0'.repeat(33)}`;
      for (const sent of [key, unknown, 'nonsense']) {
        expect((await server.root('POST', 'api-keys/verify', { key: sent, ...body } as Json)).status).toBe(400);
      }
    },
  );
});

describe('policies of keys for Strongroom itself', () => {
  it('nobody gives or gets more than they have: by a key, a space, a change or a rotation', async () => {
    const rights = 'path "api-keys/*" { capabilities = ["create", "read", "update", "patch"] }';
    await server.root('POST', 'sys/policies/acl/keys', { policy: rights });
    await server.root('POST', 'sys/policies/acl/other', { policy: 'path "secret/*" { capabilities = ["read"] }' });
    const { auth } = (await server.root('POST', 'auth/token/create', { policies: ['keys'] })).json;
    const post = async (path: string, body: object) =>
      (await server.call('POST', `api-keys/${path}`, { token: auth.client_token, body: body as Json })).status;
    const { id } = (await server.root('POST', 'api-keys/keys', { policies: ['other'] })).json.data;
    expect(await post('keys', { policies: ['other'] })).toBe(400);
    expect(await post('spaces/wide', { policies: ['other'] })).toBe(400);
    expect((await server.root('GET', 'api-keys/spaces/wide')).status, 'and made none').toBe(404);
    expect(await post('spaces/default', { policies: ['other'] })).toBe(400);
    expect(await post(`keys/${id}/rotate`, {})).toBe(400);
    expect(await post('spaces/own', { policies: ['keys'] })).toBe(204);
    const mine = (await server.root('POST', 'api-keys/keys', { policies: ['keys'] })).json.data;
    expect(await post(`keys/${mine.id}/rotate`, {})).toBe(200);
    expect(await post(`keys/${mine.id}`, { policies: ['other'] })).toBe(400);
    expect((await server.root('POST', 'api-keys/spaces/wide', { policies: ['root'] })).status).toBe(400);
    expect((await server.root('POST', 'api-keys/spaces/wide', { policies: ['other'] })).status).toBe(204);
  });
});
