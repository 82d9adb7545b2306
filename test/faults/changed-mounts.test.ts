import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../src/lib/index.ts';
import { type Change, openMemoryStore } from '../../src/store/index.ts';
import { FaultyStore } from '../harness/faulty-store.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';
import { findInconsistencies } from './store-consistency.ts';

/** What a mount that is moved, upgraded or removed does to requests under way, and what a fault half-way leaves. */

let store: FaultyStore;
let server: TestServer;
beforeAll(async () => {
  store = new FaultyStore(openMemoryStore());
  server = await startServer({ store });
});
afterAll(() => server.stop());

const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as Json);

async function newMount(path: string, version: '1' | '2'): Promise<void> {
  expect((await root('POST', `sys/mounts/${path}`, { type: 'kv', options: { version } })).status).toBe(204);
}

const insertsRecord = (changes: readonly Change[]): boolean =>
  changes.some((one) => (one.kind === 'insert' || one.kind === 'update') && one.table === 'records');

/** Holds the next commit that `isMeant` says until it is let go, as a slow disk would. */
function holdCommit(isMeant: (changes: readonly Change[]) => boolean): { held: Promise<void>; letGo: () => void } {
  const commit = store.commit.bind(store);
  let letGo = (): void => undefined;
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const held = new Promise<void>((resolve) => {
    store.commit = async (changes) => {
      if (!isMeant(changes)) return commit(changes);
      store.commit = commit;
      resolve();
      await gone;
      return commit(changes);
    };
  });
  return { held, letGo };
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

/** Starts a write, starts the change while its commit is held, lets it go. */
async function meet(
  write: () => Promise<CallAnswer>,
  change: () => Promise<CallAnswer>,
): Promise<{ written: CallAnswer; changed: CallAnswer }> {
  const { held, letGo } = holdCommit(insertsRecord);
  const writing = write();
  await held;
  const changing = change();
  await soon();
  letGo();
  return { written: await writing, changed: await changing };
}

test('a secret that is written while its mount is upgraded is there afterwards', async () => {
  await newMount('grows', '1');
  const { written, changed } = await meet(
    () => root('POST', 'grows/a', { x: 1 }),
    () => root('POST', 'sys/mounts/grows/tune', { options: { version: '2' } }),
  );
  expect([written.status, changed.status]).toEqual([204, 200]);
  expect((await root('GET', 'grows/data/a')).json.data.data).toEqual({ x: 1 });
});

test('a secret that is written while its mount is moved goes with it, and nothing stays behind', async () => {
  await newMount('moves', '2');
  const { written, changed } = await meet(
    () => root('POST', 'moves/data/a', { data: { x: 1 } }),
    () => root('POST', 'sys/remount', { from: 'moves', to: 'moved' }),
  );
  expect([written.status, changed.status]).toEqual([200, 200]);
  expect((await root('GET', 'moved/data/a')).json.data.data).toEqual({ x: 1 });
});

test.each([
  ['kv', 'a secret', '/data/a', { data: { x: 1 } }],
  ['userpass', 'a user', '/users/ann', { password: 'correct horse' }],
  ['pki', 'a role', '/roles/r', { allow_any_name: true }],
  ['api-keys', 'a space', '/spaces/s', {}],
])('with a mount of %s nothing of it stays: %s written meanwhile neither', async (type, _what, path, body) => {
  const isAuth = type === 'userpass';
  const mount = isAuth ? `sys/auth/ends-${type}` : `sys/mounts/ends-${type}`;
  const options = type === 'kv' ? { version: '2' } : undefined;
  expect((await root('POST', mount, { type, ...(options && { options }) })).status).toBe(204);
  const { changed } = await meet(
    () => root('POST', `${isAuth ? 'auth/' : ''}ends-${type}${path}`, body),
    () => root('DELETE', mount),
  );
  expect(changed.status).toBe(204);
  expect(await findInconsistencies(store, server.core)).toEqual([]);
});

test('a request that found its mount before it was moved is told to come back, and writes nothing', async () => {
  await newMount('early', '1');
  const { mounts } = server.core;
  const found = mounts.byPath('secret', 'early/');
  if (!found) throw new Error('no mount');
  expect((await root('POST', 'sys/remount', { from: 'early', to: 'later' })).status).toBe(200);
  expect(() => mounts.during(found, () => 'done')).toThrow('this mount is being changed');
  const now = mounts.byPath('secret', 'later/');
  if (!now) throw new Error('no mount');
  expect(mounts.during(now, () => 'done')).toBe('done');
  // Another description is no reason to refuse.
  await root('POST', 'sys/mounts/later/tune', { description: 'x' });
  expect(mounts.during(now, () => 'done')).toBe('done');
  await root('POST', 'sys/mounts/later/tune', { options: { version: '2' } });
  expect(() => mounts.during(now, () => 'done')).toThrow('this mount is being changed');
});

test.each(['before', 'after'] as const)('a move and its record are there together: a fault %s', async (moment) => {
  for (let commit = 1; ; commit += 1) {
    const name = `leaves-${moment}-${commit}`;
    await newMount(name, '1');
    const records = () => store.count('records', { collection: 'remounts' });
    const before = await records();
    store.arm(commit, moment);
    await root('POST', 'sys/remount', { from: name, to: `${name}-to` });
    const struck = store.disarm();
    await server.core.mounts.load();
    const moved = server.core.mounts.byPath('secret', `${name}-to/`) !== undefined;
    expect((await records()) - before, `commit ${commit}`).toBe(moved ? 1 : 0);
    if (!struck) break;
  }
});

test('an upgrade that fails half-way has changed nothing, and can be asked for again', async () => {
  await newMount('half', '1');
  const names = Array.from({ length: 250 }, (_, index) => `s${String(index).padStart(3, '0')}`);
  for (const name of names) expect((await root('POST', `half/${name}`, { name })).status).toBe(204);
  const upgrade = () => root('POST', 'sys/mounts/half/tune', { options: { version: '2' } });
  for (let commit = 1; ; commit += 1) {
    store.arm(commit, 'before');
    const answer = await upgrade();
    if (!store.disarm()) {
      expect(answer.status).toBe(200);
      expect(commit, 'several commits were walked').toBeGreaterThan(3);
      break;
    }
    expect(answer.status).toBe(503);
    // Still unversioned and whole: read, written and deleted as before.
    for (const name of ['s000', 's150', 's249'])
      expect((await root('GET', `half/${name}`)).json.data, `commit ${commit}`).toMatchObject({ name });
    expect((await root('POST', 'half/s000', { name: 's000', commit })).status).toBe(204);
    await root('DELETE', 'half/s001');
  }
  expect((await root('GET', 'half/data/s000')).json.data.data.commit).toBeGreaterThan(3);
  expect((await root('GET', 'half/data/s249')).json.data.data).toEqual({ name: 's249' });
  expect((await root('GET', 'half/data/s001')).status).toBe(404);
  expect((await root('LIST', 'half/metadata')).json.data.keys).toHaveLength(249);
  expect(await findInconsistencies(store, server.core)).toEqual([]);
});

test('a request that found its mount before the server was sealed is told that it is sealed', async () => {
  const sealed = await startServer();
  const found = sealed.core.mounts.byPath('secret', 'secret/');
  if (!found) throw new Error('no mount');
  expect((await sealed.root('POST', 'sys/seal')).status).toBe(204);
  expect(() => sealed.core.mounts.during(found, () => 'done')).toThrow(/is sealed/);
  await sealed.stop();
});

test('an alias that is made while its log-in method is removed is refused, and does not stay', async () => {
  expect((await root('POST', 'sys/auth/short', { type: 'userpass' })).status).toBe(204);
  const { accessor } = (await root('GET', 'sys/auth/short')).json.data;
  const commit = store.commit.bind(store);
  store.commit = async (changes) => {
    if (!changes.some((one) => one.kind === 'insert' && one.table === 'aliases')) return commit(changes);
    store.commit = commit;
    expect((await root('DELETE', 'sys/auth/short')).status).toBe(204);
    return commit(changes);
  };
  const answer = await root('POST', 'identity/entity-alias', { name: 'ann', mount_accessor: accessor });
  expect([answer.status, answer.json.errors]).toEqual([400, [`invalid mount accessor "${accessor}"`]]);
  expect(await findInconsistencies(store, server.core)).toEqual([]);
});

test('a log-in that is tried while its method is removed leaves nothing of its attempt', async () => {
  expect((await root('POST', 'sys/auth/tried', { type: 'userpass' })).status).toBe(204);
  const commit = store.commit.bind(store);
  store.commit = async (changes) => {
    if (!insertsRecord(changes)) return commit(changes);
    store.commit = commit;
    expect((await root('DELETE', 'sys/auth/tried')).status).toBe(204);
    return commit(changes);
  };
  const answer = await server.call('POST', 'auth/tried/login/ann', { body: { password: 'wrong horse' } });
  expect([answer.status, answer.json.errors]).toEqual([503, ['this mount is being changed']]);
  expect(await findInconsistencies(store, server.core)).toEqual([]);
});
