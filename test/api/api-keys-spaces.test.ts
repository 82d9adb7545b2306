import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StrongroomError } from '../../src/lib/index.ts';
import type { Change } from '../../src/store/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object) => server.root(method, path, body as never);

beforeEach(async () => {
  server = await startServer();
  await root('POST', 'sys/mounts/api-keys', { type: 'api-keys' });
  await root('POST', 'api-keys/spaces/shop', {});
});
afterEach(() => {
  vi.restoreAllMocks();
  return server.stop();
});

const make = async (body: object = {}) => {
  const answer = await root('POST', 'api-keys/keys', { space: 'shop', name: 'key', ...body });
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
};
const codeOf = async (key: string): Promise<string> => (await root('POST', 'api-keys/verify', { key })).json.data.code;
const keysOf = async (filter: string): Promise<string[]> =>
  (await root('LIST', `api-keys/keys?${filter}`)).json.data.keys;

/** Does something between the decision of a write and the write: the first commit that `holds` names waits for it. */
function meanwhile(holds: (changes: readonly Change[]) => boolean, work: () => Promise<unknown>): void {
  const commit = server.store.commit.bind(server.store);
  let isDone = false;
  vi.spyOn(server.store, 'commit').mockImplementation(async (changes) => {
    if (!isDone && holds(changes)) {
      isDone = true;
      await work();
    }
    return commit(changes);
  });
}
const makesKey = (changes: readonly Change[]): boolean =>
  changes.some((change) => change.kind === 'insert' && change.table === 'credentials');
const removesSpace = (changes: readonly Change[]): boolean =>
  changes.some((change) => change.kind === 'delete' && change.table === 'records');

describe('a space that is deleted while a key of it is', () => {
  const ways: [string, (id: string) => ReturnType<typeof root>][] = [
    ['made', () => root('POST', 'api-keys/keys', { space: 'shop', name: 'late' })],
    ['made under a limit of its owner', () => root('POST', 'api-keys/keys', { space: 'shop', owner: 'anna' })],
    ['rotated', (id) => root('POST', `api-keys/keys/${id}/rotate`, {})],
  ];

  it.each(ways)('%s leaves none behind, whichever is first', async (what, write) => {
    if (what.includes('limit')) await root('POST', 'api-keys/spaces/shop', { max_live_keys_per_owner: 9 });
    const { id } = await make();
    meanwhile(makesKey, () => root('DELETE', 'api-keys/spaces/shop?force=true'));
    expect((await write(id)).status).toBe(400);
    vi.restoreAllMocks();
    await root('POST', 'api-keys/spaces/shop', {});
    expect(await keysOf('space=shop&state=active')).toEqual([]);
  });

  it.each(ways)('%s between its last look and its end goes with it', async (what, write) => {
    if (what.includes('limit')) await root('POST', 'api-keys/spaces/shop', { max_live_keys_per_owner: 9 });
    const { id } = await make();
    meanwhile(removesSpace, () => write(id));
    expect((await root('DELETE', 'api-keys/spaces/shop?force=true')).status).toBe(204);
    vi.restoreAllMocks();
    await root('POST', 'api-keys/spaces/shop', {});
    expect(await keysOf('space=shop&state=active')).toEqual([]);
  });

  it('brought back by a later end is not alive in the next space of that name', async () => {
    const { id, key } = await make({ ttl: '1m' });
    server.clock.advanceSeconds(60);
    expect(await codeOf(key)).toBe('expired');
    expect((await root('DELETE', 'api-keys/spaces/shop')).status).toBe(204);
    await root('POST', 'api-keys/spaces/shop', {});
    expect((await root('POST', `api-keys/keys/${id}`, { ttl: '1h' })).status).toBe(400);
    expect(await codeOf(key)).toBe('revoked');
  });

  it('brought back while it is deleted is dead with it', async () => {
    const { id, key } = await make({ ttl: '1m' });
    server.clock.advanceSeconds(60);
    meanwhile(
      (changes) => changes.some((change) => change.kind === 'update' && change.table === 'credentials'),
      () => root('DELETE', 'api-keys/spaces/shop?force=true'),
    );
    expect((await root('POST', `api-keys/keys/${id}`, { ttl: '1h' })).status).toBe(400);
    vi.restoreAllMocks();
    await root('POST', 'api-keys/spaces/shop', {});
    expect(await codeOf(key)).toBe('revoked');
  });
});

it('no key is made in a space that is disabled meanwhile', async () => {
  meanwhile(makesKey, () => root('POST', 'api-keys/spaces/shop', { disabled: true }));
  expect((await root('POST', 'api-keys/keys', { space: 'shop' })).status).toBe(400);
  expect(await keysOf('space=shop')).toEqual([]);
});

it('a key is made by the settings of its space as they are when it is written', async () => {
  meanwhile(makesKey, () => root('POST', 'api-keys/spaces/shop', { max_ttl: '1h', bound_cidrs: ['10.0.0.0/8'] }));
  const made = await make();
  expect(made.bound_cidrs).toEqual(['10.0.0.0/8']);
  expect(Date.parse(made.expire_time) - server.clock.nowMillis()).toBe(3_600_000);
});

it('a space that is not deleted, since it has live keys, goes on making and checking them', async () => {
  const { key } = await make();
  expect((await root('DELETE', 'api-keys/spaces/shop')).status).toBe(400);
  expect([await codeOf(key), await codeOf((await make()).key)]).toEqual(['ok', 'ok']);
});

it('and a key made while it is found empty keeps it', async () => {
  const closesSpace = (changes: readonly Change[]): boolean =>
    changes.some((change) => change.kind === 'update' && change.table === 'records');
  let key = '';
  meanwhile(closesSpace, async () => {
    key = (await make()).key;
  });
  expect((await root('DELETE', 'api-keys/spaces/shop')).status).toBe(400);
  expect([await codeOf(key), await codeOf((await make()).key)]).toEqual(['ok', 'ok']);
});

it('and one whose deletion was broken off checks its keys, makes none, and is deleted or kept by asking again', async () => {
  const { key } = await make();
  const commit = server.store.commit.bind(server.store);
  vi.spyOn(server.store, 'commit').mockImplementation(async (changes) => {
    if (changes.some(({ kind, ...change }) => kind === 'update' && 'table' in change && change.table === 'credentials'))
      throw new StrongroomError('store_unavailable', 'gone', { hint: undefined });
    return commit(changes);
  });
  expect((await root('DELETE', 'api-keys/spaces/shop?force=true')).status).toBe(503);
  vi.restoreAllMocks();
  expect(await codeOf(key)).toBe('ok');
  const refused = await root('POST', 'api-keys/keys', { space: 'shop' });
  expect([refused.status, refused.json.hint]).toEqual([400, expect.stringContaining('delete it again')]);
  expect((await root('POST', 'api-keys/spaces/shop', {})).status).toBe(204);
  expect(await codeOf((await make()).key)).toBe('ok');
  expect((await root('DELETE', 'api-keys/spaces/shop?force=true')).status).toBe(204);
  expect(await codeOf(key)).toBe('revoked');
});

it('64 creations beside a deletion by force leave no live key, and each is answered', async () => {
  const creations = Array.from({ length: 64 }, (_, index) =>
    root('POST', 'api-keys/keys', { space: 'shop', name: `key ${index}` }),
  );
  const [deletion, ...made] = await Promise.all([root('DELETE', 'api-keys/spaces/shop?force=true'), ...creations]);
  expect(deletion.status).toBe(204);
  expect(made.every(({ status }) => status === 200 || status === 400)).toBe(true);
  await root('POST', 'api-keys/spaces/shop', {});
  expect(await keysOf('space=shop&state=active')).toEqual([]);
});

it('a key follows the space it lands in, though that was deleted and made anew while the key was decided on', async () => {
  meanwhile(makesKey, async () => {
    vi.restoreAllMocks();
    expect((await root('DELETE', 'api-keys/spaces/shop')).status).toBe(204);
    expect((await root('POST', 'api-keys/spaces/shop', { max_ttl: '1h', env: 'test' })).status).toBe(204);
  });
  const { expire_time: end, start } = await make();
  expect(end).not.toBe(null);
  expect(start).toContain('sr_test_');
});
