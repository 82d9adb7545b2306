import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object) => server.root(method, path, body as never);

beforeAll(async () => {
  server = await startServer();
  await root('POST', 'sys/mounts/api-keys', { type: 'api-keys' });
});
afterAll(() => server.stop());

const make = async (body: object = {}) => {
  const answer = await root('POST', 'api-keys/keys', body);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
};
const check = async (key: string, body: object = {}) =>
  (await root('POST', 'api-keys/verify', { key, ...body })).json.data;

describe('the address of a check', () => {
  it.each([
    ['of 100 kB', 'x'.repeat(100_000)],
    ['a name', 'localhost'],
    ['with a port', '10.0.0.1:443'],
    ['a block', '10.0.0.0/8'],
    ['with a leading zero', '010.0.0.1'],
    ['out of range', '10.0.0.256'],
    ['in brackets', '[::1]'],
    ['two', '10.0.0.1, 10.0.0.2'],
    ['with a line break', '10.0.0.1\n'],
    ['unknown', 'unknown'],
    ['with a long zone', `fe80::1%${'z'.repeat(1_000)}`],
  ])('is an address, or is refused and not kept: %s', async (_what, address) => {
    const { id, key } = await make();
    for (const [path, body] of [
      ['api-keys/verify', { key, address }],
      ['api-keys/verify/batch', { items: [{ key, address }] }],
    ] as const) {
      const answer = await root('POST', path, body);
      expect(answer.status, answer.text.slice(0, 200)).toBe(400);
      expect(answer.json.hint).toContain('address');
      expect(answer.text.length).toBeLessThan(1_000);
    }
    await server.core.credentials.lastUses.flush();
    expect((await root('GET', `api-keys/keys/${id}`)).json.data.last_used_address).toBe(null);
  });

  it('is kept in its one spelling, and an empty one is none', async () => {
    const bound = await make({ bound_cidrs: ['192.0.2.0/24', '2001:db8::/32'] });
    for (const [address, kept] of [
      ['::ffff:192.0.2.7', '192.0.2.7'],
      ['2001:DB8::7%eth0', '2001:db8::7'],
    ] as const) {
      expect((await check(bound.key, { address })).code).toBe('ok');
      await server.core.credentials.lastUses.flush();
      expect((await root('GET', `api-keys/keys/${bound.id}`)).json.data.last_used_address).toBe(kept);
    }
    expect((await check(bound.key, { address: '' })).code).toBe('address_refused');
  });
});

describe('a batch of checks', () => {
  const batch = (items: unknown) => root('POST', 'api-keys/verify/batch', { items } as object);

  it('answers in the order of its items, the same key as often as it is asked', async () => {
    const [first, second] = [await make({ name: 'a', credits: 2 }), await make({ name: 'b' })];
    const items = [first, second, first, { key: 'nonsense' }, first].map(({ key }) => ({ key }));
    const { results } = (await batch(items)).json.data;
    expect(results.map(({ code, name }: { code: string; name?: string }) => [code, name])).toEqual([
      ['ok', 'a'],
      ['ok', 'b'],
      ['ok', 'a'],
      ['malformed', undefined],
      ['exhausted', 'a'],
    ]);
  });

  it('holds 100 items at most, and names the item that cannot be', async () => {
    const { id, key } = await make({ credits: 200 });
    expect((await batch(Array.from({ length: 100 }, () => ({ key })))).status).toBe(200);
    for (const items of [Array.from({ length: 101 }, () => ({ key })), undefined, {}, 'x', [key], [null], [[]]])
      expect((await batch(items)).status, JSON.stringify(items)?.slice(0, 40)).toBe(400);
    for (const bad of [
      {},
      { key: {} },
      { key, scopes: {} },
      { key, cost: '1.5' },
      { key, address: 'x' },
      { key, cost: -1 },
    ]) {
      const answer = await batch([{ key }, bad, { key }]);
      expect(answer.status, JSON.stringify(bad)).toBe(400);
      expect(answer.json.errors[0], JSON.stringify(bad)).toContain('item 1');
    }
    expect((await root('GET', `api-keys/keys/${id}`)).json.data.credits_left).toBe(100);
    expect((await batch([])).json.data.results).toEqual([]);
  });

  it('warns of a field it does not know, as a single check does', async () => {
    const { key } = await make({ scopes: ['read'] });
    const answer = await batch([
      { key, scope: ['admin'] },
      { key, Scopes: ['admin'] },
    ]);
    expect(answer.json.warnings?.[0]).toContain('[Scopes scope]');
  });
});

it('who may see why a key is bad has sudo on verify, also for a batch', async () => {
  const { id, key } = await make({ name: 'seen' });
  await root('POST', `api-keys/keys/${id}/revoke`);
  const rule = (path: string, sudo: boolean) =>
    `path "api-keys/${path}" { capabilities = ["update"${sudo ? ', "sudo"' : ''}] }`;
  for (const onVerify of [true, false]) {
    const policy = `${rule('verify', onVerify)} ${rule('verify/batch', !onVerify)}`;
    await root('POST', 'sys/policies/acl/checker', { policy });
    const token = (await root('POST', 'auth/token/create', { policies: ['checker'] })).json.auth.client_token;
    const single = await server.call('POST', 'api-keys/verify', { token, body: { key } });
    const batch = await server.call('POST', 'api-keys/verify/batch', { token, body: { items: [{ key }] } });
    const expected = onVerify ? { valid: false, code: 'revoked', name: 'seen' } : { valid: false, code: 'invalid' };
    expect(single.json.data).toMatchObject(expected);
    expect(batch.json.data.results).toEqual([single.json.data]);
  }
});

describe('the reason a key is not good for', () => {
  it('is the most lasting one, in one order', async () => {
    await root('POST', 'api-keys/spaces/odd', {});
    const { id, key } = await make({
      space: 'odd',
      scopes: ['read'],
      bound_cidrs: ['10.0.0.0/8'],
      cert_thumbprint: 'A'.repeat(43),
      rate_limits: [{ name: 'few', limit: 1, window: '1h' }],
      credits: 2,
    });
    const good = { address: '10.0.0.1', cert_thumbprint: 'A'.repeat(43), scopes: ['read'] };
    const codes: string[] = [];
    const note = async (body: object = {}) => codes.push((await check(key, { ...good, ...body })).code);
    const change = (body: object) => root('POST', `api-keys/keys/${id}`, body);
    await note();
    await note();
    await change({ rate_limits: [] });
    await note({ cost: 2 });
    await note({ cost: 2, scopes: ['write'] });
    await note({ scopes: ['write'], cert_thumbprint: `${'B'.repeat(42)}A` });
    await note({ scopes: ['write'], cert_thumbprint: undefined });
    await note({ scopes: ['write'], cert_thumbprint: undefined, address: '192.0.2.1' });
    const bad = { scopes: ['write'], cert_thumbprint: undefined, address: '192.0.2.1' };
    await root('POST', 'api-keys/spaces/odd', { disabled: true });
    await note(bad);
    await change({ credits: 0 });
    await note(bad);
    await change({ not_before: '2026-06-01T12:00:30Z', ttl: '1m' });
    await note(bad);
    server.clock.advanceSeconds(60);
    await note(bad);
    await root('POST', `api-keys/keys/${id}/disable`);
    await note(bad);
    await root('POST', `api-keys/keys/${id}/revoke`);
    await note(bad);
    expect(codes).toEqual([
      'ok',
      'rate_limited',
      'exhausted',
      'scope_missing',
      'certificate_mismatch',
      'certificate_missing',
      'address_refused',
      'space_disabled',
      'exhausted',
      'not_yet_valid',
      'expired',
      'disabled',
      'revoked',
    ]);
  });
});
