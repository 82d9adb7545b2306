import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Json } from '../../src/lib/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let plain: string;
let bare: string;
let sudo: string;
beforeAll(async () => {
  server = await startServer();
  const policies = {
    maker: 'path "auth/token/create*" { capabilities = ["create", "update"] }',
    boss: 'path "auth/token/*" { capabilities = ["create", "update", "sudo"] }',
    a: 'path "secret/data/a" { capabilities = ["read"] }',
    b: 'path "secret/data/b" { capabilities = ["read"] }',
  };
  for (const [name, policy] of Object.entries(policies))
    await server.root('POST', `sys/policies/acl/${name}`, { policy });
  plain = (await auth({ policies: ['maker', 'a'] })).client_token;
  bare = (await auth({ policies: ['maker', 'a'], no_default_policy: true })).client_token;
  sudo = (await auth({ policies: ['boss', 'a'] })).client_token;
});
afterAll(() => server.stop());

const create = (body: object, token = server.rootToken, path = 'create'): Promise<CallAnswer> =>
  server.call('POST', `auth/token/${path}`, { token, body: body as Json });
// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
async function auth(body: object, token = server.rootToken, path = 'create'): Promise<any> {
  const answer = await create(body, token, path);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.auth;
}
// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
const lookUp = async (token: string): Promise<any> =>
  (await server.root('POST', 'auth/token/lookup', { token })).json?.data;
const refusal = async (body: object, token?: string, path?: string): Promise<string> => {
  const answer = await create(body, token, path);
  expect(answer.status, answer.text).toBe(400);
  expect(answer.json.hint, answer.text).toBeTruthy();
  return answer.json.errors[0];
};
const role = async (name: string, body: object): Promise<void> => {
  const answer = await server.root('POST', `auth/token/roles/${name}`, body as Json);
  expect(answer.status, answer.text).toBe(204);
};

describe('policies of a child', () => {
  it('are those of its parent when none are asked for, without adding default', async () => {
    expect((await auth({}, plain)).policies).toEqual(['a', 'default', 'maker']);
    expect((await auth({}, bare)).policies).toEqual(['a', 'maker']);
    expect((await auth({})).policies).toEqual(['root']);
  });

  it('IDN-07: are a subset of the parent’s; default only when the parent has it', async () => {
    expect((await auth({ policies: ['a'] }, plain)).policies).toEqual(['a', 'default']);
    expect((await auth({ policies: ['a'] }, bare)).policies).toEqual(['a']);
    for (const policies of [['b'], ['a', 'b'], ['A', ' B ']]) {
      expect(await refusal({ policies }, plain)).toBe('child policies must be subset of parent');
    }
    expect(await refusal({ policies: ['default'] }, bare)).toBe('child policies must be subset of parent');
  });

  it('a batch token is refused where a role limits the uses: nothing would count them', async () => {
    await server.root('POST', 'auth/token/roles/once', { token_num_uses: 1, orphan: true, allowed_policies: 'a' });
    const before = 'batch tokens cannot have "num_uses" set';
    const asked = await server.root('POST', 'auth/token/create/once', { type: 'batch' });
    expect([asked.status, asked.json.errors]).toEqual([400, [before]]);
    const changed = await server.root('POST', 'auth/token/roles/once', { token_type: 'default-batch' });
    expect(changed.status).toBe(400);
    expect((await server.root('POST', 'auth/token/create/once', { type: 'service' })).json.auth.num_uses).toBe(1);
  });

  it('an entity alias is held against the role in the spelling that identity knows it by', async () => {
    await server.root('POST', 'auth/token/roles/spelt', { allowed_entity_aliases: 'jose*', allowed_policies: 'a' });
    const make = (alias: string) => server.root('POST', 'auth/token/create/spelt', { entity_alias: alias });
    expect((await make(' JOSE ')).status).toBe(200);
    // The e and a combining accent become one letter: another name, which does not begin with jose.
    expect((await make('jose\u0301')).json.errors).toEqual(["invalid 'entity_alias' value"]);
  });

  it('may be any with sudo, but root only from a root token, by no spelling', async () => {
    expect((await auth({ policies: ['b'] }, sudo)).policies).toEqual(['b', 'default']);
    for (const name of ['root', 'ROOT', ' root', 'Root\t']) {
      for (const token of [sudo, plain]) {
        expect(await refusal({ policies: ['a', name] }, token)).toContain('root tokens may not be created');
      }
    }
    expect((await auth({ policies: ['a', ' Root '] })).policies).toEqual(['root']);
  });

  it('are one spelling each, sorted, and lose default when it is not wanted', async () => {
    const asked = { policies: ['B', ' a ', 'b', 'a'] };
    expect((await auth(asked, sudo)).policies).toEqual(['a', 'b', 'default']);
    expect((await auth({ ...asked, no_default_policy: true }, sudo)).policies).toEqual(['a', 'b']);
    expect((await auth({ no_default_policy: true }, plain)).policies).toEqual(['a', 'maker']);
  });

  it('IDN-01: a log-in never gives root, however its user or role spells it', async () => {
    expect((await server.root('POST', 'sys/auth/people', { type: 'userpass' })).status).toBe(204);
    for (const name of ['root', ' ROOT ', 'a,Root']) {
      const user = { password: 'right password', token_policies: name };
      await server.root('POST', 'auth/people/users/eve', user);
      const answer = await server.call('POST', 'auth/people/login/eve', { body: { password: 'right password' } });
      expect(answer.status, name).toBe(400);
      expect(answer.json.errors).toEqual(['auth methods cannot create root tokens']);
    }
  });

  it('that do not exist are given with a warning each', async () => {
    const { json } = await create({ policies: ['nobody', 'a', 'nothing'] });
    expect(json.warnings).toEqual(['Policy "nobody" does not exist', 'Policy "nothing" does not exist']);
  });
});

describe('parents', () => {
  it('are the caller; no_parent needs sudo, create-orphan its path alone', async () => {
    expect((await auth({}, plain)).orphan).toBe(false);
    expect(await refusal({ no_parent: true }, plain)).toBe('root or sudo privileges required to create orphan token');
    expect((await auth({ no_parent: true }, sudo)).orphan).toBe(true);
    expect((await auth({}, plain, 'create-orphan')).orphan).toBe(true);
  });

  it('are no batch tokens and none with limited uses', async () => {
    const batch = (await auth({ policies: ['maker'], type: 'batch' })).client_token;
    expect(await refusal({}, batch)).toBe('batch tokens cannot create more tokens');
    const limited = (await auth({ policies: ['maker'], num_uses: 5 })).client_token;
    expect(await refusal({}, limited)).toBe('restricted use token cannot generate child tokens');
    expect(await refusal({}, limited, 'create-orphan')).toBe('restricted use token cannot generate child tokens');
  });

  it('revoked while they make children leave none alive', async () => {
    const parent = (await auth({ policies: ['maker'] })).client_token;
    const [, ...made] = await Promise.all([
      server.root('POST', 'auth/token/revoke', { token: parent }),
      ...Array.from({ length: 20 }, () => create({}, parent)),
    ]);
    for (const answer of made) {
      expect([200, 403], answer.text).toContain(answer.status);
      if (answer.status === 200) expect(await lookUp(answer.json.auth.client_token)).toBeUndefined();
    }
  });

  it('revoked between the decision and the write make no orphan either', async () => {
    const parent = (await auth({ policies: ['maker'] })).client_token;
    const commit = server.store.commit.bind(server.store);
    const spy = vi.spyOn(server.store, 'commit').mockImplementationOnce(async (changes) => {
      expect((await server.root('POST', 'auth/token/revoke', { token: parent })).status).toBe(204);
      return commit(changes);
    });
    const answer = await create({}, parent, 'create-orphan');
    spy.mockRestore();
    expect(answer.status, answer.text).toBe(403);
  });

  it('give their identity to children, and none to orphans', async () => {
    await role('alias', { allowed_entity_aliases: ['ann'], allowed_policies: ['maker'] });
    const known = await auth({ entity_alias: 'ann' }, server.rootToken, 'create/alias');
    expect(known.entity_id).not.toBe('');
    expect((await auth({}, known.client_token)).entity_id).toBe(known.entity_id);
    expect((await auth({}, known.client_token, 'create-orphan')).entity_id).toBe('');
  });
});

describe('what is refused', () => {
  it('types that are none, and limits a batch token cannot keep', async () => {
    expect(await refusal({ type: 'other' })).toBe("invalid 'token_type' value");
    for (const [name, value] of [
      ['explicit_max_ttl', '1h'],
      ['period', '1h'],
      ['num_uses', 3],
    ] as const) {
      const asked = { type: 'batch', policies: ['a'], [name]: value };
      expect(await refusal(asked)).toBe(`batch tokens cannot have "${name}" set`);
    }
    expect(await refusal({ type: 'batch' })).toBe('batch tokens cannot be root tokens');
    expect(await refusal({ num_uses: -1 })).toBe('number of uses cannot be negative');
  });

  it('a limit of uses that the role sets and a batch token cannot keep', async () => {
    await role('once', { allowed_policies: 'a', token_num_uses: 1 });
    const text = 'batch tokens cannot have "num_uses" set';
    expect(await refusal({ type: 'batch' }, plain, 'create/once')).toBe(text);
    expect((await auth({}, plain, 'create/once')).num_uses).toBe(1);
    for (const token_type of ['batch', 'default-batch']) {
      const body = { token_type, orphan: true, renewable: false, token_num_uses: 1 };
      expect((await server.root('POST', 'auth/token/roles/odd-uses', body)).status, token_type).toBe(400);
    }
    await server.root('POST', 'sys/auth/limited', { type: 'userpass', config: { token_type: 'batch' } });
    const user = { password: 'right password', token_num_uses: 1 };
    expect((await server.root('POST', 'auth/limited/users/ann', user)).status).toBe(204);
    const login = await server.call('POST', 'auth/limited/login/ann', { body: { password: 'right password' } });
    expect(login.status, login.text).toBe(400);
    expect(login.json.errors).toEqual([text]);
  });

  it('a batch token that would be too long to be presented', async () => {
    const meta = (pairs: number) =>
      Object.fromEntries(Array.from({ length: pairs }, (_, index) => [`key${index}`, 'x'.repeat(500)]));
    const asked = { type: 'batch', policies: ['a'] };
    expect(await refusal({ ...asked, meta: meta(20) })).toContain('too long');
    const { client_token: token } = await auth({ ...asked, meta: meta(8) });
    expect((await lookUp(token)).type).toBe('batch');
  });

  it('more address blocks than a request should have to be compared with', async () => {
    const blocks = Array.from({ length: 257 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    expect(await refusal({ policies: ['a'], bound_cidrs: blocks })).toContain('too many address blocks');
    expect((await server.root('POST', 'auth/token/roles/blocks', { token_bound_cidrs: blocks })).status).toBe(400);
    expect((await auth({ policies: ['a'], bound_cidrs: blocks.slice(1) })).client_token).toBeTruthy();
  });

  it('a period without sudo', async () => {
    expect(await refusal({ period: '1h' }, plain)).toBe('root or sudo privileges required to create periodic token');
    expect((await auth({ period: '1h', policies: ['a'] }, sudo)).lease_duration).toBe(3_600);
  });

  it('an alias without a role, or one the role does not allow', async () => {
    expect(await refusal({ entity_alias: 'ann' })).toContain('only allowed in combination with token role');
    await role('aliases', { allowed_entity_aliases: ['dev-*'], allowed_policies: ['a'] });
    expect(await refusal({ entity_alias: 'ops-ann' }, server.rootToken, 'create/aliases')).toContain('entity_alias');
    expect((await auth({ entity_alias: 'Dev-Ann' }, server.rootToken, 'create/aliases')).entity_id).not.toBe('');
    for (const entity_alias of [`dev-${'x'.repeat(600)}`, 'dev-\u0000', 'dev-\n'])
      expect(await refusal({ entity_alias }, server.rootToken, 'create/aliases')).toContain('entity_alias');
    await role('any-alias', { allowed_entity_aliases: ['*'], allowed_policies: ['a'] });
    expect(await refusal({ entity_alias: '  ' }, server.rootToken, 'create/any-alias')).toContain('entity_alias');
  });

  it('IDN-03: nobody of many who use a new alias at once, and all get one identity', async () => {
    await role('together', { allowed_entity_aliases: ['*'], allowed_policies: ['a'] });
    const asked = Array.from({ length: 10 }, () =>
      auth({ entity_alias: 'new-service' }, server.rootToken, 'create/together'),
    );
    expect(new Set((await Promise.all(asked)).map(({ entity_id }) => entity_id)).size).toBe(1);
  });

  it('own ids: without sudo, twice, of a batch token, or looking like an issued token', async () => {
    const id = '00000000-0000-0000-0000-000000000000';
    expect(await refusal({ id }, plain)).toBe('root or sudo privileges required to specify token id');
    const made = await create({ id, policies: ['a'] });
    expect(made.json.auth.client_token).toBe(id);
    expect(made.json.warnings).toHaveLength(1);
    expect(await refusal({ id, policies: ['a'] })).toBe('cannot create a token with a duplicate ID');
    expect(await refusal({ id: 'abcdef', type: 'batch', policies: ['a'] })).toBe('batch tokens cannot have custom IDs');
    for (const bad of [
      'hvs.abcdef',
      's.abcdef',
      'srs.abcdef',
      'a.bcdef',
      'pat_abcdef',
      `sr_live_${'a'.repeat(33)}`,
      'a b c d',
      'abc',
      'ä'.repeat(8),
    ]) {
      expect(await refusal({ id: bad, policies: ['a'] }), bad).toContain('custom token ID');
    }
  });

  it('an unknown role', async () => {
    expect(await refusal({}, server.rootToken, 'create/missing')).toBe('unknown role missing');
    expect(await refusal({}, server.rootToken, 'create/__proto__')).toBe('unknown role __proto__');
  });
});

describe('what a token is made with', () => {
  it('is shown: path, name, meta, uses', async () => {
    const {
      client_token: token,
      accessor,
      metadata,
    } = await auth({
      display_name: 'a b/c!',
      meta: { n: 5, ok: true, text: 'x' },
      num_uses: 9,
      policies: ['a'],
      ttl: '1h',
    });
    expect(metadata).toEqual({ n: '5', ok: 'true', text: 'x' });
    expect(await lookUp(token)).toMatchObject({
      accessor,
      creation_ttl: 3_600,
      display_name: 'token-a-b-c',
      meta: { n: '5', ok: 'true', text: 'x' },
      num_uses: 9,
      path: 'auth/token/create',
      renewable: true,
      type: 'service',
    });
    expect((await lookUp((await auth({ policies: ['a'] })).client_token)).display_name).toBe('token');
    expect((await create({ meta: { a: { b: 1 } } })).status).toBe(400);
  });

  it('IDN-10: metadata named like the insides of an object is ordinary metadata', async () => {
    const raw = '{"policies":["a"],"meta":{"__proto__":"x","constructor":"y"}}';
    const made = await server.call('POST', 'auth/token/create', { token: server.rootToken, raw });
    expect(made.status, made.text).toBe(200);
    expect(Object.entries(made.json.auth.metadata)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});

describe('roles', () => {
  it('with allowed policies ignore those of the parent: all of them when none are asked for', async () => {
    await role('allowed', { allowed_policies: ['b', 'c'], allowed_policies_glob: ['dev-*'] });
    expect((await auth({}, plain, 'create/allowed')).policies).toEqual(['b', 'c', 'default']);
    expect((await auth({ policies: ['b'] }, plain, 'create/allowed')).policies).toEqual(['b', 'default']);
    expect((await auth({ policies: ['dev-x', 'b'] }, plain, 'create/allowed')).policies).toEqual([
      'b',
      'default',
      'dev-x',
    ]);
    expect(await refusal({ policies: ['a'] }, plain, 'create/allowed')).toContain(
      "must be subset of the role's allowed",
    );
    expect(await refusal({ policies: ['root'] }, plain, 'create/allowed')).toContain(
      "must be subset of the role's allowed",
    );
  });

  it('with disallowed policies refuse those, by name and by pattern', async () => {
    await role('denied', { disallowed_policies: ['b'], disallowed_policies_glob: ['prod-*'] });
    expect(await refusal({ policies: ['b'] }, plain, 'create/denied')).toContain('"b" is disallowed');
    expect(await refusal({ policies: ['PROD-x'] }, plain, 'create/denied')).toContain('"prod-x" is disallowed');
    expect((await auth({}, plain, 'create/denied')).policies).toEqual(['a', 'default', 'maker']);
    await role('globbed', { allowed_policies_glob: ['*'] });
    expect(await refusal({ policies: ['root'] }, plain, 'create/globbed')).toContain('root tokens may not be created');
    await role('wrapping', { allowed_policies: ['response-wrapping'] });
    expect(await refusal({}, plain, 'create/wrapping')).toBe('policy response-wrapping is not assignable');
    await role('nodefault', { disallowed_policies: ['default'] });
    expect((await auth({ policies: ['x'] }, plain, 'create/nodefault')).policies).toEqual(['x']);
  });

  it('without lists keep to the subset of the parent', async () => {
    await role('open', {});
    expect(await refusal({ policies: ['b'] }, plain, 'create/open')).toBe('child policies must be subset of parent');
  });

  it('set path, period, limits, addresses, type and orphanhood', async () => {
    await role('full', {
      allowed_policies: 'a',
      path_suffix: 'app',
      token_period: '2h',
      token_explicit_max_ttl: '10h',
      token_bound_cidrs: '10.0.0.0/8',
      token_num_uses: 7,
      orphan: true,
      renewable: false,
    });
    const { client_token: token, orphan, renewable } = await auth({ num_uses: 9 }, plain, 'create/full');
    expect({ orphan, renewable }).toEqual({ orphan: true, renewable: false });
    expect(await lookUp(token)).toMatchObject({
      bound_cidrs: ['10.0.0.0/8'],
      explicit_max_ttl: 36_000,
      num_uses: 7,
      path: 'auth/token/create/full/app',
      period: 7_200,
      role: 'full',
    });
    const smaller = await create({ num_uses: 3, explicit_max_ttl: '5h' }, plain, 'create/full');
    expect(smaller.json.warnings).toContain(
      'Explicit max TTL specified both during creation call and in role; using the lesser value of 18000 seconds',
    );
    expect(smaller.json.auth.num_uses).toBe(3);
    await role('forced', { allowed_policies: 'a', token_type: 'batch', orphan: true, renewable: false });
    expect((await auth({ type: 'service' }, plain, 'create/forced')).token_type).toBe('batch');
    await role('usually', { allowed_policies: 'a', token_type: 'default-batch' });
    expect((await auth({}, plain, 'create/usually')).token_type).toBe('batch');
    expect((await auth({ type: 'service' }, plain, 'create/usually')).token_type).toBe('service');
  });

  it('of type batch that could not be kept are refused', async () => {
    for (const body of [{}, { orphan: true }, { orphan: true, renewable: false, token_period: '1h' }]) {
      const answer = await server.root('POST', 'auth/token/roles/odd', { token_type: 'batch', ...body });
      expect(answer.status, JSON.stringify(body)).toBe(400);
    }
    for (const body of [
      { path_suffix: '../x' },
      { token_num_uses: -1 },
      { token_bound_cidrs: '10.0.0.1/8' },
      { token_period: -1 },
    ]) {
      expect((await server.root('POST', 'auth/token/roles/odd', body)).status, JSON.stringify(body)).toBe(400);
    }
    expect((await server.root('GET', 'auth/token/roles/odd')).status).toBe(404);
  });

  it('are listed, read back, changed field by field, and deleted', async () => {
    await role('crud', { allowed_policies: 'a,b', token_period: '1h' });
    await role('crud', { renewable: false });
    expect((await server.root('GET', 'auth/token/roles/crud')).json.data).toMatchObject({
      allowed_policies: ['a', 'b'],
      name: 'crud',
      period: 3_600,
      renewable: false,
      token_period: 3_600,
      token_type: 'default-service',
    });
    expect((await server.root('LIST', 'auth/token/roles')).json.data.keys).toContain('crud');
    expect((await server.root('DELETE', 'auth/token/roles/crud')).status).toBe(204);
    expect((await server.root('GET', 'auth/token/roles/crud')).status).toBe(404);
  });
});

describe('address blocks', () => {
  const at = async (token: string, address: string): Promise<number> =>
    (await server.call('GET', 'auth/token/lookup-self', { token, address })).status;

  it('IDN-07: a child has those of its parent or blocks within, an orphan too', async () => {
    const bound_cidrs = ['127.0.0.0/8', '192.168.0.0/24'];
    const parent = (await auth({ policies: ['boss', 'default'], bound_cidrs })).client_token;
    for (const body of [{}, { bound_cidrs: [] }, { no_parent: true }]) {
      const child = (await auth(body, parent)).client_token;
      expect((await lookUp(child)).bound_cidrs, JSON.stringify(body)).toEqual(bound_cidrs);
      expect(await at(child, '10.0.0.1')).toBe(403);
      expect(await at(child, '127.1.1.1')).toBe(200);
    }
    expect((await lookUp((await auth({}, parent, 'create-orphan')).client_token)).bound_cidrs).toEqual(bound_cidrs);
    expect((await lookUp((await auth({ bound_cidrs: '127.0.0.1' }, parent)).client_token)).bound_cidrs).toEqual([
      '127.0.0.1',
    ]);
    for (const wider of ['0.0.0.0/0', '127.0.0.0/7', '192.168.0.0/16', '10.0.0.1', '::/0']) {
      expect((await create({ bound_cidrs: [wider] }, parent)).status, wider).toBe(400);
      expect((await create({ bound_cidrs: [wider], no_parent: true }, parent)).status, wider).toBe(400);
    }
  });

  it('a child of a log-in bound to its address is bound to it', async () => {
    await server.root('POST', 'sys/auth/userpass', { type: 'userpass' });
    const user = { password: 'right password', token_policies: 'maker', token_strictly_bind_ip: true };
    await server.root('POST', 'auth/userpass/users/ann', user);
    const login = await server.call('POST', 'auth/userpass/login/ann', { body: { password: 'right password' } });
    const child = (await auth({}, login.json.auth.client_token)).client_token;
    expect(await at(child, '127.0.0.1')).toBe(200);
    expect(await at(child, '127.0.0.2')).toBe(403);
  });

  it('do not bind a root token that never ends, and bind one that does', async () => {
    const ends = (await auth({ bound_cidrs: ['10.0.0.0/8'], ttl: '1h' })).client_token;
    expect(await at(ends, '127.0.0.1')).toBe(403);
    const never = (await auth({ bound_cidrs: ['10.0.0.0/8'] })).client_token;
    expect(await at(never, '127.0.0.1')).toBe(200);
  });
});
