import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Change } from '../../src/store/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object) => server.root(method, path, body as never);

beforeEach(async () => {
  server = await startServer();
  await root('POST', 'sys/mounts/api-keys', { type: 'api-keys' });
});
afterEach(() => {
  vi.restoreAllMocks();
  return server.stop();
});

const make = async (body: object = {}) => {
  const answer = await root('POST', 'api-keys/keys', { name: 'key', ...body });
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
};
const check = async (key: string, body: object = {}) =>
  (await root('POST', 'api-keys/verify', { key, ...body })).json.data;
const creditsOf = async (id: string): Promise<number> =>
  (await root('GET', `api-keys/keys/${id}`)).json.data.credits_left;

describe('a refill', () => {
  it('loses no spend that was made while it was decided', async () => {
    const { id, key } = await make({ credits: 100, refill_amount: 10, refill_interval: '1m' });
    expect((await check(key, { cost: 50 })).credits_left).toBe(50);
    server.clock.advanceSeconds(60);
    const commit = server.store.commit.bind(server.store);
    let isDone = false;
    vi.spyOn(server.store, 'commit').mockImplementation(async (changes) => {
      const refills = changes.some((change: Change) => change.kind === 'touch' && change.table === 'credentials');
      if (refills && !isDone) {
        isDone = true;
        // A check that began before the interval was over takes its credits off now.
        await commit([
          { kind: 'decrement', table: 'credentials', key: { namespace: 'root', id }, column: 'credits_left', by: 20 },
        ]);
      }
      return commit(changes);
    });
    expect((await check(key, { cost: 1 })).code).toBe('ok');
    expect(await creditsOf(id)).toBe(50 + 10 - 20 - 1);
  });

  it('is added once, whoever asks first, and 64 checks at once never spend more than there is', async () => {
    const { id, key } = await make({ credits: 40, refill_amount: 30, refill_interval: '1m' });
    expect((await check(key, { cost: 40 })).credits_left).toBe(0);
    server.clock.advanceSeconds(60);
    const codes = await Promise.all(Array.from({ length: 64 }, async () => (await check(key)).code));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(30);
    expect(codes.filter((code) => code === 'exhausted')).toHaveLength(34);
    expect(await creditsOf(id)).toBe(0);
  });

  it('counts whole intervals from the first on, over the ends of months and leap years, and never above what is full', async () => {
    const { id, key } = await make({ credits: 10, refill_amount: 1, refill_interval: '24h' });
    await check(key, { cost: 10 });
    server.clock.advanceSeconds(Date.UTC(2028, 1, 29, 11, 59, 59) / 1000 - server.clock.nowMillis() / 1000);
    expect(await creditsOf(id)).toBe(10);
    await check(key, { cost: 10 });
    server.clock.advanceSeconds(1);
    expect(await creditsOf(id)).toBe(1);
    server.clock.advanceSeconds(86_399);
    expect(await creditsOf(id)).toBe(1);
    server.clock.advanceSeconds(1);
    expect(await creditsOf(id)).toBe(2);
  });

  it.each([
    [{ refill_amount: 5, refill_interval: '1m' }],
    [{ credits: 5, refill_amount: 5 }],
    [{ credits: 5, refill_interval: '1m' }],
    [{ credits: -1 }],
    [{ credits: 1e15 }],
    [{ credits: 0.5 }],
  ])('without credits, an amount or an interval is refused: %j', async (body) => {
    const made = await root('POST', 'api-keys/keys', body);
    expect(made.status, made.text).toBe(400);
    expect(made.json.hint).toBeTruthy();
    const { id } = await make();
    expect((await root('POST', `api-keys/keys/${id}`, body)).status).toBe(400);
  });
});

it('the last credit is taken once by 64 uses of the server and at verify', async () => {
  await root('POST', 'sys/policies/acl/lister', { policy: 'path "api-keys/keys/" { capabilities = ["list"] }' });
  const { id, key } = await make({ credits: 1, policies: ['lister'] });
  const uses = Array.from({ length: 32 }, () => [
    server.call('LIST', 'api-keys/keys', { token: key }).then(({ status }) => status === 200),
    check(key).then(({ valid }) => valid === true),
  ]).flat();
  expect((await Promise.all(uses)).filter(Boolean)).toHaveLength(1);
  expect(await creditsOf(id)).toBe(0);
});

it.each(['revoke', 'disable'])(
  'between the look at a key and its spend: %s, and it is neither good nor spends',
  async (verb) => {
    await root('POST', 'sys/policies/acl/lister', { policy: 'path "api-keys/keys/" { capabilities = ["list"] }' });
    const { id, key } = await make({ credits: 5, policies: ['lister'] });
    const end = async () => expect((await root('POST', `api-keys/keys/${id}/${verb}`)).status).toBe(204);
    for (const use of [
      async () => expect((await check(key)).code).toBe(`${verb}d`),
      async () => expect((await server.call('LIST', 'api-keys/keys', { token: key })).status).toBe(403),
    ]) {
      const commit = server.store.commit.bind(server.store);
      const spy = vi.spyOn(server.store, 'commit').mockImplementation(async (changes) => {
        if (changes.some(({ kind }) => kind === 'decrement')) {
          spy.mockRestore();
          await end();
        }
        return commit(changes);
      });
      await use();
      expect(await creditsOf(id)).toBe(5);
      if (verb === 'revoke') return;
      await root('POST', `api-keys/keys/${id}/enable`);
    }
  },
);

it('a key revoked while it is checked spends nothing afterwards', async () => {
  const { id, key } = await make({ credits: 500 });
  const checks = Array.from({ length: 64 }, async () => (await check(key)).valid as boolean);
  const ended = root('POST', `api-keys/keys/${id}/revoke`);
  const valid = (await Promise.all(checks)).filter(Boolean).length;
  expect((await ended).status).toBe(204);
  expect((await check(key)).valid).toBe(false);
  expect(await creditsOf(id)).toBe(500 - valid);
});
