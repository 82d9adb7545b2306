import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object) => server.root(method, path, body as never);
const inSeconds = (seconds: number) => new Date(server.clock.nowMillis() + seconds * 1_000).toISOString();

beforeAll(async () => {
  server = await startServer();
  await root('POST', 'sys/mounts/api-keys', { type: 'api-keys' });
  await root('POST', 'sys/policies/acl/reader', { policy: 'path "secret/*" { capabilities = ["read"] }' });
});
afterAll(() => server.stop());

const make = async (body: object = {}) => {
  const answer = await root('POST', 'api-keys/keys', body);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
};
const full = {
  name: 'key',
  owner: 'anna',
  contact: 'anna@example.org',
  external_id: '7',
  scopes: ['read'],
  policies: ['reader'],
  ttl: '1h',
  not_before: '2026-06-01T12:00:10Z',
  bound_cidrs: ['10.0.0.0/8'],
  rate_limits: [{ name: 'few', limit: 2, window: '1h' }],
  credits: 9,
  refill_amount: 9,
  refill_interval: '1h',
  cert_thumbprint: 'A'.repeat(43),
  tags: ['blue'],
  metadata: { team: 'a' },
};
type Shown = Readonly<Record<string, unknown>>;
const changing = new Set(['id', 'key', 'start', 'family', 'version', 'created_time']);
const settings = (shown: Shown): Shown =>
  Object.fromEntries(Object.entries(shown).filter(([name]) => !changing.has(name)));

describe('a change of a key by PATCH', () => {
  it('resets each field whose value is null to what a key has that was made without it', async () => {
    const bare = settings(await make());
    const { id } = await make(full);
    for (const name of Object.keys(full).filter((each) => !each.startsWith('refill'))) {
      const patched = await root('PATCH', `api-keys/keys/${id}`, {
        [name]: null,
        ...(name === 'credits' && { refill_amount: null, refill_interval: null }),
      });
      expect(patched.status, `${name} ${patched.text}`).toBe(200);
    }
    const read = (await root('GET', `api-keys/keys/${id}`)).json.data;
    expect(settings(read)).toEqual(bare);
  });

  it('takes expire_time null as no end, and a time beside a null of the other', async () => {
    const { id } = await make({ ttl: '1h' });
    expect((await root('PATCH', `api-keys/keys/${id}`, { expire_time: null })).json.data.expire_time).toBe(null);
    const end = inSeconds(60);
    const patched = await root('PATCH', `api-keys/keys/${id}`, { ttl: null, expire_time: end });
    expect(Date.parse(patched.json.data.expire_time)).toBe(Date.parse(end));
    await root('POST', 'api-keys/spaces/ends', { require_expiry: true });
    const ending = await make({ space: 'ends', ttl: '1h' });
    expect((await root('PATCH', `api-keys/keys/${ending.id}`, { ttl: null })).status).toBe(400);
  });

  it('refuses to take the credits away that a refill is of, and keeps what is not named', async () => {
    const { id } = await make(full);
    expect((await root('PATCH', `api-keys/keys/${id}`, { credits: null })).status).toBe(400);
    const patched = (await root('PATCH', `api-keys/keys/${id}`, { name: 'other' })).json.data;
    expect(patched).toMatchObject({ name: 'other', owner: 'anna', scopes: ['read'], credits_left: 9 });
  });

  it('by POST a null is as if it were not there', async () => {
    const { id } = await make(full);
    const nulls = Object.fromEntries(Object.keys(full).map((name) => [name, null]));
    const answer = await root('POST', `api-keys/keys/${id}`, nulls);
    expect(answer.json.data).toMatchObject({ name: 'key', scopes: ['read'], policies: ['reader'], credits_left: 9 });
  });
});

describe('a key', () => {
  it('never ends before it begins: not at its making, nor by a change of either time', async () => {
    const early = { not_before: inSeconds(600), ttl: 600 };
    expect((await root('POST', 'api-keys/keys', early)).status).toBe(400);
    const { id } = await make({ not_before: inSeconds(600), ttl: 601 });
    for (const method of ['POST', 'PATCH']) {
      for (const body of [{ ttl: 600 }, { not_before: inSeconds(601) }, { expire_time: inSeconds(30) }]) {
        const answer = await root(method, `api-keys/keys/${id}`, body);
        expect(answer.status, `${method} ${JSON.stringify(body)} ${answer.text}`).toBe(400);
        expect(answer.json.errors[0]).toContain('begins');
      }
    }
    expect((await root('PATCH', `api-keys/keys/${id}`, { not_before: null, ttl: 30 })).status).toBe(200);
  });

  it.each<[string, readonly unknown[]]>([
    ['name', [['a'], {}, 'x'.repeat(257), 'a\u0000b', '\ud800']],
    ['owner', [{}, 'x'.repeat(257), 'a\nb']],
    ['contact', [{}, 'x'.repeat(257)]],
    ['external_id', [[], 'x'.repeat(257)]],
    ['scopes', [{}, [{}], [''], ['x'.repeat(257)], Array.from({ length: 101 }, (_, index) => `s${index}`)]],
    ['policies', [{}, [[]], ['root'], ['ROOT '], ['no such\npolicy']]],
    ['ttl', [-1, 'soon', {}, [], 1e300, '99999999999999999s', '400000000000']],
    ['expire_time', ['yesterday', '2020-01-01T00:00:00Z', {}, -1, 1e300]],
    ['not_before', ['soon', {}, true, 1e300]],
    ['bound_cidrs', [{}, [''], ['10.0.0.1/8'], ['10.0.0.256']]],
    [
      'rate_limits',
      [{}, 'few', [{}], [{ name: 'x', limit: 0, window: '1s' }], [{ name: 'x', limit: 1, window: '9999h' }]],
    ],
    ['credits', [-1, 0.5, 'many', {}, 1e15]],
    ['cert_thumbprint', [{}, 'short', 'z'.repeat(64)]],
    ['tags', [{}, [''], Array.from({ length: 51 }, (_, index) => `t${index}`)]],
    ['metadata', [[1], 'x', { a: {} }, { '': 'x' }, { a: 'x'.repeat(1_025) }]],
  ])('has no %s that cannot be', async (name, values) => {
    const { id } = await make();
    for (const value of values) {
      for (const [method, path] of [
        ['POST', 'api-keys/keys'],
        ['POST', `api-keys/keys/${id}`],
        ['PATCH', `api-keys/keys/${id}`],
      ] as const) {
        const answer = await root(method, path, { [name]: value });
        expect(answer.status, `${method} ${JSON.stringify(value).slice(0, 60)} ${answer.text}`).toBe(400);
        expect(answer.json.hint, JSON.stringify(value).slice(0, 60)).toBeTruthy();
      }
    }
  });
});
