import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object) => server.root(method, path, body as never);

beforeEach(async () => {
  server = await startServer();
  await root('POST', 'sys/mounts/api-keys', { type: 'api-keys' });
  const rights = 'path "api-keys/*" { capabilities = ["create", "read", "update", "patch", "delete"] }';
  await root('POST', 'sys/policies/acl/keys', { policy: rights });
  await root('POST', 'sys/policies/acl/secrets', { policy: 'path "secret/*" { capabilities = ["read"] }' });
  await root('POST', 'api-keys/spaces/strong', { policies: ['secrets'] });
});
afterEach(() => server.stop());

const make = async (body: object = {}) => {
  const answer = await root('POST', 'api-keys/keys', { name: 'key', ...body });
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
};
const use = (credential: string, method: string, path: string, body: object = {}) =>
  server.call(method, path, { token: credential, body: body as never });
const reads = async (key: string, address = '127.0.0.1'): Promise<number> =>
  (await server.call('GET', 'secret/data/app', { token: key, address })).status;
const tokenWith = async (body: object = {}): Promise<string> =>
  (await root('POST', 'auth/token/create', { policies: ['keys'], ...body })).json.auth.client_token;

describe('IDN-08: the policies of a space', () => {
  it('are given to nobody who has them not: by a key made, rotated or moved to them', async () => {
    const strong = await make({ space: 'strong' });
    expect(await reads(strong.key)).toBe(404);
    for (const caller of [await tokenWith(), (await make({ policies: ['keys'] })).key]) {
      const made = await use(caller, 'POST', 'api-keys/keys', { space: 'strong' });
      expect(made.status, made.text).toBe(400);
      const rotated = await use(caller, 'POST', `api-keys/keys/${strong.id}/rotate`);
      expect(rotated.status, rotated.text).toBe(400);
    }
    const narrow = await make({ space: 'strong', policies: ['keys'] });
    expect((await use(await tokenWith(), 'POST', `api-keys/keys/${narrow.id}`, { policies: [] })).status).toBe(400);
    const both = await tokenWith({ policies: ['keys', 'secrets'] });
    const made = await use(both, 'POST', 'api-keys/keys', { space: 'strong' });
    expect(await reads(made.json.data.key)).toBe(404);
  });

  it('come to no key by way of a maker who would give it less: limited in uses, time or addresses', async () => {
    const both = ['keys', 'secrets'];
    const counted = await tokenWith({ policies: both, num_uses: 9 });
    const ending = (await make({ policies: both, ttl: '1h' })).key;
    for (const caller of [counted, ending]) {
      expect((await use(caller, 'POST', 'api-keys/spaces/own')).status).toBe(204);
      const { key } = (await use(caller, 'POST', 'api-keys/keys', { space: 'own' })).json.data;
      expect((await use(caller, 'POST', 'api-keys/spaces/own', { policies: ['secrets'] })).status).toBe(400);
      expect(await reads(key)).toBe(403);
      await root('DELETE', 'api-keys/spaces/own?force=true');
    }
    const bound = await tokenWith({ policies: both, bound_cidrs: ['127.0.0.0/8'] });
    expect((await use(bound, 'POST', 'api-keys/spaces/own')).status).toBe(204);
    const { key } = (await use(bound, 'POST', 'api-keys/keys', { space: 'own' })).json.data;
    expect((await use(bound, 'POST', 'api-keys/spaces/own', { policies: ['secrets'] })).status).toBe(204);
    expect([await reads(key), await reads(key, '192.0.2.1')]).toEqual([404, 403]);
    await use(bound, 'POST', 'api-keys/spaces/own', { bound_cidrs: [] });
    expect(await reads(key, '192.0.2.1')).toBe(403);
  });
});

it('an API key makes none with policies that is good where its space is not, or that counts no credits', async () => {
  await root('POST', 'api-keys/spaces/inside', {});
  await root('POST', 'api-keys/spaces/other', {});
  const { key } = await make({ space: 'inside', policies: ['keys'], bound_cidrs: ['127.0.0.0/16', '192.0.2.0/24'] });
  await root('POST', 'api-keys/spaces/inside', { bound_cidrs: ['127.0.0.0/8', '10.0.0.0/8'] });
  const wish = { space: 'other', policies: ['keys'] };
  for (const bound_cidrs of [undefined, ['192.0.2.1'], ['10.0.0.1'], ['0.0.0.0/0']])
    expect((await use(key, 'POST', 'api-keys/keys', { ...wish, bound_cidrs })).status, `${bound_cidrs}`).toBe(400);
  expect((await use(key, 'POST', 'api-keys/keys', { ...wish, bound_cidrs: ['127.0.0.1'] })).status).toBe(200);
  const counted = await make({ policies: ['keys'], credits: 9 });
  expect((await use(counted.key, 'POST', 'api-keys/keys', wish)).status).toBe(400);
  expect((await use(counted.key, 'POST', 'api-keys/keys', {})).status).toBe(200);
});

it('IDN-08: an API key does not change or delete the space it is in', async () => {
  await root('POST', 'api-keys/spaces/inside', { bound_cidrs: ['127.0.0.0/8'] });
  const { key } = await make({ space: 'inside', policies: ['keys'] });
  for (const body of [{ bound_cidrs: [] }, { max_ttl: '0' }, { default_scopes: ['admin'] }])
    expect((await use(key, 'POST', 'api-keys/spaces/inside', body)).status).toBe(403);
  expect((await use(key, 'DELETE', 'api-keys/spaces/inside?force=true')).status).toBe(403);
  expect((await use(key, 'POST', 'api-keys/spaces/other', { bound_cidrs: ['127.0.0.0/8'] })).status).toBe(204);
});

it('IDN-08: an API key makes, changes and rotates none of a scope it has not', async () => {
  await root('POST', 'api-keys/spaces/scoped', { default_scopes: ['kv:read', 'admin'] });
  const { key } = await make({ policies: ['keys'], scopes: ['kv:read'] });
  const wide = await make({ scopes: ['admin'] });
  const plain = await make();
  const tries: [string, string, object][] = [
    ['POST', 'api-keys/keys', { scopes: ['admin'] }],
    ['POST', 'api-keys/keys', { space: 'scoped' }],
    ['POST', `api-keys/keys/${plain.id}`, { scopes: ['kv:read', 'admin'] }],
    ['PATCH', `api-keys/keys/${plain.id}`, { scopes: ['admin'] }],
    ['POST', `api-keys/keys/${wide.id}/rotate`, {}],
  ];
  for (const [method, path, body] of tries) {
    const answer = await use(key, method, path, body);
    expect(answer.status, `${path} ${answer.text}`).toBe(400);
    expect(answer.json.errors[0]).toContain('scope');
  }
  expect((await use(key, 'POST', 'api-keys/keys', { scopes: ['kv:read'] })).status).toBe(200);
  const fresh = await use(key, 'POST', 'api-keys/rotate-self');
  expect(fresh.json.data.scopes).toEqual(['kv:read']);
});

it.each(['checked', 'used here'])(
  'a rotated key that is %s after its overlap ends its family where the space says so',
  async (how) => {
    await root('POST', 'api-keys/spaces/strict', { on_reuse: 'revoke_family' });
    const old = await make({ space: 'strict', policies: ['keys'] });
    const fresh = (await root('POST', `api-keys/keys/${old.id}/rotate`, { overlap: '1h' })).json.data;
    const valid = async () => (await root('POST', 'api-keys/verify', { key: fresh.key })).json.data.valid;
    const show = () =>
      how === 'checked' ? root('POST', 'api-keys/verify', { key: old.key }) : use(old.key, 'POST', 'api-keys/keys');
    await show();
    expect(await valid()).toBe(true);
    server.clock.advanceSeconds(3_600);
    await show();
    expect(await valid()).toBe(false);
  },
);
