import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Json } from '../../src/lib/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await server.root('POST', 'sys/auth/userpass', { type: 'userpass' });
  const policies = {
    pats: 'path "pats/self" { capabilities = ["update", "list"] } path "pats/self/*" { capabilities = ["read", "update", "delete"] }',
    dev: 'path "secret/data/dev/*" { capabilities = ["create", "read", "update"] }',
    prod: 'path "secret/data/prod/*" { capabilities = ["create", "read", "update"] }',
    maker:
      'path "auth/token/*" { capabilities = ["create", "update", "sudo"] } path "api-keys/*" { capabilities = ["create", "update"] }',
    admin:
      'path "pats/tokens" { capabilities = ["list"] } path "pats/tokens/*" { capabilities = ["read", "list", "update"] } path "pats/revoke" { capabilities = ["update"] }',
  };
  for (const [name, policy] of Object.entries(policies)) {
    expect((await server.root('POST', `sys/policies/acl/${name}`, { policy })).status).toBe(204);
  }
  for (const path of ['dev/app', 'prod/app']) {
    expect((await server.root('POST', `secret/data/${path}`, { data: { at: path } })).status).toBe(200);
  }
});
afterAll(() => server.stop());

let count = 0;
let user = '';
let login = '';
let entity = '';
beforeEach(async () => {
  count += 1;
  user = `person${count}`;
  ({ login, entity } = await makeUser(user));
});

async function makeUser(name: string, fields: object = {}): Promise<{ login: string; entity: string }> {
  const body = { password: 'right password', token_policies: 'pats,dev,prod', ...fields };
  expect((await server.root('POST', `auth/userpass/users/${name}`, body)).status).toBe(204);
  const { json } = await server.call('POST', `auth/userpass/login/${name}`, { body: { password: 'right password' } });
  return { login: json.auth.client_token, entity: json.auth.entity_id };
}

const post = (path: string, body: object, token = login, headers: Record<string, string> = {}): Promise<CallAnswer> =>
  server.call('POST', path, { token, body: body as Json, headers });
// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
async function make(body: object = {}, token = login): Promise<any> {
  const answer = await post('pats/self', { name: 'script', ...body }, token);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
}
const reads = async (token: string, path = 'secret/data/dev/app', address = '127.0.0.1'): Promise<number> =>
  (await server.call('GET', path, { token, address })).status;
const selfGrants = { 'pats/self': ['update', 'list'], 'pats/self/*': ['read', 'update', 'delete'] };

describe('IDN-08: a PAT that makes PATs', () => {
  it('makes none unless its grants hold pats/self', async () => {
    const { token } = await make({ grants: { 'secret/data/dev/*': ['read'] } });
    expect((await post('pats/self', { name: 'x' }, token)).status).toBe(403);
  });

  it('passes all its bounds on, through any number of them, whatever is asked for', async () => {
    const first = await make({ grants: { ...selfGrants, 'secret/data/dev/*': ['read'] } });
    const second = await make(
      { grants: { 'secret/data/*': ['read', 'update'], 'pats/self': ['update'] } },
      first.token,
    );
    const third = await make({ policies: ['prod', 'dev'] }, second.token);
    for (const { token } of [second, third]) {
      expect(await reads(token)).toBe(200);
      expect(await reads(token, 'secret/data/prod/app')).toBe(403);
      expect((await post('secret/data/dev/app', { data: {} }, token)).status).toBe(403);
    }
    expect(third).toMatchObject({ owner: `userpass-${user}`, entity_id: entity });
    expect(third.bounds).toHaveLength(3);
  });

  it('makes none that outlives its overlap', async () => {
    const old = await make({ ttl: '10h' });
    expect((await post(`pats/self/${old.id}/rotate`, { overlap: '1h' })).status).toBe(200);
    const end = server.clock.nowMillis() + 3_600_000;
    for (const body of [{}, { ttl: '9h' }]) {
      const { expire_time } = await make(body, old.token);
      expect(Date.parse(expire_time), JSON.stringify(body)).toBe(end);
    }
    const other = await make();
    const { json } = await post(`pats/self/${other.id}/rotate`, {}, old.token);
    expect(Date.parse(json.data.expire_time)).toBe(end);
  });

  it('makes none that lives longer or is good from more addresses', async () => {
    const maker = await make({ ttl: '1h', bound_cidrs: ['127.0.0.0/8'] });
    for (const wish of [{ ttl: '9h' }, { ttl: 0 }, {}, { expire_time: '2099-01-01T00:00:00Z' }]) {
      const made = await make(wish, maker.token);
      expect(made.expire_time).toBe(maker.expire_time);
      expect(made.bound_cidrs).toEqual(['127.0.0.0/8']);
    }
    expect((await make({ ttl: '1m' }, maker.token)).expire_time < maker.expire_time).toBe(true);
    for (const blocks of [[], ['0.0.0.0/0'], ['127.0.0.0/7'], ['10.0.0.0/8', '127.0.0.1']]) {
      expect((await post('pats/self', { name: 'x', bound_cidrs: blocks }, maker.token)).status, blocks.join()).toBe(
        400,
      );
    }
    expect((await make({ bound_cidrs: '127.0.0.1' }, maker.token)).bound_cidrs).toEqual(['127.0.0.1']);
  });

  it('does not get the rights or the life of another one by rotating it', async () => {
    const wide = await make();
    const narrow = await make({ ttl: '1h', grants: { ...selfGrants, 'secret/data/dev/*': ['read'] } });
    const rotated = await post(`pats/self/${wide.id}/rotate`, { ttl: '9h' }, narrow.token);
    expect(rotated.status, rotated.text).toBe(200);
    const { token, expire_time: end } = rotated.json.data;
    expect(await reads(token)).toBe(200);
    expect(await reads(token, 'secret/data/prod/app')).toBe(403);
    expect(end).toBe(narrow.expire_time);
  });

  it('does not lengthen its own life by rotating itself, and keeps its bounds', async () => {
    const maker = await make({ ttl: '1h', grants: { ...selfGrants, 'secret/data/dev/*': ['read'] } });
    server.clock.advanceSeconds(1_800);
    const { data } = (await post(`pats/self/${maker.id}/rotate`, { ttl: '5h' }, maker.token)).json;
    expect(data.expire_time).toBe(maker.expire_time);
    expect(data.bounds).toEqual(maker.bounds);
    expect(await reads(maker.token)).toBe(403);
    expect(await reads(data.token)).toBe(200);
  });

  it('gives out no token and no API key beyond its grants', async () => {
    const { login: maker } = await makeUser(`maker${count}`, { token_policies: 'pats,maker,dev' });
    const grants = { 'auth/token/*': ['create', 'update', 'sudo'], 'api-keys/*': ['create', 'update'] };
    const { token } = await make({ grants }, maker);
    for (const path of ['auth/token/create', 'auth/token/create-orphan']) {
      for (const body of [{}, { policies: ['dev'] }, { policies: ['root'] }, { no_parent: true }]) {
        const answer = await post(path, body, token);
        expect(answer.status, `${path} ${JSON.stringify(body)}`).toBe(400);
        expect(answer.json.hint).toBeTruthy();
      }
    }
    expect((await post('api-keys/keys', { policies: ['dev'] }, token)).json).not.toHaveProperty('data.key');
    const whole = await make({}, maker);
    expect((await post('auth/token/create', {}, whole.token)).status, 'no grants: still no token').toBe(400);
  });

  it('is no token: it is not looked up, renewed or revoked as one', async () => {
    const { token, id } = await make();
    expect((await server.call('GET', 'auth/token/lookup-self', { token })).status).toBe(400);
    for (const route of ['renew-self', 'revoke-self']) {
      expect((await post(`auth/token/${route}`, {}, token)).status, route).toBe(400);
    }
    expect((await server.root('POST', 'auth/token/lookup', { token })).status).toBe(403);
    expect((await server.root('POST', 'auth/token/lookup-accessor', { accessor: id })).status).toBe(400);
    expect(await reads(token)).toBe(200);
  });

  it('is told its rights as both sides allow them', async () => {
    const asking = { 'sys/capabilities-self': ['update'] };
    const grants = { ...asking, 'secret/data/dev/*': ['read', 'delete'], 'sys/mounts': ['read'] };
    const { token } = await make({ grants });
    const paths = ['secret/data/dev/app', 'secret/data/prod/app', 'sys/mounts'];
    const { json } = await post('sys/capabilities-self', { paths }, token);
    expect(json.data).toMatchObject({
      'secret/data/dev/app': ['read'],
      'secret/data/prod/app': ['deny'],
      'sys/mounts': ['deny'],
    });
  });
});

describe('IDN-07: a token that makes PATs', () => {
  it('passes its address blocks on', async () => {
    const { login: bound } = await makeUser(`bound${count}`, { token_bound_cidrs: '127.0.0.0/8' });
    const { token } = await make({}, bound);
    expect(await reads(token, undefined, '127.0.0.9')).toBe(200);
    expect(await reads(token, undefined, '10.0.0.1')).toBe(403);
    expect((await post('pats/self', { name: 'x', bound_cidrs: [] }, bound)).status).toBe(400);
    const { login: strict } = await makeUser(`strict${count}`, { token_strictly_bind_ip: true });
    expect((await make({}, strict)).bound_cidrs).toEqual(['127.0.0.1']);
  });

  it('with limited uses makes none', async () => {
    const { login: limited } = await makeUser(`limited${count}`, { token_num_uses: 5 });
    expect((await post('pats/self', { name: 'x' }, limited)).status).toBe(400);
  });

  it('as the child of a log-in gives no rights of the log-in, only those of the identity', async () => {
    const { login: parent } = await makeUser(`parent${count}`, { token_policies: 'pats,dev,maker' });
    const child = await post('auth/token/create', { policies: ['pats'] }, parent);
    expect(child.json.auth.policies).toEqual(['default', 'pats']);
    const { token } = await make({}, child.json.auth.client_token);
    expect(await reads(token)).toBe(403);
  });

  it('as the child of a log-in gets no rights of the log-in by rotating either', async () => {
    const { login: full, entity: id } = await makeUser(`rotating${count}`, { token_policies: 'pats,dev,maker' });
    expect((await server.root('POST', `identity/entity/id/${id}`, { policies: ['pats'] })).status).toBeLessThan(300);
    const wide = await make({}, full);
    const child = await post('auth/token/create', { policies: ['pats'], no_default_policy: true }, full);
    const { client_token: narrow } = child.json.auth;
    const pat = await make({}, narrow);
    for (const token of [narrow, pat.token]) {
      const answer = await post(`pats/self/${wide.id}/rotate`, {}, token);
      expect(answer.status, answer.text).toBe(400);
      expect(answer.json.data).toBeUndefined();
    }
    expect(await reads(wide.token)).toBe(200);
    expect((await post(`pats/self/${wide.id}/rotate`, {}, full)).status).toBe(200);
    // The log-in may rotate what its child made: it stays as narrow as it was.
    const own = await post(`pats/self/${pat.id}/rotate`, {}, full);
    expect(own.status, own.text).toBe(200);
    expect(await reads(own.json.data.token)).toBe(403);
  });

  it('revoked between the decision and the write makes and rotates none', async () => {
    const kept = await make({ name: 'kept' });
    for (const path of ['pats/self', `pats/self/${kept.id}/rotate`]) {
      const log = await server.call('POST', `auth/userpass/login/${user}`, { body: { password: 'right password' } });
      const token = log.json.auth.client_token;
      const pat = await make();
      const makers = [
        { text: token, end: () => server.root('POST', 'auth/token/revoke', { token }) },
        { text: pat.token, end: () => server.root('POST', `pats/tokens/${pat.id}/revoke`, {}) },
      ];
      for (const { text, end } of makers) {
        const commit = server.store.commit.bind(server.store);
        const spy = vi.spyOn(server.store, 'commit').mockImplementationOnce(async (changes) => {
          expect((await end()).status).toBe(204);
          return commit(changes);
        });
        const answer = await post(path, { name: 'late' }, text);
        spy.mockRestore();
        expect([400, 403], `${path} ${answer.text}`).toContain(answer.status);
      }
    }
    expect((await server.root('LIST', 'pats/tokens?name=late')).json.data.keys).toEqual([]);
    expect(await reads(kept.token)).toBe(200);
  });

  it('revoked while it makes PATs leaves none it was not told of', async () => {
    const [revoked, ...made] = await Promise.all([
      post('auth/token/revoke-self', {}),
      ...Array.from({ length: 10 }, () => post('pats/self', { name: 'x' })),
    ]);
    expect(revoked?.status).toBe(204);
    for (const answer of made) expect([200, 403]).toContain(answer.status);
    const filter = `entity_id=${entity}`;
    const stored = await server.root('LIST', `pats/tokens?${filter}`);
    expect(stored.json.data.keys).toHaveLength(made.filter((answer) => answer.status === 200).length);
  });
});

describe('rotation', () => {
  it('ends the old one at once, or when the overlap is over', async () => {
    const old = await make({ ttl: '10h', tags: ['a'], policies: ['dev'] });
    const { json } = await post(`pats/self/${old.id}/rotate`, { overlap: '1h' });
    const now = server.clock.nowMillis();
    expect(json.data).toMatchObject({
      name: 'script',
      tags: ['a'],
      policies: ['dev'],
      family: old.family,
      rotated_from: old.id,
      previous_id: old.id,
      previous_expire_time: new Date(now + 3_600_000).toISOString().replace('.000Z', 'Z'),
    });
    expect(Date.parse(json.data.expire_time)).toBe(now + 36_000_000);
    expect(json.data.id).not.toBe(old.id);
    expect(await reads(old.token)).toBe(200);
    server.clock.advanceSeconds(3_600);
    expect(await reads(old.token)).toBe(403);
    expect(await reads(json.data.token)).toBe(200);
    const again = await post(`pats/self/${json.data.id}/rotate`, {});
    expect(await reads(json.data.token)).toBe(403);
    expect(await reads(again.json.data.token)).toBe(200);
    const shown = await server.call('GET', `pats/self/${old.id}`, { token: login });
    expect(shown.json.data).toMatchObject({ state: 'rotated', rotated_to: json.data.id });
  });

  it('keeps the end of an old one that ends before its overlap', async () => {
    const old = await make({ ttl: '1m' });
    const { json } = await post(`pats/self/${old.id}/rotate`, { overlap: '1h' });
    expect(json.data.previous_expire_time).toBe(old.expire_time);
    server.clock.advanceSeconds(60);
    expect(await reads(old.token)).toBe(403);
    expect((await post(`pats/self/${json.data.id}/rotate`, { overlap: '400d' })).status).toBe(400);
  });

  it('asked for ten times at once gives one new PAT', async () => {
    const old = await make();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(`pats/self/${old.id}/rotate`, {})));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 400)).toHaveLength(9);
  });

  it('revoking the old one ends its overlap', async () => {
    const old = await make();
    await post(`pats/self/${old.id}/rotate`, { overlap: '1h' });
    await post(`pats/self/${old.id}/revoke`, {});
    expect(await reads(old.token)).toBe(403);
  });
});

describe('Idempotency-Key', () => {
  it('answers a repetition as the first request, token and all, and keeps one PAT', async () => {
    const headers = { 'idempotency-key': `k${count}` };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post('pats/self', { name: 'x' }, login, headers)),
    );
    expect(new Set(answers.map((answer) => answer.json.data.token)).size).toBe(1);
    const { json } = await server.call('LIST', 'pats/self', { token: login });
    expect(json.data.keys).toHaveLength(1);
    const other = await post('pats/self', { name: 'y' }, login, headers);
    expect(other.status).toBe(400);
    expect(other.json.code).toBe('conflict');
    const { login: stranger } = await makeUser(`stranger${count}`);
    const theirs = await post('pats/self', { name: 'x' }, stranger, headers);
    expect(theirs.json.data.token).not.toBe(answers[0]?.json.data.token);
  });

  it('holds for a rotation too', async () => {
    const { id } = await make();
    const rotate = () => post(`pats/self/${id}/rotate`, { overlap: '1h' }, login, { 'idempotency-key': 'r' });
    const first = await rotate();
    expect((await rotate()).json.data.token).toBe(first.json.data.token);
  });
});

describe('the routes of administrators', () => {
  let admin = '';
  beforeEach(async () => {
    ({ login: admin } = await makeUser(`admin${count}`, { token_policies: 'admin' }));
  });
  const list = (query: string): Promise<CallAnswer> => server.call('LIST', `pats/tokens?${query}`, { token: admin });

  it('list by filter, show without the token, and revoke the PATs of anybody', async () => {
    const ci = await make({ tags: ['ci'], ttl: '1h' });
    const plain = await make({ name: 'plain' });
    expect((await list(`entity_id=${entity}`)).json.data.keys.sort()).toEqual([ci.id, plain.id].sort());
    expect((await list(`entity_id=${entity}&tag=ci`)).json.data.keys).toEqual([ci.id]);
    expect((await list(`owner=userpass-${user}&name=plain`)).json.data.keys).toEqual([plain.id]);
    expect((await list(`start=${ci.start}`)).json.data.keys).toContain(ci.id);
    const shown = await server.call('GET', `pats/tokens/${ci.id}`, { token: admin });
    expect(shown.json.data).toMatchObject({ id: ci.id, entity_id: entity, state: 'active' });
    expect(shown.text).not.toContain(ci.token);
    expect((await post(`pats/tokens/${ci.id}/revoke`, { reason: 'leaked' }, admin)).status).toBe(204);
    expect(await reads(ci.token)).toBe(403);
    expect((await list(`entity_id=${entity}&state=revoked`)).json.data.key_info[ci.id].reason).toBe('leaked');
    expect((await post('pats/tokens/none/revoke', {}, admin)).status).toBe(404);
    expect((await server.call('GET', 'pats/tokens/none', { token: admin })).status).toBe(404);
  });

  it('are closed to owners', async () => {
    const { id } = await make();
    expect((await server.call('LIST', 'pats/tokens', { token: login })).status).toBe(403);
    expect((await server.call('GET', `pats/tokens/${id}`, { token: login })).status).toBe(403);
    expect((await post(`pats/tokens/${id}/revoke`, {})).status).toBe(403);
    expect((await post('pats/revoke', { entity_id: entity })).status).toBe(403);
    expect((await post('pats/rules', { max_ttl: 0 })).status).toBe(403);
  });

  it('revoke all of an entity, or what a filter names, after counting in a dry run', async () => {
    const ci = await make({ tags: ['ci'] });
    const plain = await make();
    const { login: stranger } = await makeUser(`stranger${count}`);
    const other = await make({ tags: ['ci'] }, stranger);
    const revoke = async (body: object) => (await post('pats/revoke', body, admin)).json.data.count;
    expect(await revoke({ entity_id: entity, dry_run: true })).toBe(2);
    expect(await reads(ci.token)).toBe(200);
    expect(await revoke({ filter: { entity_id: entity, tag: 'ci' } })).toBe(1);
    expect([await reads(ci.token), await reads(plain.token), await reads(other.token)]).toEqual([403, 200, 200]);
    expect(await revoke({ filter: { owner: `userpass-stranger${count}` }, dry_run: true })).toBe(1);
    expect(await revoke({ entity_id: entity })).toBe(1);
    expect([await reads(plain.token), await reads(other.token)]).toEqual([403, 200]);
    expect(await revoke({ entity_id: entity })).toBe(0);
    expect(await revoke({ entity_id: 'nobody' })).toBe(0);
  });

  it('refuse a filter that is empty, unknown or unreadable: it would mean everybody', async () => {
    const { token } = await make();
    for (const body of [
      {},
      { filter: {} },
      { entity_id: '' },
      { filter: { tag: '' } },
      { filter: { nickname: 'x' } },
      { filter: { sort: 'created_time' } },
      { filter: { __proto__x: 1 } },
      { filter: { created_after: 'x' } },
      { filter: { entity_id: 'a' }, entity_id: 'b' },
      { filter: 'all' },
    ]) {
      const answer = await post('pats/revoke', body, admin);
      expect(answer.status, JSON.stringify(body)).toBe(400);
      expect(answer.json.hint).toBeTruthy();
    }
    expect(await reads(token)).toBe(200);
  });
});

describe('rules', () => {
  const rule = async (body: object): Promise<void> => {
    const answer = await server.root('POST', 'pats/rules', body as Json);
    expect(answer.status, answer.text).toBe(200);
  };
  const none = {
    max_ttl: 0,
    require_expiry: false,
    require_justification: false,
    bound_cidrs: [],
    max_live_per_entity: 0,
    allowed_entities: [],
    exempt_entities: [],
  };
  beforeEach(() => rule(none));
  afterAll(() => rule(none));

  it('are shown as they were stored; a change leaves what it does not name', async () => {
    await rule({ max_ttl: '24h', require_justification: true });
    await rule({ max_live_per_entity: 3 });
    const { json } = await server.root('GET', 'pats/rules');
    expect(json.data).toMatchObject({
      ...none,
      max_ttl: 86_400,
      require_justification: true,
      max_live_per_entity: 3,
      require_approval: false,
      allowed_grants: null,
    });
  });

  it('that are not served are refused, not ignored', async () => {
    for (const body of [{ require_approval: true }, { allowed_grants: ['x'] }, { dry_run: true }]) {
      expect((await server.root('POST', 'pats/rules', body)).status).toBe(400);
    }
    for (const body of [{ max_ttl: -1 }, { bound_cidrs: ['10.0.0.1/8'] }, { max_live_per_entity: -1 }]) {
      expect((await server.root('POST', 'pats/rules', body)).status, JSON.stringify(body)).toBe(400);
    }
  });

  it('bound the lifetime of new PATs, and of rotated ones', async () => {
    const old = await make({ ttl: '48h' });
    await rule({ max_ttl: '24h', require_expiry: true });
    const day = () => server.clock.nowMillis() + 86_400_000;
    expect((await post('pats/self', { name: 'x', ttl: '25h' })).status).toBe(400);
    expect(Date.parse((await make()).expire_time)).toBe(day());
    expect((await post(`pats/self/${old.id}/rotate`, { ttl: '25h' })).status).toBe(400);
    const { json } = await post(`pats/self/${old.id}/rotate`, {});
    expect(Date.parse(json.data.expire_time)).toBe(day());
    await rule({ max_ttl: 0 });
    expect((await post('pats/self', { name: 'x' })).status, 'an expiry is required').toBe(400);
    expect((await post('pats/self', { name: 'x', ttl: 0 })).status, 'zero is none').toBe(400);
  });

  it('demand a justification', async () => {
    const old = await make();
    await rule({ require_justification: true });
    for (const justification of [undefined, '', '  ']) {
      expect((await post('pats/self', { name: 'x', justification })).status).toBe(400);
    }
    const justified = await make({ justification: 'nightly job' });
    expect(justified.justification).toBe('nightly job');
    expect((await post(`pats/self/${old.id}/rotate`, {})).status, 'made before there was such a rule').toBe(400);
    expect((await post(`pats/self/${justified.id}/rotate`, {})).status).toBe(200);
  });

  it('bind addresses and entities on use: PATs made before are held to them', async () => {
    const { token } = await make();
    await rule({ bound_cidrs: ['10.0.0.0/8'] });
    expect(await reads(token)).toBe(403);
    expect(await reads(token, undefined, '10.0.0.1')).toBe(200);
    await rule({ ...none, allowed_entities: ['somebody-else'] });
    expect(await reads(token)).toBe(403);
    expect((await post('pats/self', { name: 'x' })).status).toBe(400);
    await rule({ allowed_entities: [entity] });
    expect(await reads(token)).toBe(200);
  });

  it('do not bind those who are exempt', async () => {
    const { token } = await make();
    await rule({ max_ttl: '1h', require_expiry: true, require_justification: true, bound_cidrs: ['10.0.0.0/8'] });
    await rule({ max_live_per_entity: 1, exempt_entities: [entity] });
    expect(await reads(token)).toBe(200);
    expect((await make()).expire_time).toBeNull();
  });

  it('count live PATs without reading those that were revoked', async () => {
    await rule({ max_live_per_entity: 1 });
    for (let time = 0; time < 3; time += 1) {
      const { id } = await make();
      expect((await post(`pats/self/${id}/revoke`, {})).status).toBe(204);
    }
    const list = vi.spyOn(server.store, 'list');
    await make();
    const rows = await Promise.all(list.mock.results.map(({ value }) => value as Promise<{ state?: string }[]>));
    list.mockRestore();
    expect(rows.flat().filter(({ state }) => state === 'revoked')).toEqual([]);
    expect((await post('pats/self', { name: 'x' })).status).toBe(400);
  });

  it('hold the number of live PATs of an entity under parallel creation', async () => {
    await rule({ max_live_per_entity: 3 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('pats/self', { name: 'x' })));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(3);
    expect(answers.filter((answer) => answer.status === 400)).toHaveLength(17);
    const id = answers.find((answer) => answer.status === 200)?.json.data.id;
    const { json } = await post(`pats/self/${id}/rotate`, { overlap: '1h' });
    expect((await post(`pats/self/${json.data.id}/rotate`, { overlap: '1h' })).status, 'a second overlap').toBe(400);
    expect((await post(`pats/self/${json.data.id}/rotate`, {})).status).toBe(200);
    expect((await post('pats/self', { name: 'x' })).status).toBe(400);
    server.clock.advanceSeconds(3_600);
    const again = (await server.call('LIST', 'pats/self', { token: login })).json.data;
    const live = Object.values(again.key_info as Record<string, { id: string; state: string }>).filter(
      (pat) => pat.state === 'active',
    );
    expect(live).toHaveLength(3);
    await post(`pats/self/${live[0]?.id}/revoke`, {});
    expect((await post('pats/self', { name: 'x' })).status).toBe(200);
  });

  it('hold the number of live PATs of an entity when two nodes create at once', async () => {
    await rule({ max_live_per_entity: 3 });
    const other = await startServer({ store: server.store, initialize: false, clock: server.clock });
    await other.call('POST', 'sys/unseal', { body: { key: server.shares[0] as string } });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? server : other).call('POST', 'pats/self', { token: login, body: { name: 'x' } }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(3);
    expect(answers.filter((answer) => answer.status === 400)).toHaveLength(17);
  });
});
