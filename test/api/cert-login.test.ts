import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePem } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);

const authorities: Record<string, string> = {};

beforeAll(async () => {
  server = await startServer();
  for (const path of ['ours', 'theirs']) {
    await root('POST', `sys/mounts/${path}`, { type: 'pki', config: { max_lease_ttl: '8760h' } });
    const made = await root('POST', `${path}/root/generate/internal`, {
      common_name: path,
      key_type: 'ec',
      ttl: '8000h',
    });
    authorities[path] = made.json.data.certificate;
    const role = { key_type: 'ec', allow_any_name: true, max_ttl: '720h', ou: 'machines' };
    await root('POST', `${path}/roles/client`, role);
    await root('POST', `${path}/roles/server-only`, { ...role, client_flag: false });
  }
  await root('POST', 'sys/policies/acl/machine', { policy: 'path "secret/data/m" { capabilities = ["read"] }' });
  await root('POST', 'sys/auth/cert', { type: 'cert' });
  const common = { certificate: authorities['ours'], token_policies: ['machine'], token_ttl: '1h' };
  await role('any', { ...common, allowed_common_names: ['a.test', 'b.test', 'short.test'] });
  await role('only-a', { ...common, allowed_common_names: ['a.test'] });
  await role('bound', { ...common, token_bound_cidrs: ['192.0.2.0/24'] });
});
afterAll(() => server.stop());

async function role(name: string, fields: object): Promise<void> {
  const answer = await root('POST', `auth/cert/certs/${name}`, fields);
  expect(answer.status, answer.text).toBeLessThan(300);
}

interface Client {
  readonly chain: readonly Buffer[];
  readonly serial: string;
}

async function client(commonName: string, from = 'ours', more: object = {}, as = 'client'): Promise<Client> {
  const made = await root('POST', `${from}/issue/${as}`, { common_name: commonName, ttl: '48h', ...more });
  expect(made.status, made.text).toBe(200);
  const { certificate, serial_number: serial } = made.json.data;
  return { chain: decodePem(certificate).map(({ der }) => der as Buffer), serial };
}

const logIn = (who: Client | undefined, body: object = {}, address?: string): Promise<CallAnswer> =>
  server.call('POST', 'auth/cert/login', {
    body: body as never,
    ...(who && { clientCertificates: who.chain }),
    ...(address && { address }),
  });
const renew = (token: string, who?: Client): Promise<CallAnswer> =>
  server.call('POST', 'auth/token/renew-self', { token, body: {}, ...(who && { clientCertificates: who.chain }) });

describe('USR-05: an attacker who locks a name', () => {
  it('keeps its owner out of that way in alone: certificate, token and unlocking go on', async () => {
    await root('POST', 'sys/auth/people', {
      type: 'userpass',
      config: { user_lockout_config: { lockout_threshold: 2 } },
    });
    await root('POST', 'auth/people/users/admin', { password: 'correct horse', token_policies: 'machine' });
    const tryPassword = (password: string, address: string) =>
      server.call('POST', 'auth/people/login/admin', { body: { password }, address });
    const before = (await tryPassword('correct horse', '192.0.2.1')).json.auth.client_token;
    for (let count = 0; count < 20; count += 1) await tryPassword(`wrong ${count}`, '198.51.100.9');
    expect((await tryPassword('correct horse', '192.0.2.1')).status).toBe(403);
    // What the operator has is not ended, and there is a way in that nobody can lock from outside.
    expect((await server.call('GET', 'auth/token/lookup-self', { token: before })).status).toBe(200);
    const operator = await client('a.test');
    const stranger = await client('a.test', 'theirs');
    for (let count = 0; count < 20; count += 1) expect((await logIn(stranger)).status).toBe(400);
    expect((await logIn(operator)).status).toBe(200);
    const { accessor } = (await root('GET', 'sys/auth/people')).json.data;
    expect((await root('POST', `sys/locked-users/${accessor}/unlock/admin`)).status).toBe(204);
    expect((await tryPassword('correct horse', '192.0.2.1')).status).toBe(200);
  });
});

describe('who logs in', () => {
  it('a client certificate of the authority gets a token with the role’s policies, named after it', async () => {
    const answer = await logIn(await client('a.test'), { name: 'only-a' });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.auth.policies).toEqual(['default', 'machine']);
    expect(answer.json.auth.metadata.common_name).toBe('a.test');
    expect(answer.json.auth.lease_duration).toBe(3_600);
  });

  it('MTL-10: a good certificate of another client does not get this one’s role', async () => {
    const other = await client('b.test');
    expect((await logIn(other, { name: 'any' })).status).toBe(200);
    const refused = await logIn(other, { name: 'only-a' });
    expect([refused.status, refused.json.auth ?? null]).toEqual([400, null]);
  });

  it('MTL-01: one of another authority is refused, also with the same names', async () => {
    expect((await logIn(await client('a.test', 'theirs'))).status).toBe(400);
  });

  it('MTL-05: one that is for servers alone is refused', async () => {
    expect((await logIn(await client('a.test', 'ours', {}, 'server-only'))).status).toBe(400);
  });

  it('none at all is refused, and an authority is no client', async () => {
    expect((await logIn(undefined)).status).toBe(400);
    const chain = decodePem(authorities['ours'] as string).map(({ der }) => der as Buffer);
    expect((await logIn({ chain, serial: '' })).status).toBe(400);
  });

  it('a role that does not exist is refused in the words for any other reason', async () => {
    const who = await client('a.test');
    const unknown = await logIn(who, { name: 'nobody' });
    const foreign = await logIn(await client('a.test', 'theirs'), { name: 'only-a' });
    expect([unknown.status, foreign.status]).toEqual([400, 400]);
  });

  it('from outside the role’s addresses there is no token', async () => {
    const who = await client('c.test');
    expect((await logIn(who, { name: 'bound' }, '192.0.2.9')).status).toBe(200);
    expect((await logIn(who, { name: 'bound' }, '198.51.100.9')).status).toBeGreaterThanOrEqual(400);
  });
});

describe('when it ends', () => {
  // One not valid yet is in cert-chains.test.ts: the server's time does not go back.
  it('MTL-13: an expired one is refused', async () => {
    const who = await client('short.test', 'ours', { ttl: '60s' });
    expect((await logIn(who, { name: 'any' })).status).toBe(200);
    server.clock.advanceSeconds(3_600);
    expect((await logIn(who, { name: 'any' })).status).toBe(400);
  });

  it('a revoked one is refused once its list is there', async () => {
    const who = await client('a.test');
    expect((await logIn(who, { name: 'only-a' })).status).toBe(200);
    await root('POST', 'ours/revoke', { serial_number: who.serial });
    const crl = (await server.call('GET', 'ours/crl/pem')).text;
    expect((await root('POST', 'auth/cert/crls/ours', { crl })).status).toBeLessThan(300);
    expect((await logIn(who, { name: 'only-a' })).status).toBe(400);
    // Others of the same authority go on.
    expect((await logIn(await client('a.test'), { name: 'only-a' })).status).toBe(200);
  });
});

describe('renewals', () => {
  it('MTL-02: only the certificate that logged in renews its token', async () => {
    const who = await client('a.test');
    const sibling = await client('a.test');
    const { client_token: token } = (await logIn(who, { name: 'only-a' })).json.auth;
    const end = async () => (await server.call('GET', 'auth/token/lookup-self', { token })).json.data.expire_time;
    const before = await end();
    expect((await renew(token, sibling)).status).toBe(400);
    expect((await renew(token)).status).toBe(400);
    expect(await end()).toBe(before);
    server.clock.advanceSeconds(60);
    expect((await renew(token, who)).status).toBe(200);
    expect(await end()).not.toBe(before);
  });

  it('a role that is gone renews nothing', async () => {
    await role('passing', { certificate: authorities['ours'], token_policies: ['machine'], token_ttl: '1h' });
    const who = await client('d.test');
    const { client_token: token } = (await logIn(who, { name: 'passing' })).json.auth;
    await root('DELETE', 'auth/cert/certs/passing');
    expect((await renew(token, who)).status).toBe(400);
  });
});
