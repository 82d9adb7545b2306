import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMemoryStore } from '../../src/store/index.ts';
import { type FaultMoment, FaultyStore } from '../harness/faulty-store.ts';
import { startServer } from '../harness/server.ts';
import { findDangling, findInconsistencies } from './store-consistency.ts';
import { authWrites } from './writes/auth.ts';
import { credentialWrites } from './writes/credentials.ts';
import { kvWrites } from './writes/kv.ts';
import { pkiWrites } from './writes/pki.ts';
import { systemWrites } from './writes/sys.ts';
import { tokenWrites } from './writes/tokens.ts';
import { type Prepare, World, type Writes } from './writes/world.ts';

/**
 * Every route of the API document that writes, each of its commits failing once before and once after it took effect:
 * the write is whole or not there, nothing dangles, and a repetition succeeds.
 */

/** Requests of more commits than this are looked at in their first ones. */
const maxCommits = 6;

const world = new World();
beforeAll(() => world.start());
afterAll(() => world.server.stop());

/** The table is made of functions of the world, which starts later. */
const tables = [tokenWrites, authWrites, kvWrites, credentialWrites, systemWrites, pkiWrites];
const lazy = (table: (world: World) => Writes): [string, Prepare][] => {
  const named = Object.keys(table(unstarted));
  return named.map((key) => [key, (name) => (table(world)[key] as Prepare)(name)]);
};
/** For the names alone. */
const unstarted = new Proxy(world, {
  get: (target, name) => (name === 'server' ? {} : Reflect.get(target, name, target)),
});
const writes = tables.flatMap(lazy);

/** These read, whatever their verb. */
const reads: Readonly<Record<string, (name: string) => Promise<[path: string, body: object]>>> = {
  'POST /auth/token/lookup': async () => ['auth/token/lookup', { token: world.server.rootToken }],
  'POST /auth/token/lookup-accessor': async () => [
    'auth/token/lookup-accessor',
    { accessor: (await world.newToken()).accessor },
  ],
  'POST /auth/token/lookup-self': async () => ['auth/token/lookup-self', {}],
  'POST /auth/token/tidy': async () => ['auth/token/tidy', {}],
  'POST /identity/lookup/entity': async (name) => {
    await world.made('POST', 'identity/entity', { name });
    return ['identity/lookup/entity', { name }];
  },
  'POST /identity/entity-alias/id/{id}': async (name) => {
    const { accessor } = (await world.made('GET', 'sys/auth'))['userpass/'];
    const { id } = await world.made('POST', 'identity/entity-alias', { name, mount_accessor: accessor });
    return [`identity/entity-alias/id/${id}`, { name }];
  },
  'POST /pki/tidy-cancel': async (name) => {
    await world.made('POST', `sys/mounts/${name}`, { type: 'pki' });
    return [`${name}/tidy-cancel`, {}];
  },
  'POST /sys/capabilities': async () => ['sys/capabilities', { token: world.server.rootToken, paths: ['x'] }],
  'POST /sys/capabilities-accessor': async () => [
    'sys/capabilities-accessor',
    { accessor: (await world.newToken()).accessor, paths: ['x'] },
  ],
  'POST /sys/capabilities-self': async () => ['sys/capabilities-self', { paths: ['x'] }],
  'POST /sys/leases/lookup': async (name) => ['sys/leases/lookup', { lease_id: (await world.lend(name)).id }],
  'POST /sys/tools/hash': async () => ['sys/tools/hash', { input: 'YQ==' }],
  'POST /sys/tools/hash/{urlalgorithm}': async () => ['sys/tools/hash/sha2-256', { input: 'YQ==' }],
  'POST /sys/tools/random': async () => ['sys/tools/random', {}],
  'POST /sys/tools/random/{source_or_bytes}': async () => ['sys/tools/random/8', {}],
  'POST /sys/tools/random/{source}/{urlbytes}': async () => ['sys/tools/random/platform/8', {}],
};

/** Walked by tests of their own, below; or what they change is set in the configuration file. */
const elsewhere = [
  'POST /sys/init',
  'POST /sys/seal',
  'POST /sys/unseal',
  'POST /sys/audit/{path}',
  'DELETE /sys/audit/{path}',
  'POST /sys/audit-hash/{path}',
];

test('STO-05: every route of the API document that could write is walked', () => {
  const file = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, Record<string, unknown>> };
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    ['post', 'patch', 'delete'].filter((verb) => verb in item).map((verb) => `${verb.toUpperCase()} ${path}`),
  );
  expect(routes.length).toBeGreaterThan(100);
  const walked = [...writes.map(([key]) => key.split(' : ')[0] as string), ...Object.keys(reads), ...elsewhere];
  expect(routes.filter((route) => !walked.includes(route))).toEqual([]);
  expect(
    walked.filter((route) => !routes.includes(route)),
    'no longer served',
  ).toEqual([]);
});

/** Refuses for good reasons: it was done the first time, and said so to nobody. */
const doneBefore = [400, 403, 404];
const label = (key: string): string => key.replaceAll(/[^a-zA-Z0-9]+/g, '-').toLowerCase();

test.each(writes)('STO-05: %s is done or not, whichever commit fails', async (key, prepare) => {
  let struck = 0;
  for (const moment of ['before', 'after'] satisfies FaultMoment[]) {
    for (let commit = 1; commit <= maxCommits; commit += 1) {
      const at = `${moment} commit ${commit}`;
      const { send, done } = await prepare(`w${label(key)}-${moment}-${commit}`);
      expect(await done(), `${at}: done before it was asked for`).toBe(false);
      world.store.arm(commit, moment);
      const first = await send();
      const hit = world.store.disarm();
      if (!hit) {
        expect(first.status, first.text).toBeLessThan(300);
        expect(await done(), 'done without a fault').toBe(true);
        break;
      }
      struck += 1;
      if (commit === 1 && moment === 'before') expect(await done(), `${at}: nothing was written`).toBe(false);
      expect(await findDangling(world.store, world.server.core), `${at}: ${first.status}`).toEqual([]);
      const wasDone = await done();
      const again = await send();
      if (!doneBefore.includes(again.status) || !wasDone)
        expect(again.status, `${at}, again: ${again.text}`).toBeLessThan(300);
      expect(await done(), `${at}: the repetition does it`).toBe(true);
    }
  }
  expect(await findInconsistencies(world.store, world.server.core)).toEqual([]);
  expect(struck, 'it writes').toBeGreaterThan(0);
});

test.each(Object.entries(reads))('%s writes nothing', async (key, ask) => {
  const [path, body] = await ask(label(key));
  world.store.arm(1, 'before');
  const answer = await world.root('POST', path, body);
  expect(world.store.disarm(), 'wrote').toBe(false);
  expect(answer.status, answer.text).toBeLessThan(300);
});

test('POST /sys/init: a fault before leaves a server that can be initialised, sealing and unsealing write nothing', async () => {
  const store = new FaultyStore(openMemoryStore());
  const fresh = await startServer({ store, initialize: false });
  const init = () => fresh.call('POST', 'sys/init', { body: { secret_shares: 1, secret_threshold: 1 } });
  store.arm(1, 'before');
  expect((await init()).status).toBe(503);
  expect(store.disarm()).toBe(true);
  expect((await fresh.call('GET', 'sys/init')).json.initialized).toBe(false);
  const made = await init();
  expect(made.status).toBe(200);
  const { keys, root_token: token } = made.json;
  const unseal = () => fresh.call('POST', 'sys/unseal', { body: { key: keys[0] } });
  expect((await unseal()).json.sealed).toBe(false);
  store.arm(1, 'before');
  expect((await fresh.call('POST', 'sys/seal', { token })).status).toBe(204);
  expect((await unseal()).json.sealed).toBe(false);
  store.disarm();
  expect(await findInconsistencies(store, fresh.core)).toEqual([]);
  await fresh.stop();
});
