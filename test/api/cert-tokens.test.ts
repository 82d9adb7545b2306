import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/lib/index.ts';
import { encodeDistinguishedName, encodePem } from '../../src/x509/index.ts';
import { makeLeaf, makeRoot, type TestAuthority, testNowSeconds } from '../../src/x509/testing/authority.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let authority: TestAuthority;
let who: Buffer;
let sibling: Buffer;

beforeAll(async () => {
  authority = await makeRoot('Token Root');
  const changes = {
    subject: encodeDistinguishedName([{ type: 'commonName', value: 'a.example.test' }]),
    notAfterSeconds: testNowSeconds + 30 * 86_400,
  };
  who = (await makeLeaf(authority, changes)).der;
  sibling = (await makeLeaf(authority, changes)).der;
  server = await startServer({ clock: new ManualClock(testNowSeconds * 1000) });
  await server.root('POST', 'sys/auth/cert', { type: 'cert' });
  for (const name of ['one', 'two'])
    await server.root('POST', `sys/policies/acl/${name}`, {
      policy: 'path "auth/token/renew-accessor" { capabilities = ["update"] }',
    });
});
afterAll(() => server.stop());

async function role(name: string, fields: object = {}): Promise<void> {
  const certificate = encodePem('CERTIFICATE', authority.certificate.der);
  const answer = await server.root('POST', `auth/cert/certs/${name}`, { certificate, ...fields });
  expect(answer.status, answer.text).toBe(204);
}

async function tokenOf(name: string, address?: string): Promise<CallAnswer['json']> {
  const answer = await server.call('POST', 'auth/cert/login', {
    body: { name },
    clientCertificates: [who],
    ...(address && { address }),
  });
  expect(answer.status, answer.text).toBe(200);
  return answer.json.auth;
}

const show = async (token: string, address?: string) =>
  server.call('GET', 'auth/token/lookup-self', { token, ...(address && { address }) });
const renew = (token: string, der: Buffer = who, body: object = {}) =>
  server.call('POST', 'auth/token/renew-self', { token, body: body as never, clientCertificates: [der] });
const renewBare = (token: string) => server.call('POST', 'auth/token/renew-self', { token, body: {} });

describe('the token settings of a role hold for its tokens', () => {
  it('token_ttl and token_max_ttl', async () => {
    await role('ttl', { token_ttl: '10m', token_max_ttl: '15m' });
    const { client_token: token, lease_duration } = await tokenOf('ttl');
    expect(lease_duration).toBe(600);
    server.clock.advanceSeconds(500);
    expect((await renew(token, who, { increment: '1h' })).json.auth.lease_duration).toBe(400);
    server.clock.advanceSeconds(401);
    expect((await show(token)).status).toBe(403);
  });

  it('token_period, and with it token_explicit_max_ttl', async () => {
    await role('period', { token_period: '5m', token_explicit_max_ttl: '12m' });
    const { client_token: token, lease_duration } = await tokenOf('period');
    expect([lease_duration, (await show(token)).json.data.period]).toEqual([300, 300]);
    server.clock.advanceSeconds(290);
    expect((await renew(token)).json.auth.lease_duration).toBe(300);
    server.clock.advanceSeconds(290);
    expect((await renew(token)).json.auth.lease_duration).toBe(140);
    server.clock.advanceSeconds(141);
    expect((await show(token)).status).toBe(403);
  });

  it('token_num_uses', async () => {
    await role('uses', { token_num_uses: 2 });
    const { client_token: token } = await tokenOf('uses');
    expect([(await show(token)).status, (await show(token)).status, (await show(token)).status]).toEqual([
      200, 200, 403,
    ]);
  });

  it('token_bound_cidrs, at log-in and at each use', async () => {
    await role('cidrs', { token_bound_cidrs: ['192.0.2.0/24'] });
    const refused = await server.call('POST', 'auth/cert/login', {
      body: { name: 'cidrs' },
      clientCertificates: [who],
      address: '198.51.100.1',
    });
    expect(refused.status).toBe(403);
    const { client_token: token } = await tokenOf('cidrs', '192.0.2.7');
    expect([(await show(token, '192.0.2.8')).status, (await show(token, '198.51.100.1')).status]).toEqual([200, 403]);
  });

  it('token_strictly_bind_ip', async () => {
    await role('strict', { token_strictly_bind_ip: true });
    const { client_token: token } = await tokenOf('strict', '192.0.2.7');
    expect([(await show(token, '192.0.2.7')).status, (await show(token, '192.0.2.8')).status]).toEqual([200, 403]);
  });

  it('token_policies and token_no_default_policy', async () => {
    await role('policies', { token_policies: ['two', 'one'], token_no_default_policy: true });
    expect((await tokenOf('policies')).policies).toEqual(['one', 'two']);
    await role('policies', { token_policies: ['one', 'default'] });
    expect((await tokenOf('policies')).policies).toEqual(['one']);
    await role('policies', { token_no_default_policy: false });
    expect((await tokenOf('policies')).policies).toEqual(['default', 'one']);
    await role('rooted', { token_policies: ['root'] });
    const refused = await server.call('POST', 'auth/cert/login', {
      body: { name: 'rooted' },
      clientCertificates: [who],
    });
    expect([refused.status, refused.json.auth ?? null]).toEqual([400, null]);
  });

  it('token_type', async () => {
    await role('batch', { token_type: 'batch', token_ttl: '1h' });
    const batch = await tokenOf('batch');
    expect([batch.token_type, batch.renewable, batch.accessor]).toEqual(['batch', false, '']);
    expect((await renew(batch.client_token)).status).toBe(400);
    await role('batch', { token_type: 'service' });
    expect((await tokenOf('batch')).token_type).toBe('service');
    const both = await server.root('POST', 'auth/cert/certs/batch', { token_type: 'batch', token_num_uses: 3 });
    expect(both.status).toBe(400);
  });
});

describe('what a role cannot be', () => {
  it.each([
    ['named without end', { display_name: 'x'.repeat(513) }],
    ['named with a line break', { display_name: 'a\nb' }],
    ['asking for more extensions than a certificate has', { required_extensions: Array(65).fill('1.2.3:*') }],
    ['showing more extensions than a certificate has', { allowed_metadata_extensions: Array(65).fill('1.2.3') }],
    ['asking for an empty name', { allowed_common_names: [''] }],
    ['asking an OCSP responder', { ocsp_enabled: true }],
    ['without a certificate', { certificate: '' }],
    [
      'with a key beside its certificate',
      { certificate: '-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----' },
    ],
  ])('%s', async (_what, fields) => {
    const certificate = encodePem('CERTIFICATE', authority.certificate.der);
    const answer = await server.root('POST', 'auth/cert/certs/wishes', { certificate, ...fields });
    expect([answer.status, answer.json?.code]).toEqual([400, 'invalid_field']);
    expect((await server.root('GET', 'auth/cert/certs/wishes')).status).toBe(404);
  });
});

describe('MTL-02: renewals', () => {
  const end = async (token: string) => (await show(token)).json.data.expire_time;

  it('are given to the certificate that logged in, by whichever way', async () => {
    await role('way', { token_ttl: '1h', token_policies: ['one'] });
    const { client_token: token, accessor } = await tokenOf('way');
    const before = await end(token);
    server.clock.advanceSeconds(60);
    const ways: [string, object][] = [
      ['renew-self', {}],
      ['renew', { token }],
      ['renew-accessor', { accessor }],
    ];
    for (const [way, body] of ways) {
      for (const clientCertificates of [[], [sibling], [sibling, who], [authority.certificate.der]]) {
        const answer = await server.call('POST', `auth/token/${way}`, {
          token: way === 'renew-self' ? token : server.rootToken,
          body: body as never,
          clientCertificates,
        });
        expect([way, answer.status]).toEqual([way, 400]);
        expect(await end(token)).toBe(before);
      }
    }
    const answer = await server.call('POST', 'auth/token/renew-accessor', {
      token: server.rootToken,
      body: { accessor },
      clientCertificates: [who],
    });
    expect(answer.status, answer.text).toBe(200);
    expect(await end(token)).not.toBe(before);
  });

  it('are refused where the role would now give other policies, and given again when it is as it was', async () => {
    await role('changing', { token_ttl: '1h', token_policies: ['one', 'two'] });
    const { client_token: token } = await tokenOf('changing');
    const changes: object[] = [
      { token_policies: ['one'] },
      { token_policies: ['one', 'two', 'three'] },
      { token_policies: ['one', 'two'], token_no_default_policy: true },
    ];
    for (const change of changes) {
      await role('changing', change);
      const refused = await renew(token);
      expect([change, refused.status, refused.json.errors]).toEqual([
        change,
        400,
        ['policies have changed, not renewing'],
      ]);
    }
    await role('changing', { token_policies: ['two', 'one'], token_no_default_policy: false });
    expect((await renew(token)).status).toBe(200);
  });

  it('are refused where the role would not take the certificate any more, and when it is gone', async () => {
    await role('closing', { token_ttl: '1h' });
    const { client_token: token } = await tokenOf('closing');
    expect((await renew(token)).status).toBe(200);
    await role('closing', { allowed_common_names: ['other.test'] });
    expect((await renew(token)).status).toBe(400);
    await role('closing', { allowed_common_names: [] });
    expect((await renew(token)).status).toBe(200);
    const other = await makeRoot('Other Token Root');
    await role('closing', { certificate: encodePem('CERTIFICATE', other.certificate.der) });
    expect((await renew(token)).status).toBe(400);
    await server.root('DELETE', 'auth/cert/certs/closing');
    expect((await renew(token)).status).toBe(400);
    // The token itself lives on to its end.
    expect((await show(token)).status).toBe(200);
  });

  it('disable_binding asks for no certificate, and still for the role', async () => {
    await role('loose', { token_ttl: '1h', token_policies: ['one'] });
    const { client_token: token } = await tokenOf('loose');
    await server.root('POST', 'auth/cert/config', { disable_binding: true });
    expect((await renewBare(token)).status).toBe(200);
    await role('loose', { token_policies: ['two'] });
    expect((await renewBare(token)).status).toBe(400);
    await server.root('DELETE', 'auth/cert/certs/loose');
    expect((await renewBare(token)).status).toBe(400);
    await server.root('POST', 'auth/cert/config', { disable_binding: false });
  });

  it('are refused once the certificate has expired', async () => {
    await role('expiring', { token_period: '20d' });
    const { client_token: token } = await tokenOf('expiring');
    server.clock.advanceSeconds(19 * 86_400);
    expect((await renew(token)).status).toBe(200);
    server.clock.advanceSeconds(12 * 86_400);
    expect((await show(token)).status).toBe(200);
    expect((await renew(token)).status).toBe(400);
  });
});
