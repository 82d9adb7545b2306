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
    admin:
      'path "pats/tokens*" { capabilities = ["read", "list", "update"] } path "pats/revoke" { capabilities = ["update"] }',
  };
  for (const [name, policy] of Object.entries(policies)) {
    expect((await server.root('POST', `sys/policies/acl/${name}`, { policy })).status).toBe(204);
  }
  for (const path of ['dev/app', 'dev/other', 'prod/app']) {
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

async function makeUser(name: string, policies = 'pats,dev,prod'): Promise<{ login: string; entity: string }> {
  const body = { password: 'right password', token_policies: policies };
  expect((await server.root('POST', `auth/userpass/users/${name}`, body)).status).toBe(204);
  return logIn(name);
}

async function logIn(name: string): Promise<{ login: string; entity: string }> {
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
const get = (path: string, token: string, address = '127.0.0.1'): Promise<CallAnswer> =>
  server.call('GET', path, { token, address });
const list = (path: string, token: string): Promise<CallAnswer> => server.call('LIST', path, { token });
const reads = async (token: string, path = 'secret/data/dev/app', address = '127.0.0.1'): Promise<number> =>
  (await get(path, token, address)).status;

describe('what a personal access token may do', () => {
  it('allows what its owner may do, when it has no grants of its own', async () => {
    const { token } = await make();
    expect(token).toMatch(/^pat_[0-9A-Za-z]+$/);
    expect(await reads(token)).toBe(200);
    expect(await reads(token, 'secret/data/prod/app')).toBe(200);
    expect(await reads(token, 'secret/data/else')).toBe(403);
    expect((await post('secret/data/dev/made', { data: {} }, token)).status).toBe(200);
  });

  it('allows only what both its grants and its owner allow', async () => {
    const grants =
      'path "secret/data/dev/app" { capabilities = ["read"] } path "sys/mounts" { capabilities = ["read"] }';
    const { token } = await make({ grants });
    expect(await reads(token)).toBe(200);
    expect(await reads(token, 'secret/data/dev/other')).toBe(403);
    expect((await post('secret/data/dev/app', { data: {} }, token)).status).toBe(403);
    expect(await reads(token, 'sys/mounts'), 'the owner may not').toBe(403);
  });

  it('takes grants as an object, and a path named like an object internal as a path', async () => {
    const { token, grants } = await make({ grants: { 'secret/data/dev/app': ['read'] } });
    expect(grants).toContain('secret/data/dev/app');
    expect(await reads(token)).toBe(200);
    expect(await reads(token, 'secret/data/dev/other')).toBe(403);
    const raw = '{"name":"x","grants":{"__proto__":["read"],"constructor":["read"]}}';
    const odd = await server.call('POST', 'pats/self', { token: login, raw });
    expect(odd.status, odd.text).toBe(200);
    expect(await reads(odd.json.data.token)).toBe(403);
  });

  it('takes a subset of the policies of its owner, and none beside', async () => {
    const { token, policies } = await make({ policies: ['DEV'] });
    expect(policies).toEqual(['dev']);
    expect(await reads(token)).toBe(200);
    expect(await reads(token, 'secret/data/prod/app')).toBe(403);
    for (const name of ['admin', 'root', ' ROOT ', 'nobody']) {
      const refused = await post('pats/self', { name: 'x', policies: [name] });
      expect(refused.status, name).toBe(400);
      expect(refused.json.hint).toContain('at most what its owner has');
    }
  });

  it('a policy the owner loses is lost at once, and one they get counts at once', async () => {
    const { token } = await make();
    await server.root('POST', `auth/userpass/users/${user}/policies`, { token_policies: 'pats,prod' });
    expect(await reads(token)).toBe(403);
    expect(await reads(token, 'secret/data/prod/app')).toBe(200);
    await server.root('POST', `auth/userpass/users/${user}/policies`, { token_policies: 'dev' });
    expect(await reads(token)).toBe(200);
  });

  it('a policy of the identity counts as it is now', async () => {
    const { login: plain, entity: id } = await makeUser(`plain${count}`, 'pats');
    const { token } = await make({}, plain);
    expect(await reads(token)).toBe(403);
    await server.root('POST', `identity/entity/id/${id}`, { policies: ['dev'] });
    expect(await reads(token)).toBe(200);
    await server.root('POST', `identity/entity/id/${id}`, { policies: [] });
    expect(await reads(token)).toBe(403);
  });

  it('IDN-05: it is refused while its owner is disabled, and for good when they are deleted', async () => {
    const { token } = await make();
    await server.root('POST', `identity/entity/id/${entity}`, { disabled: true });
    expect(await reads(token)).toBe(403);
    await server.root('POST', `identity/entity/id/${entity}`, { disabled: false });
    expect(await reads(token)).toBe(200);
    await server.root('DELETE', `identity/entity/id/${entity}`);
    expect(await reads(token)).toBe(403);
  });

  it('it is refused when the log-in of its owner is gone: the user, and the auth method', async () => {
    const { token } = await make();
    await server.root('DELETE', `auth/userpass/users/${user}`);
    expect(await reads(token)).toBe(403);
    // Whoever gets the name next is somebody else.
    await server.root('POST', `auth/userpass/users/${user}`, {
      password: 'right password',
      token_policies: 'pats,dev',
    });
    expect(await reads(token)).toBe(403);
    await server.root('POST', 'sys/auth/other', { type: 'userpass' });
    await server.root('POST', 'auth/other/users/eve', { password: 'right password', token_policies: 'pats,dev' });
    const eve = await server.call('POST', 'auth/other/login/eve', { body: { password: 'right password' } });
    const other = await make({}, eve.json.auth.client_token);
    expect(await reads(other.token)).toBe(200);
    await server.root('POST', `identity/entity/id/${eve.json.auth.entity_id}`, { policies: ['dev'] });
    await server.root('DELETE', 'sys/auth/other');
    expect(await reads(other.token)).toBe(403);
  });

  it('outlives the log-in it was made in', async () => {
    const { token } = await make();
    expect((await post('auth/token/revoke-self', {})).status).toBe(204);
    expect(await reads(token)).toBe(200);
  });

  it('a route that needs sudo needs it from the owner and from the grants', async () => {
    await server.root('POST', 'sys/policies/acl/auditor', {
      policy: 'path "auth/token/accessors" { capabilities = ["list", "sudo"] }',
    });
    const { login: auditor } = await makeUser(`auditor${count}`, 'pats,auditor');
    const lists = async (grants: object | undefined): Promise<number> => {
      const { token } = await make(grants ? { grants } : {}, auditor);
      return (await list('auth/token/accessors', token)).status;
    };
    expect(await lists(undefined)).toBe(200);
    expect(await lists({ 'auth/token/accessors/': ['list'] })).toBe(403);
    expect(await lists({ 'auth/token/accessors': ['list', 'sudo'] })).toBe(200);
    const { token } = await make({ grants: { 'auth/token/accessors': ['list', 'sudo'] } });
    expect((await list('auth/token/accessors', token)).status, 'an owner without sudo').toBe(403);
  });

  it('root never comes through a personal access token, even of an owner who logs in as root alone', async () => {
    const fields = { password: 'right password', token_policies: 'pats,dev', token_no_default_policy: true };
    await server.root('POST', `auth/userpass/users/bare${count}`, fields);
    const { token } = await make({}, (await logIn(`bare${count}`)).login);
    expect(await reads(token)).toBe(200);
    await server.root('POST', `auth/userpass/users/bare${count}/policies`, { token_policies: 'root' });
    expect(await reads(token)).toBe(403);
    expect(await reads(token, 'sys/mounts')).toBe(403);
  });

  it('templates in its grants stand for its owner, and follow a change of their name', async () => {
    await server.root('POST', `identity/entity/id/${entity}`, { name: 'app' });
    const { token } = await make({
      grants: 'path "secret/data/dev/{{identity.entity.name}}" { capabilities = ["read"] }',
    });
    expect(await reads(token)).toBe(200);
    await server.root('POST', `identity/entity/id/${entity}`, { name: `was-app-${count}` });
    expect(await reads(token)).toBe(403);
  });
});

describe('its validity', () => {
  it('ends at its time, by lifetime or by date', async () => {
    const { token, expire_time: end } = await make({ ttl: '1h' });
    const at = new Date(server.clock.nowMillis() + 7_200_000).toISOString();
    const dated = await make({ expire_time: at });
    expect(Date.parse(end)).toBe(server.clock.nowMillis() + 3_600_000);
    server.clock.advanceSeconds(3_599);
    expect(await reads(token)).toBe(200);
    server.clock.advanceSeconds(1);
    expect(await reads(token)).toBe(403);
    expect(await reads(dated.token)).toBe(200);
    server.clock.advanceSeconds(3_600);
    expect(await reads(dated.token)).toBe(403);
  });

  it('TOK-05: a lifetime that is no lifetime is refused', async () => {
    for (const ttl of ['-1', -1, '1e400', 'NaN', '1e9h', 0.5, '1h-1s', true, [], 9e15]) {
      expect((await post('pats/self', { name: 'x', ttl })).status, String(ttl)).toBe(400);
    }
    const both = { name: 'x', ttl: '1h', expire_time: '2099-01-01T00:00:00Z' };
    expect((await post('pats/self', both)).status).toBe(400);
    expect((await post('pats/self', { name: 'x', expire_time: '2020-01-01T00:00:00Z' })).status).toBe(400);
  });

  it('is good from its address blocks only, however the address is written', async () => {
    const { token } = await make({ bound_cidrs: ['10.1.0.0/16'] });
    expect(await reads(token, undefined, '10.1.2.3')).toBe(200);
    expect(await reads(token, undefined, '::ffff:10.1.2.3')).toBe(200);
    expect(await reads(token, undefined, '10.2.2.3')).toBe(403);
    for (const block of ['10.1.2.3/16', '010.1.0.0/16', 'x', '']) {
      expect((await post('pats/self', { name: 'x', bound_cidrs: [block] })).status, block).toBe(400);
    }
  });

  it('TOK-02: any spelling but its own is refused, and of no other prefix', async () => {
    const { token, id } = await make();
    const flipped = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    for (const text of [
      flipped,
      `${token}.`,
      token.toUpperCase(),
      token.slice(4),
      `pat_${'a'.repeat(33)}`,
      'pat_',
      id,
    ]) {
      expect(await reads(text), text).toBe(403);
    }
  });

  it('a text whose checksum is wrong is refused before anything is read', async () => {
    const { token } = await make();
    const read = vi.spyOn(server.core.credentials, 'findByText');
    const letter = token[10] === 'A' ? 'B' : 'A';
    expect(await reads(`${token.slice(0, 10)}${letter}${token.slice(11)}`)).toBe(403);
    expect(read).not.toHaveBeenCalled();
    expect(await reads(token)).toBe(200);
    expect(read).toHaveBeenCalledOnce();
    read.mockRestore();
  });

  it('works as a bearer token, and notes when it was last used', async () => {
    const { token, id, last_used_time: before } = await make();
    expect(before).toBeNull();
    const headers = { authorization: `Bearer ${token}` };
    expect((await server.call('GET', 'secret/data/dev/app', { headers, address: '10.9.8.7' })).status).toBe(200);
    await server.core.credentials.lastUses.flush();
    const { json } = await get(`pats/self/${id}`, login);
    expect(json.data).toMatchObject({ last_used_address: '10.9.8.7', state: 'active' });
    expect(Date.parse(json.data.last_used_time)).toBe(server.clock.nowMillis());
  });
});

describe('the routes of its owner', () => {
  it('show a PAT without the token, to its owner alone', async () => {
    const { id, token } = await make({
      tags: ['ci'],
      metadata: { team: 'a' },
      audience: 'build',
      justification: 'job',
    });
    const { json, text } = await get(`pats/self/${id}`, login);
    expect(json.data).toMatchObject({
      id,
      name: 'script',
      entity_id: entity,
      owner: `userpass-${user}`,
      tags: ['ci'],
      metadata: { team: 'a' },
      audience: 'build',
      justification: 'job',
      state: 'active',
      start: token.slice(0, 8),
      expire_time: null,
    });
    expect(text).not.toContain(token);
    const listed = await list('pats/self', login);
    expect(listed.json.data.keys).toEqual([id]);
    expect(listed.text).not.toContain(token);
  });

  it('TOK-22: a PAT of somebody else is as one that is not there, for every route', async () => {
    const { id, token } = await make();
    const { login: stranger } = await makeUser(`stranger${count}`);
    const missing = id.replace(/.{12}$/, '000000000000');
    const shape = ({ status, text }: CallAnswer): string => `${status} ${text.replace(/"request_id":"[^"]*"/, '')}`;
    for (const [verb, rest] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', ''],
      ['POST', '/rotate'],
      ['POST', '/revoke'],
    ] as const) {
      const ask = (which: string) =>
        server.call(verb, `pats/self/${which}${rest}`, { token: stranger, body: verb === 'POST' ? {} : undefined });
      const foreign = await ask(id);
      expect(foreign.status).toBe(404);
      expect(shape(foreign)).toBe(shape(await ask(missing)));
      expect((await ask('__proto__')).status).toBe(404);
    }
    expect((await list('pats/self', stranger)).json.data.keys).toEqual([]);
    expect(await reads(token)).toBe(200);
  });

  it('rename, tag and narrow it; grants and address blocks never widen', async () => {
    const { id, token } = await make({ grants: { 'secret/data/dev/*': ['read'] }, bound_cidrs: ['10.0.0.0/8'] });
    const change = (body: object) => post(`pats/self/${id}`, body);
    expect((await change({ name: 'renamed', tags: 'a,b' })).json.data).toMatchObject({
      name: 'renamed',
      tags: ['a', 'b'],
    });
    expect((await change({ grants: { 'secret/data/*': ['read', 'update'] } })).status).toBe(200);
    expect(await reads(token, 'secret/data/prod/app', '10.1.2.3'), 'wider grants add nothing').toBe(403);
    expect((await change({ grants: { 'secret/data/+/app': ['read'] } })).status).toBe(200);
    expect(await reads(token, 'secret/data/dev/app', '10.1.2.3')).toBe(200);
    expect(await reads(token, 'secret/data/dev/other', '10.1.2.3')).toBe(403);
    for (const blocks of [[], ['0.0.0.0/0'], ['10.0.0.0/7'], ['11.0.0.0/8'], ['10.1.0.0/16', '::1'], ['::/0']]) {
      expect((await change({ bound_cidrs: blocks })).status, blocks.join()).toBe(400);
    }
    expect((await change({ bound_cidrs: ['10.1.0.0/16', '10.2.2.2'] })).status).toBe(200);
    expect(await reads(token, 'secret/data/dev/app', '10.3.2.3')).toBe(403);
    expect(await reads(token, 'secret/data/dev/app', '10.2.2.2')).toBe(200);
  });

  it('IDN-06: what a change may not set stays as it was', async () => {
    const { id, family } = await make({ ttl: '1h', policies: ['dev'] });
    const before = (await get(`pats/self/${id}`, login)).json.data;
    const fields = {
      entity_id: 'x',
      owner: 'x',
      expire_time: null,
      ttl: '9h',
      policies: ['prod'],
      state: 'active',
      family: 'x',
      created_by: {},
      loginMount: 'x',
      withDefault: true,
      bounds: [],
    };
    const answer = await post(`pats/self/${id}`, fields);
    expect(answer.status).toBe(200);
    expect(answer.json.warnings[0]).toContain('unrecognized parameters');
    const after = (await get(`pats/self/${id}`, login)).json.data;
    expect(after).toEqual({ ...before, version: after.version });
    expect(after.family).toBe(family);
    const asked = await make({ entity_id: 'x', owner: 'boss', created_by: 'x', approved_by: 'x', state: 'pending' });
    expect(asked).toMatchObject({ entity_id: entity, owner: `userpass-${user}`, approved_by: null, state: 'active' });
  });

  it('end it at once, by DELETE or revoke, and again without harm', async () => {
    for (const end of ['DELETE', 'POST'] as const) {
      const { id, token } = await make();
      const stop = () =>
        server.call(end, `pats/self/${id}${end === 'POST' ? '/revoke' : ''}`, {
          token: login,
          body: end === 'POST' ? { reason: 'lost' } : undefined,
        });
      expect((await stop()).status).toBe(204);
      expect(await reads(token)).toBe(403);
      expect((await stop()).status).toBe(204);
      expect((await get(`pats/self/${id}`, login)).json.data).toMatchObject({
        state: 'revoked',
        reason: end === 'POST' ? 'lost' : '',
      });
      expect((await post(`pats/self/${id}`, { name: 'x' })).status, 'a change').toBe(400);
      expect((await post(`pats/self/${id}/rotate`, {})).status, 'a rotation').toBe(400);
    }
  });

  it('refuse what cannot be meant', async () => {
    const bodies: object[] = [
      {},
      { name: '' },
      { name: '   ' },
      { name: 'a\u0000b' },
      { name: 'x'.repeat(257) },
      { name: 'x', grants: '' },
      { name: 'x', grants: 7 },
      { name: 'x', grants: ['read'] },
      { name: 'x', grants: { 'secret/*': 'read' } },
      { name: 'x', grants: { 'secret/*': ['fly'] } },
      { name: 'x', grants: `path "secret/${'a'.repeat(20_000)}" { capabilities = ["read"] }` },
      { name: 'x', policies: [] },
      { name: 'x', policies: ['../dev'] },
      { name: 'x', tags: Array.from({ length: 51 }, (_, index) => `t${index}`) },
      { name: 'x', metadata: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 'v'])) },
      { name: 'x', audience: 'x'.repeat(257) },
      { name: 'x', justification: 'x'.repeat(1_025) },
    ];
    for (const body of bodies) {
      const answer = await post('pats/self', body);
      expect(answer.status, JSON.stringify(body).slice(0, 80)).toBe(400);
      expect(answer.json.hint, JSON.stringify(body).slice(0, 80)).toBeTruthy();
    }
    expect((await list('pats/self', login)).json.data.keys).toEqual([]);
    const place = await post('pats/self', { name: 'x', grants: 'path "a" { capabilities = ["read"] }\npath "b" { }}' });
    expect(place.json.errors[0]).toMatch(/^failed to parse policy: line 2, column \d+/);
  });

  it('callers without an identity make none', async () => {
    const answer = await server.root('POST', 'pats/self', { name: 'x' });
    expect(answer.status).toBe(400);
    expect(answer.json.hint).toContain('log in');
    expect((await list('pats/self', server.rootToken)).status).toBe(400);
  });

  it('what this release does not serve is refused as an unsupported path', async () => {
    const { id } = await make();
    expect((await post('pats/self/exchange', { audience: 'x' })).status).toBe(404);
    expect((await post('pats/self/exchange', { audience: 'x' })).json.code).toBe('unsupported_path');
    for (const word of ['approve', 'deny']) {
      expect((await server.root('POST', `pats/tokens/${id}/${word}`, {})).json.code).toBe('unsupported_path');
    }
  });

  it('pages through the own ones', async () => {
    const ids = [];
    for (let index = 0; index < 5; index += 1) ids.push((await make({ name: `n${index}` })).id);
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const { json } = await list(`pats/self?limit=2${after === '' ? '' : `&after=${after}`}`, login);
      seen.push(...json.data.keys);
      after = json.data.next;
      if (after === '') break;
    }
    expect(seen.sort()).toEqual(ids.sort());
    expect((await list('pats/self?after=rubbish', login)).status).toBe(400);
    expect((await list('pats/self?limit=0', login)).status).toBe(400);
  });
});
