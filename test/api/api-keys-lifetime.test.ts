import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object) => server.root(method, path, body as never);

beforeEach(async () => {
  server = await startServer();
  await root('POST', 'sys/mounts/api-keys', { type: 'api-keys' });
});
afterEach(() => server.stop());

const make = async (body: object = {}) => {
  const answer = await root('POST', 'api-keys/keys', { name: 'key', owner: 'shop', ...body });
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
};
const check = async (key: string, body: object = {}) =>
  (await root('POST', 'api-keys/verify', { key, ...body })).json.data;
const codeOf = async (key: string, body: object = {}): Promise<string> => (await check(key, body)).code;

describe('rotation', () => {
  it('both keys are good during the overlap, then only the new one', async () => {
    const old = await make({ scopes: ['read'], ttl: '30d' });
    const fresh = (await root('POST', `api-keys/keys/${old.id}/rotate`, { overlap: '1h' })).json.data;
    expect(fresh.previous_id).toBe(old.id);
    expect(fresh.scopes).toEqual(['read']);
    expect([await codeOf(old.key), await codeOf(fresh.key)]).toEqual(['ok', 'ok']);
    server.clock.advanceSeconds(3_599);
    expect(await codeOf(old.key)).toBe('ok');
    server.clock.advanceSeconds(1);
    expect([await codeOf(old.key), await codeOf(fresh.key)]).toEqual(['rotated', 'ok']);
  });

  it('without an overlap the old one ends at once', async () => {
    const old = await make();
    const fresh = (await root('POST', `api-keys/keys/${old.id}/rotate`, { overlap: '0' })).json.data;
    expect([await codeOf(old.key), await codeOf(fresh.key)]).toEqual(['rotated', 'ok']);
  });

  it('the same Idempotency-Key gives the same new key, another one does not rotate twice', async () => {
    const old = await make();
    const rotate = (idempotency: string) =>
      server.call('POST', `api-keys/keys/${old.id}/rotate`, {
        token: server.rootToken,
        body: {},
        headers: { 'idempotency-key': idempotency },
      });
    const first = await rotate('one');
    const again = await rotate('one');
    expect(again.json.data.key).toBe(first.json.data.key);
    expect((await rotate('two')).status).toBeGreaterThanOrEqual(400);
  });

  it('a key rotates itself, and its rights stay', async () => {
    await root('POST', 'sys/policies/acl/reader', { policy: 'path "secret/data/x" { capabilities = ["read"] }' });
    const old = await make({ policies: ['reader'] });
    const answer = await server.call('POST', 'api-keys/rotate-self', { body: {}, headers: { 'x-api-key': old.key } });
    expect(answer.status, answer.text).toBe(200);
    expect(await codeOf(answer.json.data.key)).toBe('ok');
    const read = await server.call('GET', 'secret/data/x', { headers: { 'x-api-key': answer.json.data.key } });
    expect(read.status).toBe(404);
  });
});

describe('a rotated key', () => {
  it('draws on the credits of the new one, and is not refilled beside it', async () => {
    const old = await make({ credits: 10, refill_amount: 10, refill_interval: '1m' });
    const fresh = (await root('POST', `api-keys/keys/${old.id}/rotate`, { overlap: '1h' })).json.data;
    expect(await check(old.key, { cost: 3 })).toMatchObject({ code: 'ok', credits_left: 7 });
    expect(await check(fresh.key, { cost: 7 })).toMatchObject({ code: 'ok', credits_left: 0 });
    expect([await codeOf(old.key), await codeOf(fresh.key)]).toEqual(['exhausted', 'exhausted']);
    server.clock.advanceSeconds(60);
    expect([await codeOf(old.key, { cost: 10 }), await codeOf(fresh.key)]).toEqual(['ok', 'exhausted']);
  });

  it('shares the rate limits of the new one', async () => {
    const old = await make({ rate_limits: [{ name: 'few', limit: 2, window: '1h' }] });
    expect(await codeOf(old.key)).toBe('ok');
    const fresh = (await root('POST', `api-keys/keys/${old.id}/rotate`, {})).json.data;
    expect([await codeOf(fresh.key), await codeOf(fresh.key)]).toEqual(['ok', 'rate_limited']);
    expect(await codeOf(old.key)).toBe('rate_limited');
  });

  it('is rotated while its credits are spent, and once only', async () => {
    const old = await make({ credits: 1_000 });
    const rotate = () => root('POST', `api-keys/keys/${old.id}/rotate`, {});
    const checks = Array.from({ length: 20 }, () => codeOf(old.key));
    const answers = await Promise.all([rotate(), rotate(), rotate()]);
    expect(await Promise.all(checks)).toEqual(Array.from({ length: 20 }, () => 'ok'));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    for (const { status, json } of answers) {
      if (status === 400) expect(json.errors[0]).toContain('only an active key');
      else expect((await check(json.data.key)).credits_left).toBe(979);
    }
  });

  it('is one more of its owner until the overlap ends, and not again before', async () => {
    await root('POST', 'api-keys/spaces/few', { max_live_keys_per_owner: 1 });
    const old = await make({ space: 'few' });
    const rotateSelf = (key: string, overlap: string) =>
      server.call('POST', 'api-keys/rotate-self', { body: { overlap }, headers: { 'x-api-key': key } });
    const fresh = (await rotateSelf(old.key, '1h')).json.data;
    expect((await rotateSelf(fresh.key, '1h')).status).toBe(400);
    expect((await rotateSelf(fresh.key, '0')).status).toBe(200);
  });

  it('takes the limit of its space as it is now', async () => {
    const old = await make({ ttl: '2h' });
    await root('POST', 'api-keys/spaces/default', { max_ttl: '1h' });
    const fresh = (await root('POST', `api-keys/keys/${old.id}/rotate`, {})).json.data;
    expect(Date.parse(fresh.expire_time) - server.clock.nowMillis()).toBe(3_600_000);
    expect((await root('POST', 'api-keys/spaces/default', { overlap: '9000h' })).status).toBe(400);
  });
});

describe('IDN-08: an API key', () => {
  const use = (key: string, method: string, path: string, body: object = {}) =>
    server.call(method, path, { body: body as never, headers: { 'x-api-key': key } });
  beforeEach(async () => {
    const policy = 'path "api-keys/*" { capabilities = ["create", "read", "update", "patch"] }';
    await root('POST', 'sys/policies/acl/keys', { policy });
  });

  it('gives itself no longer life by rotating', async () => {
    const key = await make({ ttl: '1h', policies: ['keys'] });
    for (const path of ['api-keys/rotate-self', `api-keys/keys/${key.id}/rotate`])
      expect((await use(key.key, 'POST', path, { ttl: '2h' })).status, path).toBe(400);
    const fresh = (await use(key.key, 'POST', 'api-keys/rotate-self', { ttl: '0' })).json.data;
    expect(Date.parse(fresh.expire_time) - server.clock.nowMillis()).toBe(3_600_000);
  });

  it('does not change itself, nor what it rotated into', async () => {
    const key = await make({ ttl: '1h', policies: ['keys'], scopes: ['read'] });
    const fresh = (await use(key.key, 'POST', 'api-keys/rotate-self')).json.data;
    for (const id of [key.id, fresh.id]) {
      for (const method of ['POST', 'PATCH']) {
        for (const body of [{ ttl: '0' }, { scopes: ['read', 'admin'] }, { bound_cidrs: [] }, { credits: 9 }])
          expect((await use(key.key, method, `api-keys/keys/${id}`, body)).status).toBe(403);
      }
      expect((await root('GET', `api-keys/keys/${id}`)).json.data).toMatchObject({ scopes: ['read'] });
    }
  });

  it('makes and keeps none with policies that outlives it', async () => {
    const key = await make({ ttl: '1h', policies: ['keys'] });
    const end = key.expire_time;
    const made = (await use(key.key, 'POST', 'api-keys/keys', { policies: ['keys'] })).json.data;
    expect(made.expire_time).toBe(end);
    await use(key.key, 'POST', `api-keys/keys/${made.id}`, { ttl: '0' });
    await use(key.key, 'POST', `api-keys/keys/${made.id}`, { ttl: '9h' });
    expect((await root('GET', `api-keys/keys/${made.id}`)).json.data.expire_time).toBe(end);
    expect((await use(key.key, 'POST', `api-keys/keys/${made.id}/rotate`, { ttl: '9h' })).json.data.expire_time).toBe(
      end,
    );
    // One that only somebody else checks has no rights here.
    const plain = (await use(key.key, 'POST', 'api-keys/keys', {})).json.data;
    expect(plain.expire_time).toBe(null);
    await use(key.key, 'POST', `api-keys/keys/${plain.id}`, { policies: ['keys'] });
    expect((await root('GET', `api-keys/keys/${plain.id}`)).json.data.expire_time).toBe(end);
  });
});

describe('a key with policies', () => {
  const rights = 'path "api-keys/*" { capabilities = ["create", "read", "update"] }';
  const tokenWith = async (body: object): Promise<string> => {
    await root('POST', 'sys/policies/acl/keys', { policy: rights });
    return (await root('POST', 'auth/token/create', { policies: ['keys'], ...body })).json.auth.client_token;
  };
  const use = (token: string, path: string, body: object) => server.call('POST', path, { token, body: body as never });

  it('is good from the addresses of its maker only', async () => {
    const token = await tokenWith({ bound_cidrs: '127.0.0.0/8' });
    const made = (await use(token, 'api-keys/keys', { policies: ['keys'] })).json.data;
    expect(made.bound_cidrs).toEqual(['127.0.0.0/8']);
    const second = await use(made.key, 'api-keys/keys', { policies: ['keys'] });
    expect(second.json.data.bound_cidrs).toEqual(['127.0.0.0/8']);
    for (const bound_cidrs of [['0.0.0.0/0'], ['127.0.0.1', '10.0.0.1']])
      expect((await use(token, 'api-keys/keys', { policies: ['keys'], bound_cidrs })).status).toBe(400);
    const plain = (await use(token, 'api-keys/keys', {})).json.data;
    expect(plain.bound_cidrs).toEqual([]);
    expect((await use(token, `api-keys/keys/${plain.id}`, { policies: ['keys'] })).json.data.bound_cidrs).toEqual([
      '127.0.0.0/8',
    ]);
    expect((await use(token, `api-keys/keys/${made.id}`, { bound_cidrs: [] })).json.data.bound_cidrs).toEqual([
      '127.0.0.0/8',
    ]);
  });

  it('is not made, rotated or widened by a token whose uses are counted', async () => {
    const { id } = await make({ policies: ['keys'] });
    const plain = await make();
    const token = await tokenWith({ num_uses: 9 });
    expect((await use(token, 'api-keys/keys', { policies: ['keys'] })).status).toBe(400);
    expect((await use(token, `api-keys/keys/${id}/rotate`, {})).status).toBe(400);
    expect((await use(token, `api-keys/keys/${plain.id}`, { policies: ['keys'] })).status).toBe(400);
    expect((await use(token, 'api-keys/keys', {})).status).toBe(200);
  });
});

describe('a change', () => {
  it('does not give an owner more live keys than the space allows', async () => {
    await root('POST', 'api-keys/spaces/few', { max_live_keys_per_owner: 1 });
    const over = await make({ space: 'few', ttl: '1m' });
    server.clock.advanceSeconds(60);
    await make({ space: 'few' });
    const others = await make({ space: 'few', owner: 'other' });
    expect((await root('POST', `api-keys/keys/${others.id}`, { owner: 'shop' })).status).toBe(400);
    expect((await root('POST', `api-keys/keys/${over.id}`, { ttl: '1h' })).status).toBe(400);
    expect((await root('POST', `api-keys/keys/${over.id}`, { name: 'old' })).status).toBe(200);
  });

  it.each([
    [{ refill_amount: -5, refill_interval: '1m' }],
    [{ refill_amount: Number.MAX_SAFE_INTEGER, refill_interval: '1m' }],
    [{ refill_amount: 5 }],
    [{ refill_interval: '1m' }],
  ])('of the refill is refused as at the making: %j', async (body) => {
    const key = await make({ credits: 5 });
    expect((await root('POST', `api-keys/keys/${key.id}`, body)).status).toBe(400);
    expect((await root('POST', `api-keys/keys/${key.id}`, { refill_amount: 5, refill_interval: '1m' })).status).toBe(
      200,
    );
    expect((await root('POST', `api-keys/keys/${key.id}`, { refill_amount: 6 })).status).toBe(200);
  });

  it('by PATCH merges metadata: null takes a value away', async () => {
    const { id } = await make({ metadata: { team: 'a', stage: 'b' } });
    const patched = await root('PATCH', `api-keys/keys/${id}`, { metadata: { team: null, tier: 3 } });
    expect(patched.json.data.metadata).toEqual({ stage: 'b', tier: '3' });
    expect((await root('PATCH', `api-keys/keys/${id}`, { metadata: { team: { a: 1 } } })).status).toBe(400);
    expect((await root('POST', `api-keys/keys/${id}`, { metadata: { team: null } })).status).toBe(400);
  });
});

describe('a batch of checks', () => {
  it('that is refused for one item has spent nothing on the others', async () => {
    const { id, key } = await make({ credits: 5 });
    for (const bad of [{}, { key, cost: -1 }, { key, cert_thumbprint: 'x' }, { key, scope_mode: 'none' }])
      expect((await root('POST', 'api-keys/verify/batch', { items: [{ key }, bad] })).status).toBe(400);
    expect((await root('GET', `api-keys/keys/${id}`)).json.data.credits_left).toBe(5);
  });
});

describe('each reason why a key is not good', () => {
  it('expired, not yet valid, disabled, enabled again, revoked for good', async () => {
    const later = await make({ not_before: '2026-06-01T12:01:00Z' });
    expect(await codeOf(later.key)).toBe('not_yet_valid');
    const key = await make({ ttl: '120s' });
    await root('POST', `api-keys/keys/${key.id}/disable`, { reason: 'looking into it' });
    expect(await codeOf(key.key)).toBe('disabled');
    await root('POST', `api-keys/keys/${key.id}/enable`);
    expect(await codeOf(key.key)).toBe('ok');
    server.clock.advanceSeconds(60);
    expect(await codeOf(later.key)).toBe('ok');
    server.clock.advanceSeconds(60);
    expect(await codeOf(key.key)).toBe('expired');
    await root('POST', `api-keys/keys/${later.id}/revoke`, { reason: 'done' });
    expect(await codeOf(later.key)).toBe('revoked');
    expect((await root('POST', `api-keys/keys/${later.id}/enable`)).status).toBeGreaterThanOrEqual(400);
    expect(await codeOf(later.key)).toBe('revoked');
  });

  it('MTL-12: scopes, addresses and certificates', async () => {
    const key = await make({ scopes: ['read', 'list'], bound_cidrs: ['192.0.2.0/24'] });
    const from = { address: '192.0.2.1' };
    expect(await codeOf(key.key, { ...from, scopes: ['read'] })).toBe('ok');
    expect(await codeOf(key.key, { ...from, scopes: ['read', 'write'] })).toBe('scope_missing');
    expect(await codeOf(key.key, { ...from, scopes: ['read', 'write'], scope_mode: 'any' })).toBe('ok');
    expect(await codeOf(key.key, { address: '198.51.100.1' })).toBe('address_refused');
    expect(await codeOf(key.key)).toBe('address_refused');
    const bound = await make({ cert_thumbprint: 'A'.repeat(43) });
    expect(await codeOf(bound.key)).toBe('certificate_missing');
    expect(await codeOf(bound.key, { cert_thumbprint: `${'B'.repeat(42)}A` })).toBe('certificate_mismatch');
    expect(await codeOf(bound.key, { cert_thumbprint: 'A'.repeat(43) })).toBe('ok');
    // To the server itself it is no credential: only a gateway can vouch for the certificate.
    const self = await make({ cert_thumbprint: 'A'.repeat(43), policies: ['default'] });
    expect((await server.call('GET', 'sys/internal/ui/mounts/secret', { token: self.key })).status).toBe(403);
  });

  it('a key narrows the addresses of its space and never widens them', async () => {
    await root('POST', 'api-keys/spaces/inside', { bound_cidrs: ['10.0.0.0/8'], policies: ['default'] });
    const wide = await make({ space: 'inside', bound_cidrs: ['10.1.0.0/16', '192.0.2.0/24'] });
    expect(await codeOf(wide.key, { address: '10.1.0.1' })).toBe('ok');
    expect(await codeOf(wide.key, { address: '10.2.0.1' })).toBe('address_refused');
    expect(await codeOf(wide.key, { address: '192.0.2.1' })).toBe('address_refused');
    const use = async (address: string) =>
      (await server.call('GET', 'sys/internal/ui/mounts/secret', { token: wide.key, address })).json.hint;
    expect(await use('192.0.2.1')).not.toEqual(await use('10.1.0.1'));
  });

  it('a use on the server itself counts against rates and credits like a check', async () => {
    const use = async (token: string) => (await server.call('GET', 'sys/internal/ui/mounts', { token })).status;
    const read = async (token: string) => (await server.call('LIST', 'api-keys/keys', { token })).status;
    await root('POST', 'sys/policies/acl/lister', { policy: 'path "api-keys/keys/" { capabilities = ["list"] }' });
    const paid = await make({ credits: 2, policies: ['lister'] });
    expect([await read(paid.key), await codeOf(paid.key), await read(paid.key), await codeOf(paid.key)]).toEqual([
      200,
      'ok',
      403,
      'exhausted',
    ]);
    const limited = await make({
      rate_limits: [{ name: 'minute', limit: 1, window: '60s', kind: 'fixed' }],
      policies: ['lister'],
    });
    expect([await read(limited.key), await read(limited.key), await codeOf(limited.key)]).toEqual([
      200,
      429,
      'rate_limited',
    ]);
    server.clock.advanceSeconds(60);
    expect(await use(limited.key)).toBe(200);
  });

  it('rates start anew with their window, credits with their refill', async () => {
    const limited = await make({ rate_limits: [{ name: 'minute', limit: 2, window: '60s', kind: 'fixed' }] });
    expect([await codeOf(limited.key), await codeOf(limited.key), await codeOf(limited.key)]).toEqual([
      'ok',
      'ok',
      'rate_limited',
    ]);
    server.clock.advanceSeconds(60);
    expect(await codeOf(limited.key)).toBe('ok');
    const paid = await make({ credits: 2, refill_amount: 1, refill_interval: '1h' });
    expect([await codeOf(paid.key), await codeOf(paid.key), await codeOf(paid.key)]).toEqual(['ok', 'ok', 'exhausted']);
    server.clock.advanceSeconds(3_600);
    expect([await codeOf(paid.key), await codeOf(paid.key)]).toEqual(['ok', 'exhausted']);
  });
});

it('a space says how many live keys one owner may have', async () => {
  await root('POST', 'api-keys/spaces/small', { max_live_keys_per_owner: 2 });
  const first = await make({ space: 'small' });
  await make({ space: 'small' });
  const third = await root('POST', 'api-keys/keys', { name: 'key', owner: 'shop', space: 'small' });
  expect(third.status).toBeGreaterThanOrEqual(400);
  expect((await root('POST', 'api-keys/keys', { name: 'key', owner: 'other', space: 'small' })).status).toBe(200);
  await root('POST', `api-keys/keys/${first.id}/revoke`);
  expect((await root('POST', 'api-keys/keys', { name: 'key', owner: 'shop', space: 'small' })).status).toBe(200);
});

it('a key reads with its policies, by either header, and makes no token', async () => {
  await root('POST', 'secret/data/x', { data: { value: 1 } });
  await root('POST', 'sys/policies/acl/reader', {
    policy: 'path "secret/data/x" { capabilities = ["read"] }\npath "auth/token/create" { capabilities = ["update"] }',
  });
  const { key } = await make({ policies: ['reader'] });
  for (const headers of [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }, { 'x-vault-token': key }]) {
    expect((await server.call('GET', 'secret/data/x', { headers })).status).toBe(200);
    expect((await server.call('GET', 'secret/data/y', { headers })).status).toBe(403);
    expect((await server.call('POST', 'auth/token/create', { headers, body: {} })).status).toBeGreaterThanOrEqual(400);
  }
});
