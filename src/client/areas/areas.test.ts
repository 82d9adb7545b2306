import { describe, expect, it } from 'vitest';
import { envelope, type ReceivedRequest, refusal, startResponder } from '../../../test/cli/responder.ts';
import { SecretText } from '../../lib/index.ts';
import { type Client, createClient } from '../index.ts';

const secret = new SecretText('srs.theToken');

/** What a call sends: verb, target and body. */
async function sentBy(call: (client: Client) => Promise<unknown>): Promise<string> {
  await using server = await startResponder(() => envelope({ keys: [] }));
  const client = createClient({ address: server.address, token: new SecretText('own') });
  await call(client);
  client.close();
  const { method, url, body } = server.requests[0] as ReceivedRequest;
  return `${method} ${url.slice('/v1/'.length)}${body === '' ? '' : ` ${body}`}`;
}

const calls: readonly (readonly [string, (client: Client) => Promise<unknown>])[] = [
  ['GET sys/seal-status', (c) => c.sys.sealStatus()],
  ['GET sys/init', (c) => c.sys.initialized()],
  ['POST sys/unseal {"key":"srs.theToken"}', (c) => c.sys.unseal({ key: secret })],
  ['POST sys/unseal {"reset":true}', (c) => c.sys.unseal({ reset: true })],
  ['POST sys/seal', (c) => c.sys.seal()],
  ['GET sys/key-status', (c) => c.sys.keyStatus()],
  ['POST sys/rotate', (c) => c.sys.rotate()],
  ['GET sys/mounts', (c) => c.sys.listMounts()],
  ['POST sys/mounts/a/b {"type":"pki"}', (c) => c.sys.enableMount('/a/b/', { type: 'pki' })],
  ['DELETE sys/auth/userpass', (c) => c.sys.disableAuth('userpass/')],
  ['POST auth/userpass/login/anna {"password":"srs.theToken"}', (c) => c.logins.userpass('anna', secret)],
  ['POST auth/corp/login {"name":"web"}', (c) => c.logins.cert('web', 'corp')],
  ['POST auth/approle/login {"role_id":"r","secret_id":"srs.theToken"}', (c) => c.logins.appRole('r', secret)],
  ['POST auth/token/create {"ttl":"1h"}', (c) => c.tokens.create({ ttl: '1h' })],
  ['POST auth/token/create/ci {}', (c) => c.tokens.create({}, { role: 'ci' })],
  ['GET auth/token/lookup-self', (c) => c.tokens.lookup({ self: true })],
  ['POST auth/token/lookup {"token":"srs.theToken"}', (c) => c.tokens.lookup({ token: secret })],
  ['POST auth/token/renew-accessor {"accessor":"x","increment":"2h"}', (c) => c.tokens.renew({ accessor: 'x' }, '2h')],
  ['POST auth/token/revoke-orphan {"token":"srs.theToken"}', (c) => c.tokens.revoke({ token: secret }, 'orphan')],
  ['POST auth/token/revoke-self {}', (c) => c.tokens.revoke({ self: true })],
  [
    'POST sys/capabilities-accessor {"accessor":"x","paths":["a"]}',
    (c) => c.tokens.capabilities({ accessor: 'x' }, ['a']),
  ],
  ['POST api-keys/keys {"name":"ci","scopes":["a"]}', (c) => c.apiKeys.create({ name: 'ci', scopes: ['a'] })],
  ['GET team-keys/keys/k1', (c) => c.apiKeys.get('k1', { mount: 'team-keys/' })],
  ['GET api-keys/keys?owner=o&list=true', (c) => c.apiKeys.list({ owner: 'o' })],
  ['POST api-keys/keys/k1 {"name":"n"}', (c) => c.apiKeys.update('k1', { name: 'n' })],
  ['POST api-keys/keys/k1/rotate {"overlap":"1h"}', (c) => c.apiKeys.rotate('k1', { overlap: '1h' })],
  ['POST api-keys/keys/k1/revoke {"reason":"leak"}', (c) => c.apiKeys.revoke('k1', 'leak')],
  ['POST api-keys/keys/k1/disable {}', (c) => c.apiKeys.disable('k1')],
  ['POST api-keys/keys/k1/enable {}', (c) => c.apiKeys.enable('k1')],
  ['POST api-keys/verify {"key":"srs.theToken"}', (c) => c.apiKeys.verify({ key: secret })],
  ['POST api-keys/spaces/web {"prefix":"web"}', (c) => c.apiKeys.writeSpace('web', { prefix: 'web' })],
  ['POST pats/self {"name":"n"}', (c) => c.pats.create({ name: 'n' })],
  ['GET pats/self?list=true', (c) => c.pats.listOwn()],
  ['POST pats/self/p1/rotate {}', (c) => c.pats.rotateOwn('p1')],
  ['POST pats/self/p1/revoke {}', (c) => c.pats.revokeOwn('p1')],
  ['GET pats/tokens?state=active&list=true', (c) => c.pats.listAll({ state: 'active' })],
  ['POST pats/tokens/p1/revoke {"reason":"r"}', (c) => c.pats.revokeAny('p1', 'r')],
  ['POST pki/issue/web {"common_name":"a.b"}', (c) => c.pki.issue('web', { common_name: 'a.b' })],
  ['POST ca2/sign/web {"csr":"x"}', (c) => c.pki.sign('web', { csr: 'x' }, { mount: 'ca2' })],
  ['POST pki/revoke {"serial_number":"17:ab"}', (c) => c.pki.revoke('17:ab')],
  ['GET pki/certs?list=true', (c) => c.pki.list()],
  ['GET pki/ca/pem', (c) => c.pki.caPem()],
  ['GET pki/ca_chain', (c) => c.pki.caChainPem()],
  ['GET pki/crl/pem', (c) => c.pki.crlPem()],
  ['POST pki/root/generate/internal {"common_name":"R"}', (c) => c.pki.generateRoot({ common_name: 'R' })],
  ['POST pki/roles/web {"ttl":"1h"}', (c) => c.pki.writeRole('web', { ttl: '1h' })],
  ['GET sys/policies/acl?list=true', (c) => c.policies.list()],
  ['POST sys/policies/acl/web {"policy":"p"}', (c) => c.policies.write('web', 'p')],
  ['DELETE sys/policies/acl/web', (c) => c.policies.delete('web')],
  ['POST sys/audit-hash/main {"input":"x"}', (c) => c.audit.hash('main', 'x')],
  ['GET sys/audit/query?operation=token.create', (c) => c.audit.query({ operation: 'token.create' })],
  ['GET sys/credentials?owner=o&limit=5&list=true', (c) => c.credentials.list({ owner: 'o' }, { limit: 5 })],
  [
    'POST sys/credentials/revoke {"owner":"o","dry_run":true}',
    (c) => c.credentials.revoke({ owner: 'o' }, { dryRun: true }),
  ],
  [
    'POST sys/credentials/revoke {"owner":"o","reason":"leak"}',
    (c) => c.credentials.revoke({ owner: 'o' }, { reason: 'leak' }),
  ],
];

describe('grouped functions', () => {
  it.each(calls)('send %s', async (expected, call) => {
    expect(await sentBy(call)).toBe(expected);
  });

  it('send an idempotency key as its header', async () => {
    await using server = await startResponder(() => envelope({}));
    const client = createClient({ address: server.address });
    await client.apiKeys.create({}, { idempotencyKey: 'once-1' });
    expect(server.requests[0]?.headers['idempotency-key']).toBe('once-1');
    client.close();
  });

  it('send no token with unsealing, initialising and log-in', async () => {
    await using server = await startResponder(() => ({ body: { sealed: false } }));
    const client = createClient({ address: server.address, token: new SecretText('own') });
    await client.sys.unseal({ key: secret });
    await client.sys.init({});
    await client.logins.userpass('anna', secret);
    expect(server.requests.map((request) => request.headers['x-vault-token'])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    client.close();
  });

  it('refuse a name that would be another path', async () => {
    const client = createClient({ address: 'http://127.0.0.1:1' });
    expect(() => client.apiKeys.revoke('k1/../../x')).toThrow('one path segment');
    expect(() => client.logins.userpass('a/b', secret)).toThrow('one path segment');
    expect(() => client.pki.issue('', { common_name: 'a' })).toThrow('one path segment');
    expect(() => client.sys.disableMount('/')).toThrow('mount path');
    client.close();
  });
});

describe('key-value paths', () => {
  const mount2 = { path: 'secret/', options: { version: '2' }, type: 'kv' };

  it('follow the version the mount has', async () => {
    await using server = await startResponder((request) =>
      request.url.includes('/internal/') ? envelope(mount2) : envelope({ data: {}, metadata: {} }),
    );
    const client = createClient({ address: server.address });
    const { mount, path } = await client.kv.resolve('secret/team/app');
    expect({ mount, path }).toEqual({ mount: { path: 'secret', version: 2 }, path: 'team/app' });
    await client.kv.get(mount, path, 3);
    await client.kv.put(mount, path, { a: 'b' }, 0);
    await client.kv.delete(mount, path, [1, 2]);
    await client.kv.delete(mount, path);
    await client.kv.list(mount, '');
    await client.kv.get({ path: 'old', version: 1 }, 'app');
    await client.kv.put({ path: 'old', version: 1 }, 'app', { a: 'b' });
    expect(server.requests.map(({ method, url, body }) => `${method} ${url} ${body}`.trim())).toEqual([
      'GET /v1/sys/internal/ui/mounts/secret/team/app',
      'GET /v1/secret/data/team/app?version=3',
      'POST /v1/secret/data/team/app {"data":{"a":"b"},"options":{"cas":0}}',
      'POST /v1/secret/delete/team/app {"versions":[1,2]}',
      'DELETE /v1/secret/data/team/app',
      'GET /v1/secret/metadata/?list=true',
      'GET /v1/old/app',
      'POST /v1/old/app {"a":"b"}',
    ]);
    client.close();
  });

  it('are taken as version 1 by servers without the preflight route, and refused when the preflight is', async () => {
    await using server = await startResponder((_request, index) =>
      index === 0
        ? refusal(404, 'no_route', 'no handler')
        : index === 1
          ? { status: 404, body: { errors: [] } }
          : refusal(403, 'permission_denied', 'no'),
    );
    const client = createClient({ address: server.address });
    for (const _ of [1, 2]) {
      expect(await client.kv.resolve('old/app')).toEqual({ mount: { path: 'old', version: 1 }, path: 'app' });
    }
    await expect(client.kv.resolve('old/app')).rejects.toMatchObject({ status: 403 });
    client.close();
  });
});
