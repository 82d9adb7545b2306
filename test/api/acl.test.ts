import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/core/index.ts';
import { type TableName, tables } from '../../src/store/index.ts';
import { mountEveryEngine } from '../harness/mount-every-engine.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  for (const path of ['app', 'example', 'team-a/db', 'team-b/db', 'private/x', 'private', 'open/a']) {
    expect((await server.root('POST', `secret/data/${path}`, { data: { at: path } })).status).toBe(200);
  }
});
afterAll(() => server.stop());

let count = 0;
const tokenWith = async (policy: string, more: object = {}): Promise<string> => {
  count += 1;
  const name = `test-${count}`;
  const written = await server.root('POST', `sys/policies/acl/${name}`, { policy });
  expect(written.status, written.text).toBe(204);
  const body = { policies: [name], no_default_policy: true, ...more };
  return (await server.root('POST', 'auth/token/create', body as never)).json.auth.client_token;
};
/** What a caller can tell two answers apart by. */
const visible = ({ status, headers, text }: CallAnswer, ...hide: string[]): unknown => {
  const body = text.replace(/"request_id":"[^"]*"/, '');
  return { status, headers: [...headers].sort(), body: hide.reduce((all, word) => all.replaceAll(word, 'X'), body) };
};

describe('one spelling of a path', () => {
  it('ACL-01: dot segments in any encoding are refused, and nothing is deleted', async () => {
    const token = await tokenWith('path "secret/metadata/team-a/*" { capabilities = ["delete", "read"] }');
    for (const path of [
      'secret/metadata/team-a/%2e%2e/team-b/db',
      'secret/metadata/team-a/..%2fteam-b/db',
      'secret/metadata/team-a/%2e%2e%2fteam-b/db',
      'secret/metadata/team-a/../team-b/db',
      'secret/metadata/team-a/./../team-b/db',
      'secret/metadata/team-a/%252e%252e/team-b/db',
      'secret/metadata/team-a\\..\\team-b\\db',
      'secret/metadata/team-a/..%5cteam-b',
    ]) {
      const answer = await server.call('DELETE', path, { token });
      expect([400, 204], path).toContain(answer.status);
      if (answer.status === 204) expect(path).toContain('%25');
    }
    expect((await server.root('GET', 'secret/data/team-b/db')).status).toBe(200);
  });

  it('ACL-02: a path with doubled slashes is refused whatever the grant', async () => {
    const granted = await tokenWith('path "*" { capabilities = ["read", "list"] }');
    const stranger = await tokenWith('path "elsewhere" { capabilities = ["read"] }');
    for (const path of ['/v1//secret/data/app', '/v1/secret//data/app', '/v1/secret/data/app//', '/v1/secret/data//']) {
      for (const token of [server.rootToken, granted, stranger, undefined]) {
        const answer = await server.call('GET', path, token === undefined ? {} : { token });
        expect(answer.status, path).toBe(400);
      }
    }
  });

  it('ACL-02: a slash at the end changes neither the object nor the decision', async () => {
    const token = await tokenWith(
      `path "secret/data/*" { capabilities = ["read", "delete"] }
       path "secret/data/private" { capabilities = ["deny"] }`,
    );
    for (const path of ['secret/data/private', 'secret/data/private/']) {
      expect((await server.call('GET', path, { token })).status, path).toBe(403);
      expect((await server.call('DELETE', path, { token })).status, path).toBe(403);
    }
    expect((await server.root('GET', 'secret/data/private')).status).toBe(200);
    const onlySlash = await tokenWith('path "secret/data/app/" { capabilities = ["read"] }');
    expect((await server.call('GET', 'secret/data/app/', { token: onlySlash })).status).toBe(403);
  });

  it('ACL-04: another spelling of a denied name reaches nothing, and no policy is assigned under one', async () => {
    const token = await tokenWith(
      `path "secret/data/*" { capabilities = ["read"] }
       path "secret/data/example" { capabilities = ["deny"] }
       path "auth/token/create" { capabilities = ["update"] }`,
    );
    const read = (path: string) => server.call('GET', path, { token });
    expect((await read('secret/data/example')).status).toBe(403);
    for (const name of ['EXAMPLE', 'Example', 'exampl%C3%A9', 'ex%EF%BD%81mple']) {
      const answer = await read(`secret/data/${name}`);
      expect([403, 404], name).toContain(answer.status);
      expect(answer.text).not.toContain('"at"');
    }
    await server.root('POST', 'sys/policies/acl/admin', { policy: 'path "*" { capabilities = ["read", "sudo"] }' });
    for (const name of ['admin', 'ADMIN', ' Admin ', 'root', 'ROOT', 'Root']) {
      const answer = await server.call('POST', 'auth/token/create', { token, body: { policies: [name] } });
      expect([400, 403], name).toContain(answer.status);
    }
  });

  it('ACL-04: a rule about a user, a role or an entity holds for every spelling of its name', async () => {
    await server.root('POST', 'sys/auth/folk', { type: 'userpass' });
    await server.root('POST', 'sys/auth/machines', { type: 'cert' });
    for (const name of ['admin', 'ann']) {
      expect((await server.root('POST', `auth/folk/users/${name}`, { password: 'correct horse' })).status).toBe(204);
    }
    expect((await server.root('POST', 'identity/entity', { name: 'admin' })).status).toBe(200);
    const all = 'capabilities = ["create", "read", "update", "delete"]';
    const token = await tokenWith(
      `path "auth/folk/users/*" { ${all} }
       path "auth/folk/users/admin*" { capabilities = ["deny"] }
       path "auth/machines/certs/*" { ${all} }
       path "auth/machines/certs/admin" { capabilities = ["deny"] }
       path "identity/entity/name/*" { ${all} }
       path "identity/entity/name/admin" { capabilities = ["deny"] }`,
    );
    for (const name of ['admin', 'ADMIN', '%20admin', 'Admin%20', 'ad%EF%BD%8Din']) {
      for (const [method, path, refusals] of [
        ['GET', `auth/folk/users/${name}`, [403]],
        ['POST', `auth/folk/users/${name}`, [403]],
        ['POST', `auth/folk/users/${name}/password`, [403]],
        ['POST', `auth/folk/users/${name}/policies`, [403]],
        ['DELETE', `auth/folk/users/${name}`, [403]],
        ['GET', `identity/entity/name/${name}`, [403, 404]],
        ['POST', `identity/entity/name/${name}`, [400, 403]],
      ] as const) {
        const answer = await server.call(method, path, {
          token,
          ...(method === 'POST' && { body: { password: 'taken over', policies: ['x'] } }),
        });
        expect(refusals, `${method} ${path}: ${answer.text}`).toContain(answer.status);
      }
      await server.call('DELETE', `identity/entity/name/${name}`, { token });
    }
    for (const name of ['ADMIN', 'Admin%20'])
      expect((await server.call('GET', `auth/machines/certs/${name}`, { token })).status, name).toBe(403);
    expect((await server.root('GET', 'identity/entity/name/admin')).status).toBe(200);
    const logIn = await server.call('POST', 'auth/folk/login/admin', { body: { password: 'correct horse' } });
    expect(logIn.status).toBe(200);
    expect((await server.call('GET', 'auth/folk/users/ann', { token })).status).toBe(200);
  });

  it('ACL-05: an ordinary letter that was encoded is refused, to everybody', async () => {
    const granted = await tokenWith('path "*" { capabilities = ["read", "list"] }');
    const stranger = await tokenWith('path "elsewhere" { capabilities = ["read"] }');
    for (const path of [
      '%73ecret/data/app',
      'secret/d%61ta/app',
      'sys/%70olicies',
      'secret/data/%61pp',
      'secret/data/%7Ea',
    ]) {
      for (const token of [granted, stranger, server.rootToken]) {
        expect((await server.call('GET', path, { token })).status, path).toBe(400);
      }
    }
  });

  it('ACL-06: nothing behind a public path, its query or its fragment makes another path public', async () => {
    for (const path of [
      'secret/data/app?/v1/sys/health',
      'secret/data/app?sys/health',
      'secret/data/app%23/v1/sys/health',
      'sys/healthz',
      'sys/health/x',
      'sys/health%2f',
      'sys/health;a',
      'sys/Health',
      'sys/health/../../secret/data/app',
      'sys/mounts?sys/health',
    ]) {
      const answer = await server.call('GET', path);
      expect([400, 403, 404], path).toContain(answer.status);
      expect(answer.text, path).not.toContain('"at"');
    }
    expect((await server.call('GET', 'sys/health')).status).toBe(200);
  });

  it('ACL-07: no header changes which path or verb is decided on', async () => {
    const headers = {
      'x-forwarded-uri': '/v1/sys/health',
      'x-original-url': '/v1/sys/health',
      'x-rewrite-url': '/v1/sys/health',
      'x-http-method-override': 'DELETE',
      'x-method-override': 'DELETE',
      'x-http-method': 'DELETE',
    };
    const plain = await server.call('GET', 'secret/data/app');
    expect(visible(await server.call('GET', 'secret/data/app', { headers }))).toEqual(visible(plain));
    expect(plain.status).toBe(403);
    expect((await server.call('GET', 'secret/data/app', { token: server.rootToken, headers })).json.data.data).toEqual({
      at: 'app',
    });
    expect((await server.root('GET', 'secret/data/app')).status).toBe(200);
  });

  it('ACL-21: a name or path without measure is refused, and the server stays well', async () => {
    const paths = [
      `secret/data/${'x'.repeat(65_536)}`,
      `secret/data/${'a/'.repeat(10_000)}a`,
      `secret/data/${Array.from({ length: 120 }, () => 'a').join('/')}`,
      'secret/data/a//b',
    ];
    for (const path of paths) {
      const answer = await server.root('PUT', path, { data: { a: 1 } });
      expect([400, 414], path.slice(0, 30)).toContain(answer.status);
    }
    expect((await server.call('GET', 'sys/health')).status).toBe(200);
  });
});

describe('lists', () => {
  it('ACL-03: a folder that is denied cannot be listed in any of the four forms', async () => {
    const token = await tokenWith(
      `path "secret/metadata/*" { capabilities = ["list"] }
       path "secret/metadata/private/*" { capabilities = ["deny"] }`,
    );
    for (const [method, path] of [
      ['LIST', 'secret/metadata/private'],
      ['LIST', 'secret/metadata/private/'],
      ['GET', 'secret/metadata/private?list=true'],
      ['GET', 'secret/metadata/private/?list=true'],
    ] as const) {
      expect((await server.call(method, path, { token })).status, `${method} ${path}`).toBe(403);
    }
    expect((await server.call('LIST', 'secret/metadata/team-a', { token })).status).toBe(200);
  });

  it('ACL-08: every way to list needs "list"; a switch given twice is refused', async () => {
    const token = await tokenWith('path "secret/metadata/*" { capabilities = ["read"] }');
    for (const query of ['?list=true', '?list=TRUE', '?list=1', '?list=t', '?list=True']) {
      expect((await server.call('GET', `secret/metadata/team-a${query}`, { token })).status, query).toBe(403);
    }
    expect((await server.call('LIST', 'secret/metadata/team-a', { token })).status).toBe(403);
    for (const query of ['?list=true&list=false', '?list=false&list=true', '?list=true&scan=true', '?list=maybe']) {
      expect((await server.call('GET', `secret/metadata/team-a${query}`, { token })).status, query).toBe(400);
    }
  });

  it('a policy can show of a list only what the caller could read, and only so much at once', async () => {
    const filtered = await tokenWith(
      `path "secret/metadata/" {
         capabilities = ["list"]
         list_scan_response_keys_filter_path = "secret/data/{{ .key }}"
       }
       path "secret/data/app" { capabilities = ["read"] }
       path "secret/data/team-a/" { capabilities = ["list"] }`,
    );
    const keys = (await server.call('LIST', 'secret/metadata', { token: filtered })).json.data.keys;
    expect(keys).toEqual(['app', 'team-a/']);
    const policies = await tokenWith(
      `path "sys/policy" {
         capabilities = ["list"]
         list_scan_response_keys_filter_path = "sys/policies/acl/{{ .key }}"
       }
       path "sys/policies/acl/default" { capabilities = ["read"] }`,
    );
    const { json } = await server.call('LIST', 'sys/policy', { token: policies });
    expect([json.data.keys, json.data.policies, json.policies], 'under every name').toEqual(
      Array.from({ length: 3 }, () => ['default']),
    );
    const paged = await tokenWith('path "secret/metadata/" { capabilities = ["list"] pagination_limit = 2 }');
    expect((await server.call('LIST', 'secret/metadata', { token: paged })).json.data.keys).toEqual(['app', 'example']);
    expect((await server.call('GET', 'secret/metadata?list=true&limit=3', { token: paged })).status).toBe(403);
    expect((await server.call('GET', 'secret/metadata?list=true&limit=0', { token: paged })).status).toBe(403);
    const next = await server.call('GET', 'secret/metadata?list=true&limit=2&after=example', { token: paged });
    expect(next.json.data.keys).toEqual(['open/', 'private']);
  });
});

describe('what a rule grants', () => {
  it('a more specific rule replaces a broader one and adds nothing to it', async () => {
    const token = await tokenWith(
      `path "secret/data/*" { capabilities = ["read"] }
       path "secret/data/app" { capabilities = ["update"] }
       path "secret/data/+/db" { capabilities = ["deny"] }
       path "secret/data/team-a/db" { capabilities = ["read"] }`,
    );
    const status = async (path: string) => (await server.call('GET', `secret/data/${path}`, { token })).status;
    expect(await status('open/a')).toBe(200);
    expect(await status('app')).toBe(403);
    expect(await status('team-b/db')).toBe(403);
    expect(await status('team-a/db'), 'an exact rule decides before one with +').toBe(200);
  });

  it('deny holds against any other policy of the token for the same pattern', async () => {
    await server.root('POST', 'sys/policies/acl/open', { policy: 'path "secret/data/*" { capabilities = ["read"] }' });
    await server.root('POST', 'sys/policies/acl/shut', { policy: 'path "secret/data/*" { capabilities = ["deny"] }' });
    const made = await server.root('POST', 'auth/token/create', { policies: ['open', 'shut'] });
    expect((await server.call('GET', 'secret/data/app', { token: made.json.auth.client_token })).status).toBe(403);
  });

  it('ACL-13: a policy that is missing gives nothing, until it is written', async () => {
    const made = await server.root('POST', 'auth/token/create', { policies: ['later'], no_default_policy: true });
    const token = made.json.auth.client_token;
    const read = () => server.call('GET', 'secret/data/app', { token });
    expect((await read()).status).toBe(403);
    await server.root('POST', 'sys/policies/acl/later', {
      policy: 'path "secret/data/app" { capabilities = ["read"] }',
    });
    expect((await read()).status).toBe(200);
  });

  it('ACL-14: a rule that was removed, and a policy that was deleted, stop granting with the answer', async () => {
    const grant = 'path "secret/data/app" { capabilities = ["read"] }';
    const write = (policy: string) => server.root('POST', 'sys/policies/acl/changing', { policy });
    await write(grant);
    const token = (await server.root('POST', 'auth/token/create', { policies: ['changing'] })).json.auth.client_token;
    const read = async () => (await server.call('GET', 'secret/data/app', { token })).status;
    for (let round = 0; round < 5; round += 1) {
      expect(await read()).toBe(200);
      await write('path "secret/data/other" { capabilities = ["read"] }');
      expect(await read()).toBe(403);
      await write(grant);
      expect(await read()).toBe(200);
      await server.root('DELETE', 'sys/policies/acl/changing');
      expect(await read()).toBe(403);
      await write(grant);
    }
  });

  it('ACL-14: a policy taken off an entity stops granting at once', async () => {
    await server.root('POST', 'sys/auth/people', { type: 'userpass' });
    await server.root('POST', 'auth/people/users/ann', { password: 'correct horse' });
    await server.root('POST', 'sys/policies/acl/extra', {
      policy: 'path "secret/data/app" { capabilities = ["read"] }',
    });
    const { auth } = (await server.call('POST', 'auth/people/login/ann', { body: { password: 'correct horse' } })).json;
    const read = async () => (await server.call('GET', 'secret/data/app', { token: auth.client_token })).status;
    expect(await read()).toBe(403);
    const give = (policies: string[]) => server.root('POST', `identity/entity/id/${auth.entity_id}`, { policies });
    expect((await give(['extra'])).status).toBeLessThan(300);
    expect(await read()).toBe(200);
    expect((await give([])).status).toBeLessThan(300);
    expect(await read()).toBe(403);
  });

  it('ACL-10: a value with a slash in it moves no templated rule to another depth', async () => {
    await server.root('POST', 'sys/auth/scoped', { type: 'userpass' });
    await server.root('POST', 'sys/policies/acl/scoped', {
      policy: 'path "secret/data/{{identity.entity.metadata.scope}}/*" { capabilities = ["read"] }',
    });
    await server.root('POST', 'auth/scoped/users/ann', { password: 'correct horse', token_policies: 'scoped' });
    const { auth } = (await server.call('POST', 'auth/scoped/login/ann', { body: { password: 'correct horse' } })).json;
    const scope = (value: string) =>
      server.root('POST', `identity/entity/id/${auth.entity_id}`, { metadata: { scope: value } });
    const read = async (path: string) =>
      (await server.call('GET', `secret/data/${path}`, { token: auth.client_token })).status;
    await scope('team-a');
    expect([await read('team-a/db'), await read('team-b/db')]).toEqual([200, 403]);
    for (const value of ['team-a/..', '*', '+', 'team-*', '', '..', 'team-b/db/..']) {
      await scope(value);
      expect([await read('team-a/db'), await read('team-b/db')], value).toEqual([403, 403]);
    }
  });

  it('ACL-19: no root-protected route answers a token that has every right but sudo', async () => {
    const token = await tokenWith(
      'path "*" { capabilities = ["create", "read", "update", "patch", "delete", "list", "scan"] }',
    );
    let asked = 0;
    for (const [prefix, engine] of await mountAll()) {
      for (const route of new Set(engine.routes.filter(({ access }) => access.kind === 'sudo'))) {
        const path = prefix + route.path.replace(/:[a-z_]+\*?/g, 'x');
        const answer = await server.call(route.verb, path, { token, body: {} });
        expect(answer.status, `${route.verb} ${path}`).toBe(403);
        asked += 1;
      }
    }
    expect(asked).toBeGreaterThan(20);
    for (const path of [
      'sys/auth/x',
      'sys/remount',
      'sys/seal',
      'sys/leases/revoke-prefix/x',
      'sys/leases/revoke-force/x',
    ]) {
      expect((await server.call('PUT', path, { token })).status, path).toBe(403);
    }
  });

  it('ACL-20: each right on an unversioned secret allows its own verb and no other', async () => {
    await server.root('POST', 'sys/mounts/plain', { type: 'kv', options: { version: '1' } });
    await server.root('POST', 'plain/there', { a: '1' });
    const verbs = {
      read: ['GET', 'plain/there'],
      update: ['POST', 'plain/there'],
      create: ['POST', 'plain/new'],
      list: ['LIST', 'plain/'],
      delete: ['DELETE', 'plain/there'],
    } as const;
    for (const capability of Object.keys(verbs)) {
      const token = await tokenWith(`path "plain/*" { capabilities = ["${capability}"] }`);
      for (const [needed, [method, path]] of Object.entries(verbs)) {
        await server.root('DELETE', 'plain/new');
        await server.root('POST', 'plain/there', { a: '1' });
        const { status } = await server.call(method, path, { token, ...(method === 'POST' && { body: { a: '2' } }) });
        expect(status === 403, `${capability} token: ${method} ${path}`).toBe(needed !== capability);
      }
    }
  });

  it('allowed, denied and required parameters are held to, whatever the case of their names', async () => {
    await server.root('POST', 'sys/mounts/bound', { type: 'kv', options: { version: '1' } });
    const token = await tokenWith(
      `path "bound/only" { capabilities = ["create", "update"] allowed_parameters = { size = ["small", "m*"] } }
       path "bound/not" { capabilities = ["create", "update"] denied_parameters = { admin = [] } }
       path "bound/must" { capabilities = ["create", "update"] required_parameters = ["owner"] }`,
    );
    const put = async (path: string, body: object) =>
      (await server.call('PUT', path, { token, body: body as never })).status;
    expect(await put('bound/only', { size: 'small' })).toBe(204);
    expect(await put('bound/only', { SIZE: 'medium' })).toBe(204);
    expect(await put('bound/only', { size: 'large' })).toBe(403);
    expect(await put('bound/only', { size: 'small', color: 'red' })).toBe(403);
    expect(await put('bound/not', { user: 'x' })).toBe(204);
    expect(await put('bound/not', { Admin: 'x' })).toBe(403);
    expect(await put('bound/must', { owner: 'x' })).toBe(204);
    expect(await put('bound/must', { other: 'x' })).toBe(403);
  });
});

/** Every route that answers without a credential. A new one is reviewed, and then named here. */
const publicRoutes: readonly string[] = [
  'cert.login.create',
  'pki.ca.read',
  'pki.ca.read_pem',
  'pki.ca_chain.read',
  'pki.certificate.read',
  'pki.certificate.read_der',
  'pki.certificate.read_pem',
  'pki.crl.read',
  'pki.crl.read_pem',
  'pki.issuer.list',
  'pki.issuer.read_crl',
  'pki.issuer.read_crl_der',
  'pki.issuer.read_crl_pem',
  'pki.issuer.read_der',
  'pki.issuer.read_json',
  'pki.issuer.read_pem',
  'sys.health.check',
  'sys.health.read',
  'sys.init.create',
  'sys.init.read',
  'sys.internal_mounts.list',
  'sys.leader.read',
  'sys.seal_status.read',
  'sys.unseal.update',
  'userpass.login.create',
];
/** Every route that any valid credential may call, whatever its policies. */
const routesWithoutPolicy: readonly string[] = ['key.rotate_self', 'sys.internal_mounts.read', 'sys.openapi.read'];

let walked: [string, Engine][] | undefined;
/** Every engine and auth method with a path it is mounted at. */
async function mountAll(): Promise<[string, Engine][]> {
  walked ??= await mountEveryEngine(server);
  return walked;
}

describe('what those without a right learn', () => {
  it('ACL-17: without a token, with garbage, and with a token of no policies only the public routes answer', async () => {
    const powerless = await tokenWith('path "nowhere" { capabilities = ["read"] }');
    const open: string[] = [];
    const anybody: string[] = [];
    for (const [prefix, engine] of await mountAll()) {
      for (const route of new Set(engine.routes)) {
        const path = prefix + route.path.replace(/:[a-z_]+\*?/g, 'x');
        if (['public', 'login', 'optional'].includes(route.access.kind)) {
          open.push(route.id);
          continue;
        }
        const strangers = [undefined, 'garbage', 'hvs.CAESIGarbage'];
        if (route.access.kind === 'authenticated') anybody.push(route.id);
        else strangers.push(powerless);
        for (const token of strangers) {
          const answer = await server.call(route.verb, path, token === undefined ? {} : { token });
          expect(answer.status, `${route.verb} ${path}`).toBe(403);
        }
      }
    }
    expect(open.sort()).toEqual(publicRoutes);
    expect(routesWithoutPolicy).toEqual(expect.arrayContaining(anybody));
  });

  it('ACL-09: read on the settings of an engine opens settings alone, never what hands out credentials', async () => {
    for (const [prefix, engine] of await mountAll()) {
      const routes = [...new Set(engine.routes)];
      const folders = new Set(
        routes.map(({ path }) => path.split('/')[0] as string).filter((part) => !part.includes(':')),
      );
      for (const folder of folders) {
        const token = await tokenWith(`path "${prefix}${folder}/*" { capabilities = ["read", "list"] }`);
        for (const route of routes) {
          if (['public', 'login', 'optional', 'authenticated'].includes(route.access.kind)) continue;
          const path = prefix + route.path.replace(/:[a-z_]+\*?/g, 'x');
          const { status, text } = await server.call(route.verb, path, { token });
          const reads = ['GET', 'HEAD', 'LIST'].includes(route.verb) && `${path}/`.startsWith(`${prefix}${folder}/`);
          if (!reads) expect(status, `${folder}: ${route.verb} ${path}`).toBe(403);
          expect(text, `${folder}: ${route.verb} ${path}`).not.toMatch(
            /PRIVATE KEY|"client_token"|"(key|token|secret)":"s/,
          );
        }
      }
    }
  });

  it('ACL-18: without a token a mount that is there and one that is not answer alike', async () => {
    for (const method of ['GET', 'LIST', 'POST', 'DELETE'] as const) {
      const there = await server.call(method, 'secret/x');
      const missing = await server.call(method, 'absent/x');
      expect(visible(there, 'secret'), method).toEqual(visible(missing, 'absent'));
      expect(there.status).toBe(403);
    }
  });

  it('ACL-24: without a grant what is there and what is not look the same', async () => {
    const token = await tokenWith('path "nowhere" { capabilities = ["read"] }');
    await server.root('POST', 'auth/token/roles/there', { allowed_policies: 'default' });
    const pairs = [
      ['GET', 'secret/data/app', 'secret/data/nop'],
      ['LIST', 'secret/metadata/team-a', 'secret/metadata/team-z'],
      ['DELETE', 'secret/metadata/app', 'secret/metadata/nop'],
      ['POST', 'secret/data/app', 'secret/data/nop'],
      ['GET', 'sys/policies/acl/default', 'sys/policies/acl/missing'],
      ['GET', 'auth/token/roles/there', 'auth/token/roles/not'],
      ['GET', 'sys/mounts/secret', 'sys/mounts/missin'],
      ['GET', 'identity/entity/name/a', 'identity/entity/name/b'],
      ['GET', 'secret/no-such-route', 'nowhere-at-all'],
    ] as const;
    for (const [method, there, missing] of pairs) {
      const body = method === 'POST' ? { data: { a: 1 }, options: { cas: 0 } } : undefined;
      const [first, second] = [
        await server.call(method, there, { token, body }),
        await server.call(method, missing, { token, body }),
      ];
      expect(visible(first), `${method} ${there}`).toEqual(visible(second));
      expect(first.status).toBe(403);
    }
  });

  it('ACL-23: no safe verb changes anything: write routes do not answer GET and HEAD', async () => {
    const mounted = await mountAll();
    const count = () =>
      Promise.all((Object.keys(tables) as TableName[]).map((table) => server.core.store.count(table, {})));
    const before = await count();
    let asked = 0;
    for (const [prefix, { routes }] of mounted) {
      const reading = new Set(routes.filter(({ verb }) => verb === 'GET').map(({ path }) => path));
      for (const route of routes) {
        if (['GET', 'LIST', 'SCAN'].includes(route.verb) || reading.has(route.path)) continue;
        const path = prefix + route.path.replace(/:[a-z_]+\*?/g, 'x');
        for (const method of ['GET', 'HEAD']) {
          const answer = await server.call(method, path, { token: server.rootToken });
          expect([400, 404, 405], `${method} ${path}`).toContain(answer.status);
          asked += 1;
        }
      }
    }
    expect(asked).toBeGreaterThan(100);
    expect(await count()).toEqual(before);
    expect(server.core.seal.isSealed).toBe(false);
  });

  it('help is open to whoever is logged in, and to nobody else', async () => {
    const token = await tokenWith('path "nowhere" { capabilities = ["read"] }');
    const answer = await server.call('GET', 'sys/policies/acl/default?help=1', { token });
    expect(answer.status).toBe(200);
    expect(answer.json.help).toContain('sys.acl_policy.read');
    expect((await server.call('GET', 'sys/policies/acl/default?help=1')).status).toBe(403);
  });
});
