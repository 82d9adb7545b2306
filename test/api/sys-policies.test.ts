import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const write = (name: string, policy: string, more: object = {}) =>
  server.root('POST', `sys/policies/acl/${name}`, { policy, ...more });
const tokenWith = async (...policies: string[]): Promise<string> =>
  (await server.root('POST', 'auth/token/create', { policies, no_default_policy: true })).json.auth.client_token;
const readApp = 'path "secret/data/app" { capabilities = ["read"] }';

describe('sys/policies/acl and sys/policy', () => {
  it('a policy is stored word for word and shown under both names', async () => {
    const text = '# ours\npath "secret/data/app" {\n  capabilities = ["read"]\n}\n';
    expect((await write('web', text)).status).toBe(204);
    expect((await server.root('GET', 'sys/policies/acl/web')).json.data).toMatchObject({
      name: 'web',
      policy: text,
      version: 1,
      cas_required: false,
    });
    const old = await server.root('GET', 'sys/policy/web');
    expect(old.json.data).toEqual({ name: 'web', rules: text });
    expect(old.json.rules).toBe(text);
  });

  it('lists bytewise with root last, in every form clients ask for; pages end', async () => {
    await write('zebra', readApp);
    const expected = ['default', 'web', 'zebra', 'root'];
    expect((await server.root('LIST', 'sys/policies/acl')).json.data.keys).toEqual(expected);
    for (const [method, path] of [
      ['GET', 'sys/policy'],
      ['LIST', 'sys/policy'],
      ['GET', 'sys/policy?list=true'],
    ] as const) {
      const { json } = await server.root(method, path);
      expect(json.data, path).toEqual({ keys: expected, policies: expected });
      expect(json.policies).toEqual(expected);
    }
    const page = (query: string) => server.root('GET', `sys/policies/acl?list=true&${query}`);
    expect((await page('limit=2')).json.data.keys).toEqual(['default', 'web']);
    expect((await page('limit=2&after=web')).json.data.keys).toEqual(['zebra', 'root']);
    expect((await page('limit=2&after=root')).status).toBe(404);
  });

  it('reads policies as JSON, in base64, and as the old member "rules" with a warning', async () => {
    const json = JSON.stringify({ path: { 'secret/data/app': { capabilities: ['read'] } } });
    expect((await write('as-json', json)).status).toBe(204);
    expect((await write('as-base64', Buffer.from(readApp).toString('base64'))).status).toBe(204);
    expect((await server.root('GET', 'sys/policies/acl/as-base64')).json.data.policy).toBe(readApp);
    const old = await server.root('PUT', 'sys/policy/as-rules', { rules: readApp });
    expect(old.status).toBe(200);
    expect(old.json.warnings[0]).toContain('deprecated');
    await server.root('POST', 'secret/data/app', { data: { a: 1 } });
    for (const name of ['as-json', 'as-base64', 'as-rules']) {
      const token = await tokenWith(name);
      expect((await server.call('GET', 'secret/data/app', { token })).status, name).toBe(200);
    }
  });

  it('ACL-04: a name has one spelling: capitals are lowered with a warning, when writing, reading and deleting', async () => {
    const answer = await write('Team-A', readApp);
    expect(answer.status).toBe(200);
    expect(answer.json.warnings).toEqual(['policy name was converted to team-a']);
    expect((await server.root('GET', 'sys/policies/acl/TEAM-A')).json.data.name).toBe('team-a');
    const token = await tokenWith('TEAM-a');
    expect((await server.call('GET', 'secret/data/app', { token })).status).toBe(200);
    expect((await server.root('DELETE', 'sys/policies/acl/tEAM-A')).status).toBe(204);
    expect((await server.root('GET', 'sys/policies/acl/team-a')).status).toBe(404);
  });

  it('ACL-04: a policy that is denied by name is out of reach under every spelling of it', async () => {
    await write('guarded', readApp);
    for (const folder of ['sys/policies/acl', 'sys/policy']) {
      await write(
        'keeper',
        `path "${folder}/*" { capabilities = ["read", "update", "delete"] }
         path "${folder}/guarded" { capabilities = ["deny"] }`,
      );
      const token = await tokenWith('keeper');
      for (const name of ['guarded', 'Guarded', 'GUARDED', '%20guarded', 'guarded%20']) {
        const path = `${folder}/${name}`;
        expect((await server.call('GET', path, { token })).status, `GET ${path}`).toBe(403);
        const body = { policy: 'path "*" { capabilities = ["read"] }' };
        expect((await server.call('POST', path, { token, body })).status, `POST ${path}`).toBe(403);
        expect((await server.call('DELETE', path, { token })).status, `DELETE ${path}`).toBe(403);
      }
      expect((await server.call('POST', `${folder}/Other`, { token, body: { policy: readApp } })).status).toBe(200);
      expect((await server.call('GET', `${folder}/OTHER`, { token })).status).toBe(200);
    }
    expect((await server.root('GET', 'sys/policies/acl/guarded')).json.data.policy).toBe(readApp);
  });

  it('root, response-wrapping and the deletion of default are refused; default can be changed', async () => {
    expect((await write('root', readApp)).status).toBe(400);
    expect((await write('ROOT', readApp)).status).toBe(400);
    expect((await write('response-wrapping', readApp)).status).toBe(400);
    for (const name of ['root', 'default', 'Default']) {
      expect((await server.root('DELETE', `sys/policies/acl/${name}`)).status, name).toBe(400);
      expect((await server.root('DELETE', `sys/policy/${name}`)).status, name).toBe(400);
    }
    expect((await server.root('GET', 'sys/policies/acl/root')).json.data).toEqual({ name: 'root', policy: '' });
    const { policy } = (await server.root('GET', 'sys/policies/acl/default')).json.data;
    expect((await write('default', `${policy}\n${readApp}`)).status).toBe(204);
    expect((await write('default', policy)).status).toBe(204);
  });

  it('deleting what is not there is 204, reading it is a plain 404', async () => {
    expect((await server.root('DELETE', 'sys/policies/acl/never')).status).toBe(204);
    const answer = await server.root('GET', 'sys/policies/acl/never');
    expect(answer.status).toBe(404);
    expect(answer.json.errors).toEqual([]);
  });

  it('ACL-13: what does not parse is refused with its place, and the policy before it stands', async () => {
    await write('standing', readApp);
    const broken = [
      'path "secret/*" { capabilities = ["raed"] }',
      'path "secret/*" { capabilities = ["read"] } path "secret/*" { capabilities = ["list"] }',
      'path "secret/*" { capabilities = ["read"]',
      'path "a/+*" { capabilities = ["read"] }',
      'path "secret/*" { capabilites = ["read"] }',
      'rule "secret/*" { capabilities = ["read"] }',
      'path "secret/*" { capabilities = "read" }',
      'path "secret/{{identity.entity.nope}}" { capabilities = ["read"] }',
      'path "secret/*" { capabilities = ["read"] control_group = {} }',
      '{"path": {"secret/*": {"capabilities": ["read"]}',
      '{"path": [1, 2]}',
    ];
    for (const policy of broken) {
      const answer = await write('standing', policy);
      expect(answer.status, policy).toBe(400);
      expect(answer.json.errors[0], policy).toMatch(/^failed to parse policy: /);
      expect((await write('fresh', policy)).status).toBe(400);
    }
    expect((await write('standing', `${readApp}\n${'#'.repeat(1_048_576)}`)).status).toBeGreaterThanOrEqual(400);
    for (const body of [{}, { policy: '' }, { policy: {} }]) {
      expect((await server.root('POST', 'sys/policies/acl/standing', body)).status).toBe(400);
    }
    expect((await server.root('GET', 'sys/policies/acl/standing')).json.data).toMatchObject({
      policy: readApp,
      version: 1,
    });
    expect((await server.root('GET', 'sys/policies/acl/fresh')).status).toBe(404);
  });

  it('a name that could be a path, or an internal of an object, is an ordinary name or refused', async () => {
    for (const name of ['__proto__', 'constructor', 'team/app']) {
      expect((await write(name, readApp)).status, name).toBe(204);
      expect((await server.root('GET', `sys/policies/acl/${name}`)).json.data.name).toBe(name);
      const token = await tokenWith(name);
      expect((await server.call('GET', 'secret/data/app', { token })).status, name).toBe(200);
      await server.root('DELETE', `sys/policies/acl/${name}`);
    }
    for (const name of ['a%3Bb', 'x'.repeat(600), 'a%7Cb']) expect((await write(name, readApp)).status, name).toBe(400);
  });
});

describe('check-and-set and expiration', () => {
  it('a write that names another version than the stored one is refused; of two at once one wins', async () => {
    expect((await write('cas', readApp, { cas: 1 })).status).toBe(400);
    expect((await write('cas', readApp, { cas: -1 })).status).toBe(204);
    expect((await write('cas', readApp, { cas: 0 })).status).toBe(400);
    const both = await Promise.all([write('cas', readApp, { cas: 1 }), write('cas', readApp, { cas: 1 })]);
    expect(both.map((answer) => answer.status).sort()).toEqual([204, 400]);
    expect((await server.root('GET', 'sys/policies/acl/cas')).json.data.version).toBe(2);
  });

  it('a policy that demands check-and-set goes on doing so', async () => {
    expect((await write('strict', readApp, { cas_required: true })).status).toBe(204);
    expect((await write('strict', readApp)).json.errors[0]).toContain('check-and-set parameter required');
    expect((await write('strict', readApp, { cas: 1 })).status).toBe(204);
    expect((await write('strict', readApp)).status).toBe(400);
    expect((await write('strict', readApp, { cas: 2, cas_required: false })).status).toBe(204);
    expect((await write('strict', readApp)).status).toBe(204);
  });

  it('a policy with an end grants until then, to the second, and is gone afterwards', async () => {
    const nowMillis = server.clock.nowMillis();
    expect((await write('brief', readApp, { ttl: '1h' })).status).toBe(204);
    expect((await write('dated', readApp, { expiration: new Date(nowMillis + 3_600_000).toISOString() })).status).toBe(
      204,
    );
    const token = await tokenWith('brief', 'dated');
    const read = () => server.call('GET', 'secret/data/app', { token });
    server.clock.advanceSeconds(3_599);
    expect((await read()).status).toBe(200);
    expect((await server.root('GET', 'sys/policies/acl/brief')).json.data.expiration).toEqual(expect.any(String));
    server.clock.advanceSeconds(1);
    expect((await read()).status).toBe(403);
    expect((await server.root('GET', 'sys/policies/acl/brief')).status).toBe(404);
    expect((await server.root('LIST', 'sys/policies/acl')).json.data.keys).not.toContain('brief');
    expect((await write('brief', readApp, { cas: 0 })).status, 'the name is free again').toBe(204);
    expect((await read()).status).toBe(200);
  });

  it('an end in the past, two ends, and an end of the default policy are refused', async () => {
    const past = new Date(server.clock.nowMillis() - 1_000).toISOString();
    expect((await write('late', readApp, { expiration: past })).status).toBe(400);
    expect((await write('late', readApp, { ttl: '1h', expiration: '2030-01-01T00:00:00Z' })).status).toBe(400);
    expect((await write('late', readApp, { ttl: '-1h' })).status).toBe(400);
    expect((await write('late', readApp, { expiration: 'tomorrow' })).status).toBe(400);
    // No date can be so late: it could be stored and never shown again.
    for (const expiration of [253_402_300_800, 8_640_000_000_001, Number.MAX_SAFE_INTEGER, '999999999999']) {
      expect((await write('late', readApp, { expiration })).status, String(expiration)).toBe(400);
    }
    expect((await write('default', readApp, { ttl: '1h' })).status).toBe(400);
    expect((await server.root('GET', 'sys/policies/acl/late')).status).toBe(404);
  });
});

describe('sys/capabilities', () => {
  const policy = `path "secret/data/app" { capabilities = ["update", "read"] }
    path "secret/data/private/*" { capabilities = ["deny"] }
    path "secret/data/folder/" { capabilities = ["list"] }`;

  it('answers the same to the token itself, by token and by accessor; one path also as "capabilities"', async () => {
    await write('some', policy);
    const { client_token: token, accessor } = (await server.root('POST', 'auth/token/create', { policies: ['some'] }))
      .json.auth;
    const paths = ['secret/data/app', 'secret/data/private/x', 'secret/data/folder/', 'nowhere'];
    const expected = {
      'secret/data/app': ['read', 'update'],
      'secret/data/private/x': ['deny'],
      'secret/data/folder/': ['list'],
      nowhere: ['deny'],
    };
    const self = await server.call('POST', 'sys/capabilities-self', { token, body: { paths } });
    const byToken = await server.root('POST', 'sys/capabilities', { token, paths: paths.join(',') });
    const byAccessor = await server.root('POST', 'sys/capabilities-accessor', { accessor, paths });
    for (const answer of [self, byToken, byAccessor]) {
      expect(answer.json.data).toEqual(expected);
      expect(answer.json['secret/data/app']).toEqual(['read', 'update']);
    }
    const one = await server.root('POST', 'sys/capabilities', { token, path: 'secret/data/app' });
    expect(one.json.capabilities).toEqual(['read', 'update']);
    const root = await server.root('POST', 'sys/capabilities-self', { paths: ['anything'] });
    expect(root.json.data).toEqual({ anything: ['root'], capabilities: ['root'] });
  });

  it('a path named like a member of the envelope does not take its place', async () => {
    const paths = ['data', 'auth', 'warnings', 'request_id', 'lease_id', 'other'];
    const { json, text } = await server.root('POST', 'sys/capabilities-self', { paths });
    expect(json).toMatchObject({ auth: null, warnings: null, lease_id: '', other: ['root'] });
    expect(json.data).toEqual(Object.fromEntries(paths.map((path) => [path, ['root']])));
    expect(text.match(/"warnings"/g)).toHaveLength(2);
  });

  it('asking about a token takes none of its uses', async () => {
    const made = await server.root('POST', 'auth/token/create', { policies: ['some'], num_uses: 1 });
    const token = made.json.auth.client_token;
    for (let times = 0; times < 3; times += 1) {
      expect((await server.root('POST', 'sys/capabilities', { token, paths: ['nowhere'] })).status).toBe(200);
    }
    expect((await server.call('POST', 'sys/capabilities-self', { token, body: { paths: ['a'] } })).status).toBe(200);
    expect((await server.call('POST', 'sys/capabilities-self', { token, body: { paths: ['a'] } })).status).toBe(403);
  });

  it('unknown tokens and accessors are 400, without paths too; whoever has no right is refused', async () => {
    expect((await server.root('POST', 'sys/capabilities', { token: 'nope', paths: ['a'] })).status).toBe(400);
    const accessor = await server.root('POST', 'sys/capabilities-accessor', { accessor: 'nope', paths: ['a'] });
    expect(accessor.json.errors).toEqual(['invalid accessor']);
    expect((await server.root('POST', 'sys/capabilities-self', {})).status).toBe(400);
    expect((await server.root('POST', 'sys/capabilities-self', { paths: [] })).status).toBe(400);
    const token = await tokenWith('some');
    for (const path of ['sys/capabilities', 'sys/capabilities-accessor', 'sys/capabilities-self']) {
      expect((await server.call('POST', path, { token, body: { token, accessor: 'x', paths: ['a'] } })).status).toBe(
        403,
      );
    }
  });
});
