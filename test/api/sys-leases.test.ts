import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Engine, Lease, Mount } from '../../src/core/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let mount: Mount;
/** What the engine of these tests took back, and whether it can. */
const revoked: string[] = [];
let canRevoke = true;
/** Leases whose id begins so cannot be taken back either. */
let stuck: string | undefined;

const leasing: Engine = {
  type: 'leasing',
  kind: 'secret',
  description: 'hands out leases',
  routes: [],
  revokeLease: async (lease) => {
    if (!canRevoke || (stuck !== undefined && lease.id.startsWith(stuck))) throw new Error('the other side is down');
    revoked.push(lease.id);
  },
};

beforeAll(async () => {
  server = await startServer();
  (server.core.engines as Map<string, Engine>).set('secret:leasing', leasing);
  expect((await server.root('POST', 'sys/mounts/lend', { type: 'leasing' })).status).toBe(204);
  mount = server.core.mounts.byPath('secret', 'lend/') as Mount;
});
beforeEach(() => {
  revoked.length = 0;
  canRevoke = true;
  stuck = undefined;
});
afterAll(() => server.stop());

interface LeaseWish {
  readonly at?: string;
  readonly token?: string;
  readonly ttlSeconds?: number;
  readonly maxTtlSeconds?: number;
  readonly renewable?: boolean;
}

const lend = async (wish: LeaseWish = {}): Promise<Lease> => {
  const owner = wish.token === undefined ? undefined : await server.core.tokens.find('root', wish.token);
  const { lease, changes } = server.core.leases.draft({
    mount,
    path: wish.at ?? 'lend/creds/app',
    token: owner?.id ?? null,
    ttlSeconds: wish.ttlSeconds ?? 3_600,
    maxTtlSeconds: wish.maxTtlSeconds ?? 0,
    renewable: wish.renewable ?? true,
    internal: {},
  });
  await server.core.store.commit(changes);
  return lease;
};

const newToken = async (body: object = {}): Promise<string> =>
  (await server.root('POST', 'auth/token/create', { policies: ['default'], ttl: '24h', ...body } as never)).json.auth
    .client_token;
const lookUp = (id: string) => server.root('POST', 'sys/leases/lookup', { lease_id: id });
const isLive = async (id: string): Promise<boolean> => (await lookUp(id)).status === 200;

describe('looking up', () => {
  it('shows a lease while it lives; afterwards it is unknown, without any sweeper', async () => {
    const lease = await lend({ ttlSeconds: 60 });
    const answer = await lookUp(lease.id);
    expect(answer.json.data).toMatchObject({ id: lease.id, ttl: 60, renewable: true, last_renewal: null });
    server.clock.advanceSeconds(60);
    expect((await lookUp(lease.id)).json.errors).toEqual(['invalid lease']);
  });

  it('TOK-07: a lease is dead with the token that owns it: revoked, expired, or used up', async () => {
    const tokens = [await newToken(), await newToken({ ttl: '1m' }), await newToken({ num_uses: 1 })] as const;
    const leases = [
      await lend({ token: tokens[0] }),
      await lend({ token: tokens[1] }),
      await lend({ token: tokens[2] }),
    ];
    for (const lease of leases) expect(await isLive(lease.id)).toBe(true);
    await server.root('POST', 'auth/token/revoke', { token: tokens[0] });
    server.clock.advanceSeconds(60);
    await server.call('GET', 'auth/token/lookup-self', { token: tokens[2] });
    for (const lease of leases) {
      expect(await isLive(lease.id)).toBe(false);
      const renewal = await server.root('POST', 'sys/leases/renew', { lease_id: lease.id });
      expect(renewal.json.errors).toEqual(['lease not found']);
    }
  });

  it('lists one level, folders with their slash, however much lies below them', async () => {
    for (const at of ['lend/list/a', 'lend/list/a', 'lend/list/a', 'lend/list/b/deep', 'lend/list/b-c'])
      await lend({ at });
    const direct = await lend({ at: 'lend/list' });
    const list = (path: string) => server.root('LIST', `sys/leases/lookup/${path}`);
    const name = direct.id.slice('lend/list/'.length);
    expect((await list('lend/list')).json.data.keys.sort()).toEqual([name, 'a/', 'b-c/', 'b/'].sort());
    expect((await list('lend/list/')).status).toBe(200);
    expect((await list('lend/list/a')).json.data.keys).toHaveLength(3);
    expect((await server.root('LIST', 'sys/leases/lookup')).json.data.keys).toContain('lend/');
    expect((await list('lend/nothing')).status).toBe(404);
    expect((await list('lend/lis')).status, 'a prefix ends at a slash').toBe(404);
  });
});

describe('renewing', () => {
  it('counts from now, within the longest life from the time of issue', async () => {
    const lease = await lend({ ttlSeconds: 600, maxTtlSeconds: 1_200 });
    server.clock.advanceSeconds(500);
    const first = await server.root('POST', 'sys/leases/renew', { lease_id: lease.id, increment: '5m' });
    expect(first.json).toMatchObject({ lease_id: lease.id, renewable: true, lease_duration: 300 });
    expect((await lookUp(lease.id)).json.data).toMatchObject({ ttl: 300, last_renewal: expect.any(String) });
    const second = await server.root('POST', `sys/leases/renew/${lease.id}`, { increment: 86_400 });
    expect(second.json.lease_duration).toBe(700);
    expect(second.json.warnings[0]).toContain('exceeded the effective max_ttl');
    const legacy = await server.root('PUT', `sys/renew/${lease.id}`);
    expect(legacy.json.lease_duration).toBe(600);
  });

  it('a lease that is not renewable, unknown, or a token is refused', async () => {
    const fixed = await lend({ renewable: false });
    const renew = (body: object) => server.root('POST', 'sys/leases/renew', body as never);
    expect((await renew({ lease_id: fixed.id })).json.errors).toEqual(['lease is not renewable']);
    expect((await renew({ lease_id: 'lend/creds/app/unknown' })).json.errors).toEqual(['lease not found']);
    expect((await renew({ lease_id: 'auth/token/create/x' })).status).toBe(400);
    expect((await renew({})).status).toBe(400);
    expect((await renew({ lease_id: ['a', 'b'] })).status).toBe(400);
  });

  it('a renewal under way brings no revoked lease back to life', async () => {
    canRevoke = false;
    const lease = await lend();
    const answers = await Promise.all([
      server.root('POST', 'sys/leases/renew', { lease_id: lease.id }),
      server.root('POST', 'sys/leases/revoke', { lease_id: lease.id }),
      server.root('POST', 'sys/leases/renew', { lease_id: lease.id }),
    ]);
    expect(answers[1].status, 'its engine is down, and says so').toBe(503);
    expect(await isLive(lease.id)).toBe(false);
    // The same in an order no scheduler chooses by itself: read, revoked, written.
    const read = await lend();
    await server.core.leases.expireNow(read);
    expect(await server.core.leases.renew(read, server.clock.nowMillis() + 3_600_000)).toBe(false);
    expect(await isLive(read.id)).toBe(false);
  });

  it('a token that is revoked while its lease is renewed leaves the lease due', async () => {
    const owned = await lend({ token: await newToken() });
    const { store } = server;
    const commit = store.commit.bind(store);
    // The token goes after the renewal has read it, and before the renewal is written.
    store.commit = async (changes) => {
      store.commit = commit;
      await server.core.tokens.revokeTree('root', owned.token as string);
      return commit(changes);
    };
    expect(await server.core.leases.renew(owned, server.clock.nowMillis() + 7_200_000)).toBe(false);
    const due = await server.core.leases.due('root', 10_000);
    expect(due.map((lease) => lease.id)).toContain(owned.id);
  });
});

describe('revoking', () => {
  it('is done when it answers, in every spelling; an unknown lease is 204', async () => {
    for (const path of ['sys/leases/revoke', 'sys/revoke']) {
      const inBody = await lend();
      expect((await server.root('PUT', path, { lease_id: inBody.id })).status).toBe(204);
      const inPath = await lend();
      expect((await server.root('PUT', `${path}/${inPath.id}`)).status).toBe(204);
      expect(revoked).toEqual(expect.arrayContaining([inBody.id, inPath.id]));
      expect(await isLive(inPath.id)).toBe(false);
      expect((await server.root('PUT', path, { lease_id: 'lend/creds/app/unknown' })).status).toBe(204);
      expect((await server.root('PUT', path, {})).status).toBe(400);
    }
  });

  it('ACL-22: the lease in the path is the one that is revoked, whatever the body names', async () => {
    const mine = await lend();
    const other = await lend();
    const answer = await server.root('PUT', `sys/leases/revoke/${mine.id}`, { lease_id: other.id });
    expect(answer.status).toBeLessThan(300);
    expect(revoked).toEqual([mine.id]);
    expect(await isLive(other.id)).toBe(true);
    expect((await server.root('PUT', 'sys/leases/revoke', { lease_id: { a: 1 } })).status).toBe(400);
    expect((await server.root('PUT', 'sys/leases/revoke', { lease_id: [other.id] })).status).toBe(400);
    const renewed = await server.root('PUT', `sys/leases/renew/${other.id}`, { lease_id: mine.id });
    expect(renewed.json.lease_id).toBe(other.id);
  });

  it('with sync=false the lease is dead at once, and what it stood for is taken back later', async () => {
    const lease = await lend();
    const answer = await server.root('PUT', 'sys/leases/revoke', { lease_id: lease.id, sync: false });
    expect(answer.status).toBe(202);
    expect(await isLive(lease.id)).toBe(false);
    expect(revoked).toEqual([]);
    expect((await server.root('POST', 'sys/leases/tidy')).status).toBe(204);
    expect(revoked).toContain(lease.id);
  });

  it('what an engine cannot take back is dead, counted, listed, tried again, and gone by force', async () => {
    await server.root('POST', 'sys/leases/tidy');
    canRevoke = false;
    const lease = await lend({ at: 'lend/stuck/a' });
    const answer = await server.root('PUT', 'sys/leases/revoke', { lease_id: lease.id });
    expect(answer.status).toBe(503);
    expect(answer.text).not.toContain('other side');
    expect(await isLive(lease.id)).toBe(false);
    const count = await server.root('GET', 'sys/leases/count?type=irrevocable');
    expect(count.json.data).toMatchObject({ lease_count: 1, counts: { 'lend/': 1 } });
    expect((await server.root('GET', 'sys/leases?type=irrevocable')).json.data.leases).toEqual([
      { lease_id: lease.id, mount: 'lend/' },
    ]);
    expect((await server.root('GET', 'sys/leases/count?type=other')).status).toBe(400);
    expect((await server.root('PUT', 'sys/leases/revoke-force/lend/stuck')).status).toBe(204);
    expect((await server.root('GET', 'sys/leases/count')).json.data.lease_count).toBe(0);
  });

  it('a lease that could not be taken back is not said to be so by a second try, and goes by force under its own id', async () => {
    canRevoke = false;
    const lease = await lend({ at: 'lend/stuck/b' });
    for (const path of ['sys/leases/revoke', 'sys/leases/revoke', `sys/leases/revoke-prefix/${lease.id}`]) {
      expect((await server.root('PUT', path, { lease_id: lease.id })).status, path).toBe(503);
    }
    expect((await server.root('PUT', `sys/leases/revoke-force/${lease.id}`)).status).toBe(204);
    expect((await server.root('GET', 'sys/leases/count')).json.data.lease_count).toBe(0);
  });

  it('by prefix: a lease that cannot be taken back keeps none after it alive', async () => {
    stuck = 'lend/q/a/';
    const leases = [await lend({ at: 'lend/q/a' }), await lend({ at: 'lend/q/b' }), await lend({ at: 'lend/q/c' })];
    expect((await server.root('PUT', 'sys/leases/revoke-prefix/lend/q')).status).toBe(503);
    for (const lease of leases) expect(await isLive(lease.id), lease.id).toBe(false);
    expect(revoked).toEqual(leases.slice(1).map((lease) => lease.id));
    expect((await server.root('PUT', 'sys/leases/revoke-force/lend/q')).status).toBe(204);
  });

  it('leases that cannot be taken back, however many, and damaged ones keep no other waiting', async () => {
    stuck = 'lend/many/';
    const { store, core, clock } = server;
    for (let count = 0; count < 200; count += 1) await lend({ at: 'lend/many', ttlSeconds: 1 });
    const damaged = await lend({ at: 'lend/damaged', ttlSeconds: 1 });
    const row = await store.read('leases', { namespace: 'root', id: damaged.id });
    const sealed = Buffer.from(row?.sealed as Buffer);
    sealed[sealed.length - 1] = (sealed.at(-1) as number) ^ 1;
    await store.commit([
      { kind: 'delete', table: 'leases', key: { namespace: 'root', id: damaged.id } },
      { kind: 'insert', table: 'leases', row: { ...(row as NonNullable<typeof row>), sealed } },
    ]);
    const late = await lend({ ttlSeconds: 2 });
    for (let sweeps = 0; sweeps < 3 && !revoked.includes(late.id); sweeps += 1) {
      clock.advanceSeconds(5);
      await core.revocations.settle('root');
    }
    expect(revoked).toContain(late.id);
    await store.commit([core.leases.remove(damaged)]);
    expect((await server.root('PUT', 'sys/leases/revoke-force/lend/many')).status).toBe(204);
  });

  it('by prefix: everything below it and nothing beside it', async () => {
    const below = [await lend({ at: 'lend/p/a' }), await lend({ at: 'lend/p/a' }), await lend({ at: 'lend/p/a/b' })];
    const beside = [await lend({ at: 'lend/p/ab' }), await lend({ at: 'lend/p' })];
    expect((await server.root('PUT', 'sys/leases/revoke-prefix/lend/p/a')).status).toBe(204);
    for (const lease of below) expect(await isLive(lease.id)).toBe(false);
    for (const lease of beside) expect(await isLive(lease.id)).toBe(true);
    expect(revoked.sort()).toEqual(below.map((lease) => lease.id).sort());
    const single = beside[0] as Lease;
    expect((await server.root('PUT', `sys/revoke-prefix/${single.id}`)).status, 'a lease is its own prefix').toBe(204);
    expect(await isLive(single.id)).toBe(false);
  });

  it('by prefix of a log-in path: the tokens made there, with all below, and no others', async () => {
    await server.root('POST', 'sys/auth/people', { type: 'userpass' });
    const logIn = async (name: string): Promise<string> => {
      await server.root('POST', `auth/people/users/${name}`, { password: 'correct horse' });
      return (await server.call('POST', `auth/people/login/${name}`, { body: { password: 'correct horse' } })).json.auth
        .client_token;
    };
    const works = async (token: string) =>
      (await server.call('GET', 'auth/token/lookup-self', { token })).status === 200;
    const [ann, annabel, made] = [await logIn('ann'), await logIn('annabel'), await newToken()];
    expect((await server.root('PUT', 'sys/leases/revoke-prefix/auth/people/login/ann')).status).toBe(204);
    expect([await works(ann), await works(annabel), await works(made)]).toEqual([false, true, true]);
    const spelled = await logIn('ANN');
    expect((await server.root('PUT', 'sys/leases/revoke-prefix/auth/people/login/ann')).status).toBe(204);
    expect([await works(spelled), await works(annabel)], 'a name in capitals is the same name').toEqual([false, true]);
    expect((await server.root('PUT', 'sys/leases/revoke-prefix/auth/people')).status).toBe(204);
    expect([await works(annabel), await works(made)]).toEqual([false, true]);
    const last = await logIn('ann');
    expect((await server.root('PUT', 'sys/revoke-prefix/auth')).status).toBe(204);
    expect([await works(last), await works(made)]).toEqual([false, false]);
    expect(await works(server.rootToken), 'a root token without an end is nobody’s lease').toBe(true);
  });

  it('a mount goes only when everything it lent is taken back, and takes it back when it goes', async () => {
    await server.root('POST', 'sys/mounts/going', { type: 'leasing' });
    const kept = mount;
    mount = server.core.mounts.byPath('secret', 'going/') as Mount;
    const lease = await lend({ at: 'going/a' });
    canRevoke = false;
    expect((await server.root('DELETE', 'sys/mounts/going')).status).toBe(503);
    expect((await server.root('GET', 'sys/mounts/going')).status).toBe(200);
    expect(await isLive(lease.id)).toBe(false);
    canRevoke = true;
    const second = await lend({ at: 'going/b' });
    expect((await server.root('DELETE', 'sys/mounts/going')).status).toBe(204);
    expect(revoked.sort()).toEqual([lease.id, second.id].sort());
    mount = kept;
  });

  it('a moved mount takes its leases back first: they name the old path', async () => {
    const lease = await lend();
    expect((await server.root('POST', 'sys/remount', { from: 'lend', to: 'lend2' })).status).toBe(200);
    expect(revoked).toContain(lease.id);
    expect((await server.root('POST', 'sys/remount', { from: 'lend2', to: 'lend' })).status).toBe(200);
    mount = server.core.mounts.byPath('secret', 'lend/') as Mount;
  });

  it('prefixes, force and lists need sudo; one lease needs none', async () => {
    await server.root('POST', 'sys/policies/acl/leases', {
      policy: 'path "sys/*" { capabilities = ["create", "read", "update", "delete", "list"] }',
    });
    const token = await newToken({ policies: ['leases'] });
    const lease = await lend();
    for (const [method, path] of [
      ['PUT', 'sys/leases/revoke-prefix/lend'],
      ['PUT', 'sys/leases/revoke-force/lend'],
      ['PUT', 'sys/revoke-prefix/lend'],
      ['PUT', 'sys/revoke-force/lend'],
      ['LIST', 'sys/leases/lookup/lend'],
      ['GET', 'sys/leases'],
    ] as const) {
      expect((await server.call(method, path, { token })).status, path).toBe(403);
    }
    expect(await isLive(lease.id)).toBe(true);
    expect((await server.call('PUT', `sys/leases/revoke/${lease.id}`, { token })).status).toBe(204);
  });
});
