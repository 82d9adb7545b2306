import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const tokenWith = async (name: string, policy: string): Promise<string> => {
  expect((await server.root('POST', `sys/policies/acl/${name}`, { policy })).status).toBe(204);
  const answer = await server.root('POST', 'auth/token/create', { policies: [name], no_default_policy: true });
  return answer.json.auth.client_token;
};

describe('sys/mounts', () => {
  it('a new server has the engines of the server itself, shown in data and at the top level', async () => {
    const { json, status } = await server.root('GET', 'sys/mounts');
    expect(status).toBe(200);
    for (const path of ['sys/', 'cubbyhole/', 'identity/']) {
      expect(json.data[path], path).toMatchObject({ accessor: expect.any(String), config: { default_lease_ttl: 0 } });
      expect(json[path]).toEqual(json.data[path]);
    }
    expect(json.data['secret/']).toMatchObject({ type: 'kv', options: { version: '2' } });
  });

  it('an engine can be mounted, read, used, and removed with everything in it', async () => {
    const mount = { type: 'kv', description: 'one', config: { max_lease_ttl: '2h', default_lease_ttl: 60 } };
    expect((await server.root('POST', 'sys/mounts/one', mount)).status).toBe(204);
    const info = await server.root('GET', 'sys/mounts/one');
    expect(info.json.data).toMatchObject({ type: 'kv', description: 'one', options: null });
    expect(info.json.data.config).toMatchObject({ default_lease_ttl: 60, max_lease_ttl: 7200 });
    expect(info.json.type).toBe('kv');
    expect((await server.root('POST', 'one/a', { value: 'x' })).status).toBe(204);
    expect((await server.root('DELETE', 'sys/mounts/one')).status).toBe(204);
    expect((await server.root('GET', 'one/a')).status).toBe(404);
    expect((await server.root('POST', 'sys/mounts/one', mount)).status).toBe(204);
    expect((await server.root('GET', 'one/a')).status, 'a new mount sees nothing of the old one').toBe(404);
    const again = await server.root('GET', 'sys/mounts/one');
    expect(again.json.data.uuid).not.toBe(info.json.data.uuid);
    await server.root('DELETE', 'sys/mounts/one');
  });

  it('the names kv-v1, kv-v2 and generic choose the version; plain kv is version 1', async () => {
    const expected = { 'kv-v1': { version: '1' }, 'kv-v2': { version: '2' }, generic: { version: '1' }, kv: null };
    for (const [type, options] of Object.entries(expected)) {
      expect((await server.root('POST', 'sys/mounts/named', { type })).status, type).toBe(204);
      const { json } = await server.root('GET', 'sys/mounts/named');
      expect(json.data, type).toMatchObject({ type: 'kv', options });
      await server.root('DELETE', 'sys/mounts/named');
    }
  });

  it('a clash is refused whichever of the two paths is longer, and also when both are asked for at once', async () => {
    const both = await Promise.all([
      server.root('POST', 'sys/mounts/team', { type: 'kv' }),
      server.root('POST', 'sys/mounts/team/app', { type: 'kv' }),
    ]);
    expect(both.map((answer) => answer.status).sort()).toEqual([204, 400]);
    for (const path of ['team', 'team/app', 'team/app/deep']) {
      const answer = await server.root('POST', `sys/mounts/${path}`, { type: 'kv' });
      expect(answer.status, path).toBe(400);
      expect(answer.json.errors[0]).toMatch(/^path is already in use at team\//);
    }
    await server.root('DELETE', 'sys/mounts/team');
    await server.root('DELETE', 'sys/mounts/team/app');
  });

  it('the places of the server cannot be mounted over, nor its engines twice', async () => {
    for (const path of ['sys/x', 'auth/x', 'cubbyhole/x', 'identity', 'audit', 'pats/x']) {
      expect((await server.root('POST', `sys/mounts/${path}`, { type: 'kv' })).status, path).toBe(403);
    }
    for (const type of ['cubbyhole', 'identity', 'system', 'userpass', 'token', '__proto__', 'constructor', 'nope']) {
      expect((await server.root('POST', 'sys/mounts/x', { type })).status, type).toBe(400);
    }
    expect((await server.root('POST', 'sys/mounts/x', {})).json).toMatchObject({ code: 'missing_field' });
    expect((await server.root('GET', 'sys/mounts/x')).json.errors).toEqual(['No secret engine mount at x/']);
  });

  it('an unknown type is refused with the nearest name that is known', async () => {
    const answer = await server.root('POST', 'sys/mounts/x', { type: 'pkii' });
    expect(answer.json.hint).toContain('"pki"');
  });

  it('a path that could be told from another only by the eye is refused', async () => {
    for (const path of ['a%20b', 'a*', 'a%3Fb', 'x'.repeat(200), 'a%22']) {
      const answer = await server.root('POST', `sys/mounts/${path}`, { type: 'kv' });
      expect(answer.status, path).toBe(400);
    }
  });

  it('removing what is not there is 204; the engines of the server stay', async () => {
    expect((await server.root('DELETE', 'sys/mounts/never')).status).toBe(204);
    for (const path of ['sys', 'cubbyhole', 'identity']) {
      expect((await server.root('DELETE', `sys/mounts/${path}`)).status, path).toBe(400);
    }
  });

  it('bad settings refuse the whole mount', async () => {
    const bad = [
      { default_lease_ttl: '2h', max_lease_ttl: '1h' },
      { default_lease_ttl: '-5s' },
      { max_lease_ttl: '20y' },
      { listing_visibility: 'everyone' },
      { audit_non_hmac_request_keys: { a: 1 } },
      { token_type: 'batch' },
      { user_lockout_config: { lockout_threshold: 3 } },
      { plugin_version: 'v1.0.0' },
    ];
    for (const config of bad) {
      const answer = await server.root('POST', 'sys/mounts/bad', { type: 'kv', config });
      expect(answer.status, JSON.stringify(config)).toBe(400);
      expect(answer.json.hint).toEqual(expect.any(String));
    }
    expect((await server.root('GET', 'sys/mounts/bad')).status).toBe(400);
    expect((await server.root('POST', 'sys/mounts/bad', { type: 'kv', options: { version: '3' } })).status).toBe(400);
    expect((await server.root('GET', 'sys/mounts/bad')).status).toBe(400);
  });
});

describe('tuning', () => {
  it('shows the limits in force; "system" takes a limit away, "" and 0 keep it, what is not sent stays', async () => {
    await server.root('POST', 'sys/mounts/tuned', { type: 'kv', description: 'before' });
    const tune = async (body: object) => {
      expect((await server.root('POST', 'sys/mounts/tuned/tune', body as never)).status).toBe(204);
      return (await server.root('GET', 'sys/mounts/tuned/tune')).json.data;
    };
    const system = { default_lease_ttl: 2_764_800, max_lease_ttl: 2_764_800 };
    expect((await server.root('GET', 'sys/mounts/tuned/tune')).json.data).toMatchObject(system);
    expect(await tune({ max_lease_ttl: '1h', description: 'after' })).toMatchObject({
      description: 'after',
      default_lease_ttl: 3600,
      max_lease_ttl: 3600,
    });
    expect(await tune({ max_lease_ttl: '', listing_visibility: 'unauth' })).toMatchObject({ max_lease_ttl: 3600 });
    expect(await tune({ max_lease_ttl: 0 })).toMatchObject({ max_lease_ttl: 3600, listing_visibility: 'unauth' });
    expect(await tune({ max_lease_ttl: 'system' })).toMatchObject({ ...system, description: 'after' });
  });

  it('of two changes at once none is lost', async () => {
    await Promise.all([
      server.root('POST', 'sys/mounts/tuned/tune', { audit_non_hmac_request_keys: ['a', 'b'] }),
      server.root('POST', 'sys/mounts/tuned/tune', { allowed_response_headers: 'x-one, x-two' }),
      server.root('POST', 'sys/mounts/tuned/tune', { default_lease_ttl: '10m' }),
    ]);
    expect((await server.root('GET', 'sys/mounts/tuned/tune')).json.data).toMatchObject({
      audit_non_hmac_request_keys: ['a', 'b'],
      allowed_response_headers: ['x-one', 'x-two'],
      default_lease_ttl: 600,
    });
  });

  it('switches and numbers are read as in every other field, and refused where they are none', async () => {
    await server.root('POST', 'sys/auth/switches', { type: 'userpass' });
    const tune = (body: object) => server.root('POST', 'sys/auth/switches/tune', body as never);
    const shown = async () => (await server.root('GET', 'sys/auth/switches/tune')).json.data;
    expect((await tune({ force_no_cache: '1', user_lockout_config: { lockout_disable: 1 } })).status).toBe(204);
    expect(await shown()).toMatchObject({ force_no_cache: true, user_lockout_disable: true });
    expect((await tune({ force_no_cache: 0, user_lockout_config: { lockout_disable: 'f' } })).status).toBe(204);
    expect(await shown()).toMatchObject({ force_no_cache: false, user_lockout_disable: false });
    for (const lockout_threshold of ['0x10', '1e3', true, [7], '', 1.5]) {
      const answer = await tune({ user_lockout_config: { lockout_threshold } });
      expect(answer.status, JSON.stringify(lockout_threshold)).toBe(400);
    }
    for (const value of ['yes', 2, {}]) {
      expect((await tune({ force_no_cache: value })).status, JSON.stringify(value)).toBe(400);
      expect((await tune({ user_lockout_config: { lockout_disable: value } })).status).toBe(400);
    }
    expect((await tune({ user_lockout_config: { lockout_threshold: '8' } })).status).toBe(204);
    expect((await shown()).user_lockout_threshold).toBe(8);
  });

  it('what describes a mount is short, as every mount is kept in memory', async () => {
    const long = 'x'.repeat(513);
    for (const body of [
      { type: 'kv', description: long },
      { type: 'kv', options: { note: long } },
      { type: 'kv', options: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`o${at}`, '1'])) },
      { type: 'kv', config: { audit_non_hmac_request_keys: [long] } },
    ]) {
      expect((await server.root('POST', 'sys/mounts/long', body)).status, Object.keys(body)[1]).toBe(400);
    }
    expect((await server.root('POST', 'sys/mounts/long', { type: 'kv', description: long.slice(1) })).status).toBe(204);
    for (const body of [{ description: long }, { passthrough_request_headers: long }]) {
      expect((await server.root('POST', 'sys/mounts/long/tune', body)).status, Object.keys(body)[0]).toBe(400);
    }
  });

  it('a mount of the server takes audit settings and nothing else', async () => {
    for (const path of ['mounts/sys', 'mounts/cubbyhole', 'mounts/identity', 'auth/token']) {
      for (const body of [{ max_lease_ttl: '1h' }, { description: 'mine' }, { options: { version: '2' } }]) {
        expect((await server.root('POST', `sys/${path}/tune`, body)).status, path).toBe(400);
      }
      const keys = { audit_non_hmac_request_keys: ['path'] };
      expect((await server.root('POST', `sys/${path}/tune`, keys)).status, path).toBe(204);
      expect((await server.root('GET', `sys/${path}/tune`)).json.data).toMatchObject(keys);
    }
    expect((await server.root('GET', 'sys/mounts')).json.data['sys/'].config).toMatchObject({
      audit_non_hmac_request_keys: ['path'],
    });
    expect((await server.root('GET', 'sys/health')).status, 'sys/ is still served').toBe(200);
  });

  it('kv goes from version 1 to 2 with its secrets and a warning, and never back', async () => {
    await server.root('POST', 'sys/mounts/growing', { type: 'kv', options: { version: '1' } });
    await server.root('POST', 'growing/deep/a', { value: 'kept' });
    const upgrade = await server.root('POST', 'sys/mounts/growing/tune', { options: { version: '2' } });
    expect(upgrade.status).toBe(200);
    expect(upgrade.json.warnings[0]).toContain('version 1 to version 2');
    expect((await server.root('GET', 'growing/data/deep/a')).json.data.data).toEqual({ value: 'kept' });
    expect((await server.root('POST', 'sys/mounts/growing/tune', { options: { version: '1' } })).status).toBe(400);
    expect((await server.root('GET', 'growing/data/deep/a')).status).toBe(200);
    expect((await server.root('POST', 'sys/mounts/growing/tune', { options: { version: '2' } })).status).toBe(204);
  });

  it('options of an engine that has none are refused', async () => {
    await server.root('POST', 'sys/mounts/ca', { type: 'pki' });
    expect((await server.root('POST', 'sys/mounts/ca/tune', { options: { version: '2' } })).status).toBe(400);
  });

  it('a mount that is being changed answers "come back" to those who may use it, and 403 to others', async () => {
    const mount = server.core.mounts.byPath('secret', 'tuned/');
    if (!mount) throw new Error('no mount');
    const stranger = await tokenWith('stranger', 'path "secret/*" { capabilities = ["read"] }');
    await server.core.mounts.whileClosed(mount, async () => {
      const answer = await server.root('GET', 'tuned/a');
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect((await server.call('GET', 'tuned/a', { token: stranger })).status).toBe(403);
      expect((await server.root('DELETE', 'sys/mounts/tuned')).status, 'one change at a time').toBe(503);
    });
    expect((await server.root('GET', 'tuned/a')).status).toBe(404);
  });
});

describe('sys/remount', () => {
  it('a move is over when it answers, keeps what is stored, and can be asked about', async () => {
    await server.root('POST', 'sys/mounts/old', { type: 'kv' });
    await server.root('POST', 'old/a', { value: 'moved' });
    const moved = await server.root('POST', 'sys/remount', { from: 'old', to: 'new/place' });
    expect(moved.status).toBe(200);
    expect(moved.json.migration_id).toBe(moved.json.data.migration_id);
    expect((await server.root('GET', 'new/place/a')).json.data).toEqual({ value: 'moved' });
    expect((await server.root('GET', 'old/a')).status).toBe(404);
    const status = await server.root('GET', `sys/remount/status/${moved.json.data.migration_id}`);
    expect(status.json.data.migration_info).toEqual({
      source_mount: 'old',
      target_mount: 'new/place',
      status: 'success',
    });
    expect((await server.root('GET', 'sys/remount/status/unknown')).status).toBe(404);
  });

  it('what cannot be moved stays where it is', async () => {
    const refused = [
      { from: 'missing', to: 'x' },
      { from: 'new/place', to: 'auth/x' },
      { from: 'new/place', to: 'secret' },
      { from: 'new/place', to: 'secret/below' },
      { from: 'cubbyhole', to: 'x' },
      { from: 'sys', to: 'x' },
      { from: 'auth/token', to: 'auth/x' },
    ];
    for (const body of refused) {
      expect((await server.root('POST', 'sys/remount', body)).status, JSON.stringify(body)).toBe(400);
    }
    expect((await server.root('POST', 'sys/remount', { from: 'new/place', to: 'sys/x' })).status).toBe(403);
    expect((await server.root('GET', 'new/place/a')).status).toBe(200);
  });

  it('of two moves to one place at once, one is refused and loses nothing', async () => {
    await server.root('POST', 'sys/mounts/left', { type: 'kv' });
    await server.root('POST', 'sys/mounts/right', { type: 'kv' });
    const answers = await Promise.all([
      server.root('POST', 'sys/remount', { from: 'left', to: 'middle' }),
      server.root('POST', 'sys/remount', { from: 'right', to: 'middle/below' }),
    ]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 400]);
    const paths = Object.keys((await server.root('GET', 'sys/mounts')).json.data);
    expect(paths.filter((path) => /^(left|right|middle)/.test(path))).toHaveLength(2);
  });
});

describe('what command lines ask before they know a path', () => {
  it('the preflight names the mount of any path below it, to whoever can use something there', async () => {
    const token = await tokenWith('one-secret', 'path "secret/data/app/*" { capabilities = ["read"] }');
    const answer = await server.call('GET', 'sys/internal/ui/mounts/secret/app/db', { token });
    expect(answer.json.data).toMatchObject({ path: 'secret/', type: 'kv', options: { version: '2' } });
  });

  it('ACL-24: a mount one has no right on and one that is not there are refused alike', async () => {
    const token = await tokenWith('other', 'path "elsewhere/*" { capabilities = ["read"] }');
    const ask = async (path: string) => {
      const answer = await server.call('GET', `sys/internal/ui/mounts/${path}`, { token });
      return { status: answer.status, errors: answer.json.errors[0].replaceAll(path, 'PATH') };
    };
    const missing = await ask('nowhere');
    expect(await ask('secret')).toEqual(missing);
    expect(missing.status).toBe(403);
    expect(missing.errors).toContain('preflight capability check returned 403');
  });

  it('the list shows a caller the mounts it can use, and nobody else more than what may be shown', async () => {
    await server.root('POST', 'sys/mounts/shown', { type: 'kv', config: { listing_visibility: 'unauth' } });
    const open = await server.call('GET', 'sys/internal/ui/mounts');
    expect(open.status).toBe(200);
    expect(Object.keys(open.json.data.secret)).toContain('shown/');
    expect(Object.keys(open.json.data.secret)).not.toContain('secret/');
    expect(open.json.data.secret['shown/']).toEqual({ type: 'kv', description: '', options: null });
    const garbage = await server.call('GET', 'sys/internal/ui/mounts', { token: 'garbage' });
    expect(garbage.json.data).toEqual(open.json.data);
    const token = await tokenWith('one-secret', 'path "secret/data/app/*" { capabilities = ["read"] }');
    const mine = await server.call('GET', 'sys/internal/ui/mounts', { token });
    expect(Object.keys(mine.json.data.secret)).toEqual(['secret/']);
    expect(mine.json.data.secret['secret/'].accessor).toEqual(expect.any(String));
  });

  it('the resulting rights are shown by pattern', async () => {
    const token = await tokenWith(
      'mixed',
      `path "secret/data/a" { capabilities = ["read", "list"] }
       path "secret/data/b/*" { capabilities = ["deny"] }
       path "secret/+/c" { capabilities = ["update"] }
       path "sys/internal/ui/resultant-acl" { capabilities = ["read"] }`,
    );
    const { json } = await server.call('GET', 'sys/internal/ui/resultant-acl', { token });
    expect(json.data.root).toBe(false);
    expect(json.data.exact_paths['secret/data/a']).toEqual({ capabilities: ['list', 'read'] });
    expect(json.data.glob_paths['secret/data/b/']).toEqual({ capabilities: ['deny'] });
    expect(json.data.glob_paths['secret/+/c']).toEqual({ capabilities: ['update'] });
    expect((await server.root('GET', 'sys/internal/ui/resultant-acl')).json.data.root).toBe(true);
  });

  it('the catalogue lists what can be mounted, and nothing can be registered', async () => {
    const { json } = await server.root('GET', 'sys/plugins/catalog');
    expect(json.data.secret).toEqual(expect.arrayContaining(['kv', 'pki']));
    expect(json.data.secret).not.toContain('cubbyhole');
    expect(json.data.auth).toEqual(expect.arrayContaining(['userpass']));
    expect((await server.root('LIST', 'sys/plugins/catalog/auth')).json.data.keys).toEqual(json.data.auth);
    expect((await server.root('LIST', 'sys/plugins/catalog/database')).status).toBe(404);
    expect((await server.root('LIST', 'sys/plugins/catalog/toString')).status).toBe(400);
    expect((await server.root('GET', 'sys/plugins/catalog/secret/kv')).json.data).toMatchObject({ builtin: true });
    expect((await server.root('GET', 'sys/plugins/catalog/secret/nope')).status).toBe(404);
    const body = { sha256: 'x', command: 'evil' };
    expect((await server.root('POST', 'sys/plugins/catalog/secret/evil', body)).status).toBe(405);
  });
});
