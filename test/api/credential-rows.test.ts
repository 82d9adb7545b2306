import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TableName } from '../../src/store/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await startServer();
  await server.root('POST', 'sys/mounts/api-keys', { type: 'api-keys' });
  await server.root('POST', 'sys/auth/userpass', { type: 'userpass' });
  await server.root('POST', 'auth/userpass/users/anna', { password: 'long enough 1' });
});
afterEach(() => server.stop());

const lookUp = (token: string, address?: string): Promise<CallAnswer> =>
  server.call('GET', 'auth/token/lookup-self', { token, ...(address && { address }) });
const makeToken = async (body: object): Promise<string> =>
  (await server.root('POST', 'auth/token/create', body as never)).json.auth.client_token;
const makeKey = async (body: object) =>
  (await server.root('POST', 'api-keys/keys', { owner: 'shop', name: 'key', ...body } as never)).json.data;
const verify = async (key: string, body: object = {}, token = server.rootToken) =>
  (await server.call('POST', 'api-keys/verify', { token, body: { key, ...body } as never })).json.data;

it('TOK-06: what is over is refused although nothing has swept it away', async () => {
  const token = await makeToken({ ttl: '60s' });
  const key = await makeKey({ ttl: '60s' });
  server.clock.advanceSeconds(59);
  expect([(await lookUp(token)).status, (await verify(key.key)).valid]).toEqual([200, true]);
  server.clock.advanceSeconds(1);
  expect([(await lookUp(token)).status, (await verify(key.key)).code]).toEqual([403, 'expired']);
});

it('TOK-15: log-ins that fail leave no token, entity, alias or lease behind', async () => {
  const tables: readonly TableName[] = ['tokens', 'entities', 'aliases', 'leases', 'credentials'];
  const count = () => Promise.all(tables.map((table) => server.store.count(table, { namespace: 'root' })));
  const before = await count();
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const name = attempt % 2 === 0 ? 'anna' : `nobody-${attempt}`;
    const answer = await server.call('POST', `auth/userpass/login/${name}`, { body: { password: `wrong ${attempt}` } });
    // Wrong, and after a few of them locked.
    expect([400, 403]).toContain(answer.status);
  }
  expect(await count()).toEqual(before);
});

it('TOK-19: keys and tokens of two mounts with the same names are kept apart, also from warm memory', async () => {
  await server.root('POST', 'sys/mounts/other-keys', { type: 'api-keys' });
  const here = (await server.root('POST', 'api-keys/keys', { name: 'same', owner: 'same' })).json.data;
  const there = (await server.root('POST', 'other-keys/keys', { name: 'same', owner: 'same' })).json.data;
  for (let round = 0; round < 3; round += 1) {
    expect((await server.root('POST', 'api-keys/verify', { key: here.key })).json.data.id).toBe(here.id);
    expect((await server.root('POST', 'other-keys/verify', { key: there.key })).json.data.id).toBe(there.id);
    expect((await server.root('POST', 'api-keys/verify', { key: there.key })).json.data.valid).toBe(false);
    expect((await server.root('GET', `api-keys/keys/${there.id}`)).status).toBe(404);
  }
});

it('TOK-20: twenty identities at once each see their own', async () => {
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, index) => makeToken({ display_name: `n${index}`, meta: { index: String(index) } })),
  );
  const asked = Array.from({ length: 2_000 }, async (_, count) => {
    const index = count % tokens.length;
    const { data } = (await lookUp(tokens[index] as string)).json;
    return data.display_name === `token-n${index}` && data.meta.index === String(index) && data.id === tokens[index];
  });
  expect((await Promise.all(asked)).every((isOwn) => isOwn)).toBe(true);
});

it('TOK-21: who may check keys learns nothing of keys that never were good', async () => {
  await server.root('POST', 'sys/policies/acl/checks', {
    policy: 'path "api-keys/verify" { capabilities = ["update"] }',
  });
  const token = await makeToken({ policies: ['checks'] });
  const revoked = await makeKey({});
  await server.root('POST', `api-keys/keys/${revoked.id}/revoke`);
  const last = revoked.key.at(-1) === 'a' ? 'b' : 'a';
  const answers = [];
  for (const key of ['', 'x', 'sr_live_short', `${revoked.key.slice(0, -1)}${last}`, revoked.key, `${revoked.key}x`]) {
    answers.push(await verify(key, {}, token));
  }
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toEqual({ code: 'invalid', valid: false });
});

it('TOK-23: a key with 100 credits is good exactly 100 times, however many ask at once', async () => {
  const { key } = await makeKey({ credits: 100 });
  const answers = await Promise.all(Array.from({ length: 300 }, () => verify(key)));
  expect(answers.filter(({ valid }) => valid)).toHaveLength(100);
  expect(answers.filter(({ code }) => code === 'exhausted')).toHaveLength(200);
});

it('TOK-24: tokens have no character that comes oftener than chance, and none comes twice', async () => {
  const amount = 2_000;
  const tokens = await Promise.all(Array.from({ length: amount }, () => makeToken({ policies: ['default'] })));
  expect(new Set(tokens).size).toBe(amount);
  // Without the prefix and the six characters of the checksum.
  const bodies = tokens.map((token) => token.slice(token.indexOf('.') + 1, -6));
  const [first = ''] = bodies;
  // log2(62) bits a character.
  expect(first.length * Math.log2(62)).toBeGreaterThanOrEqual(128);
  for (let place = 0; place < first.length; place += 1) {
    const counts = new Map<string, number>();
    for (const body of bodies) counts.set(body[place] as string, (counts.get(body[place] as string) ?? 0) + 1);
    const expected = amount / 62;
    const chiSquare = [...counts.values()].reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
    const unseen = (62 - counts.size) * expected;
    // 61 degrees of freedom: beyond 130 lies less than one place in a million.
    expect(chiSquare + unseen).toBeLessThan(130);
  }
});

it('ACL-16: of a batch each key is judged by itself', async () => {
  await server.root('POST', 'sys/mounts/other-keys', { type: 'api-keys' });
  const own = await makeKey({});
  const foreign = (await server.root('POST', 'other-keys/keys', { name: 'x', owner: 'x' })).json.data;
  const answer = await server.root('POST', 'api-keys/verify/batch', {
    items: [{ key: own.key }, { key: foreign.key }, { key: 'rubbish' }],
  });
  expect(answer.status, answer.text).toBe(200);
  const results: { valid: boolean }[] = answer.json.data.results;
  expect(results.map(({ valid }) => valid)).toEqual([true, false, false]);
});

describe('addresses', () => {
  it.each(['010.0.0.1', '10.0.0.256', '10.1', '0x0a.0.0.1', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/'])(
    'NET-02: %s binds nothing',
    async (cidr) => {
      expect((await server.root('POST', 'auth/token/create', { bound_cidrs: [cidr] })).status).toBe(400);
      expect((await server.root('POST', 'api-keys/keys', { name: 'x', owner: 'x', bound_cidrs: [cidr] })).status).toBe(
        400,
      );
      const user = { password: 'long enough 2', token_bound_cidrs: [cidr] };
      expect((await server.root('POST', 'auth/userpass/users/bert', user)).status).toBe(400);
    },
  );

  it('NET-05: a bound token is refused from elsewhere for whatever it asks', async () => {
    const token = await makeToken({ bound_cidrs: ['192.0.2.0/24'], policies: ['default'], period: '1h' });
    expect((await lookUp(token, '192.0.2.7')).status).toBe(200);
    for (const [method, path] of [
      ['GET', 'auth/token/lookup-self'],
      ['POST', 'auth/token/renew-self'],
      ['POST', 'auth/token/revoke-self'],
      ['POST', 'sys/capabilities-self'],
      ['GET', 'cubbyhole/x'],
    ] as const) {
      const answer = await server.call(method, path, { token, address: '198.51.100.1', body: { paths: ['x'] } });
      expect(answer.status, path).toBe(403);
    }
    expect((await lookUp(token, '192.0.2.7')).status).toBe(200);
  });

  it('NET-06: no list, an empty one and null are the same; a list of nothing is refused', async () => {
    for (const bound_cidrs of [undefined, null, [], '']) {
      const token = await makeToken({ ...(bound_cidrs !== undefined && { bound_cidrs }) });
      expect((await lookUp(token, '198.51.100.1')).status, JSON.stringify(bound_cidrs)).toBe(200);
    }
    expect((await server.root('POST', 'auth/token/create', { bound_cidrs: [''] })).status).toBe(400);
  });
});

it('SEAL-03: while sealed every route but those of the seal answers 503, and none acts', async () => {
  const routes: [string, string][] = [];
  const engines = [...server.core.engines.values()];
  expect(engines.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['cert', 'kv', 'pats', 'pki', 'system', 'token']),
  );
  for (const { kind, type, routes: all } of engines) {
    const prefix = type === 'system' ? 'sys/' : `${kind === 'auth' ? 'auth/' : ''}${type}/`;
    for (const route of all) {
      if (!route.whileSealed) routes.push([route.verb, prefix + route.path.replace(/:[a-z_]+\*?/g, 'x')]);
    }
  }
  expect(routes.length).toBeGreaterThan(200);
  expect((await server.root('POST', 'sys/seal')).status).toBe(204);
  for (const [verb, path] of routes) {
    expect((await server.root(verb, path)).status, `${verb} ${path}`).toBe(503);
    expect((await server.call(verb, path)).status, `${verb} ${path}`).toBe(503);
  }
  expect((await server.call('GET', 'sys/health')).status).toBe(503);
  expect((await server.call('GET', 'sys/seal-status')).json.sealed).toBe(true);
});
