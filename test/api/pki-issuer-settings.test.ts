import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate, parseCrl } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const ok = async (method: string, path: string, body?: object): Promise<CallAnswer> => {
  const answer = await root(method, path, body);
  expect(answer.status, `${path}: ${answer.json?.errors?.join()}`).toBeLessThan(300);
  return answer;
};

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

let mounts = 0;
async function authority(more: object = {}): Promise<{ mount: string; issuer: string }> {
  mounts += 1;
  const mount = `set-${mounts}`;
  await ok('POST', `sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '87600h' } });
  const fields = { common_name: `Root ${mounts}`, key_type: 'ec', ttl: '3000h', ...more };
  const made = (await ok('POST', `${mount}/root/generate/internal`, fields)).json.data;
  await ok('POST', `${mount}/roles/any`, { key_type: 'ec', allow_any_name: true, max_ttl: '100h' });
  return { mount, issuer: made.issuer_id };
}
const csrOf = async (mount: string): Promise<string> =>
  (await ok('POST', `${mount}/intermediate/generate/internal`, { common_name: 'Below', key_type: 'ec' })).json.data.csr;

describe('PKI-13: a chain set by hand', () => {
  it('takes no constraint away of what is above', async () => {
    const { mount } = await authority({ permitted_dns_domains: ['good.test'] });
    const csr = await csrOf(mount);
    const wish = { csr, common_name: 'Below', ttl: '2000h', exclude_cn_from_sans: true };
    const signed = await ok('POST', `${mount}/root/sign-intermediate`, wish);
    const set = await ok('POST', `${mount}/intermediate/set-signed`, { certificate: signed.json.data.certificate });
    const below = set.json.data.imported_issuers[0];
    const issue = (name: string) => root('POST', `${mount}/issuer/${below}/issue/any`, { common_name: name });
    expect([(await issue('a.good.test')).status, (await issue('a.bad.test')).status]).toEqual([200, 400]);
    await ok('PATCH', `${mount}/issuer/${below}`, { manual_chain: ['self'] });
    expect([(await issue('a.good.test')).status, (await issue('a.bad.test')).status]).toEqual([200, 400]);
    expect((await issue('a.good.test')).json.data.ca_chain).toHaveLength(1);
  });

  it('names issuers of this mount, each once, itself first', async () => {
    const { mount, issuer } = await authority();
    const fields = { common_name: 'Other', key_type: 'ec' };
    const other = (await ok('POST', `${mount}/root/generate/internal`, fields)).json.data.issuer_id;
    for (const manual_chain of [
      ['nobody'],
      [other],
      [other, issuer],
      [issuer, issuer],
      ['self', issuer],
      [issuer, other, issuer],
      [issuer, ...Array.from({ length: 16 }, () => other)],
    ]) {
      const answer = await root('PATCH', `${mount}/issuer/${issuer}`, { manual_chain, issuer_name: 'changed' });
      expect([answer.status, answer.json.errors[0].length > 0], manual_chain.join()).toEqual([400, true]);
    }
    const { data } = (await ok('GET', `${mount}/issuer/${issuer}`)).json;
    expect([data.manual_chain, data.issuer_name]).toEqual([null, '']);
    await ok('PATCH', `${mount}/issuer/${issuer}`, { manual_chain: ['self', other] });
    await ok('DELETE', `${mount}/issuer/${other}`);
    expect((await ok('GET', `${mount}/issuer/${issuer}`)).json.data.ca_chain).toHaveLength(1);
  });
});

describe('settings that are refused', () => {
  it('of an issuer: nothing of the request is changed', async () => {
    const { mount, issuer } = await authority();
    const fields = { common_name: 'Other', key_type: 'ec', issuer_name: 'taken' };
    const other = (await ok('POST', `${mount}/root/generate/internal`, fields)).json.data.issuer_id;
    const before = (await ok('GET', `${mount}/issuer/${issuer}`)).json.data;
    for (const bad of [
      { usage: 'everything' },
      { leaf_not_after_behavior: 'never' },
      { revocation_signature_algorithm: 'SHA256WithRSA' },
      { revocation_signature_algorithm: 'ECDSAWithSHA384' },
      { revocation_signature_algorithm: 'MD5WithRSA' },
      { issuer_name: 'taken' },
      { issuer_name: 'default' },
      { issuer_name: other },
      { issuer_name: 'a/b' },
      { delta_crl_distribution_points: ['http://a.test/d'] },
      { enable_aia_url_templating: true },
      { ocsp_servers: ['ldap://a.test'] },
      { issuing_certificates: ['http://a.test', 'http://a.test'] },
      { crl_distribution_points: Array.from({ length: 17 }, (_, at) => `http://a.test/${at}`) },
    ]) {
      for (const method of ['POST', 'PATCH']) {
        const sent = { leaf_not_after_behavior: 'permit', issuing_certificates: ['http://b.test'], ...bad };
        const answer = await root(method, `${mount}/issuer/${issuer}`, sent);
        expect([answer.status, answer.json.errors[0].length > 0], JSON.stringify(bad)).toEqual([400, true]);
      }
    }
    expect((await ok('GET', `${mount}/issuer/${issuer}`)).json.data).toEqual(before);
  });

  it('of addresses: one that stands twice would keep everything from being issued', async () => {
    const { mount } = await authority();
    await ok('POST', `${mount}/config/urls`, { crl_distribution_points: ['http://a.test/crl'] });
    for (const bad of [
      { issuing_certificates: ['http://a.test', 'http://a.test'] },
      { ocsp_servers: 'http://a.test,http://a.test' },
      { delta_crl_distribution_points: ['http://a.test'] },
      { enable_templating: true },
      { crl_distribution_points: ['file:///etc/passwd'] },
    ]) {
      const answer = await root('POST', `${mount}/config/urls`, { ocsp_servers: ['http://b.test'], ...bad });
      expect([answer.status, answer.json.errors[0].length > 0], JSON.stringify(bad)).toEqual([400, true]);
    }
    const { data } = (await ok('GET', `${mount}/config/urls`)).json;
    expect([data.crl_distribution_points, data.ocsp_servers]).toEqual([['http://a.test/crl'], []]);
    await ok('POST', `${mount}/issue/any`, { common_name: 'a.test' });
  });

  it('of lists and defaults', async () => {
    const { mount, issuer } = await authority();
    for (const [path, bad] of [
      ['crl', { expiry: 0 }],
      ['crl', { expiry: '-1h' }],
      ['crl', { expiry: '9000h' }],
      ['crl', { expiry: 1e18 }],
      ['crl', { auto_rebuild: true, disable: true }],
      ['crl', { enable_delta: true, expiry: '1h' }],
      ['issuers', { default: 'nobody', default_follows_latest_issuer: true }],
      ['keys', { default: 'nobody' }],
      ['keys', {}],
    ] as const) {
      const answer = await root('POST', `${mount}/config/${path}`, bad);
      expect([answer.status, answer.json.errors[0].length > 0], JSON.stringify(bad)).toEqual([400, true]);
    }
    const crl = (await ok('GET', `${mount}/config/crl`)).json.data;
    expect([crl.expiry, crl.disable]).toEqual(['72h', false]);
    const issuers = (await ok('GET', `${mount}/config/issuers`)).json.data;
    expect([issuers.default, issuers.default_follows_latest_issuer]).toEqual([issuer, false]);
  });
});

it('a default that cannot issue is told', async () => {
  const { mount, issuer } = await authority();
  const other = await authority();
  const { certificate } = (await ok('GET', `${other.mount}/issuer/default`)).json.data;
  const bare = (await ok('POST', `${mount}/issuers/import/cert`, { pem_bundle: certificate })).json.data
    .imported_issuers[0];
  const toBare = await ok('POST', `${mount}/config/issuers`, { default: bare });
  expect(toBare.json.warnings[0]).toContain('is not here');
  await ok('POST', `${mount}/issuer/${issuer}/revoke`);
  const toRevoked = await ok('POST', `${mount}/config/issuers`, { default: issuer });
  expect(toRevoked.json.warnings[0]).toContain('revoked');
  expect((await ok('POST', `${mount}/config/crl`, { ocsp_disable: false })).json.warnings[0]).toContain('OCSP');
});

describe('the signature algorithm asked for', () => {
  it('is that of lists', async () => {
    const { mount, issuer } = await authority({ key_type: 'rsa' });
    const list = async () => parseCrl((await server.call('GET', `${mount}/crl/pem`)).text).scheme;
    expect(await list()).toBe('rsa-sha256');
    for (const [name, scheme] of [
      ['SHA384WithRSAPSS', 'rsa-pss-sha384'],
      ['SHA512WithRSA', 'rsa-sha512'],
      ['', 'rsa-sha256'],
    ] as const) {
      const changed = await ok('PATCH', `${mount}/issuer/${issuer}`, { revocation_signature_algorithm: name });
      expect(changed.json.data.revocation_signature_algorithm).toBe(name);
      await ok('GET', `${mount}/crl/rotate`);
      expect(await list()).toBe(scheme);
    }
  });

  it('is that of an intermediate, or it is said why not', async () => {
    const rsa = await authority({ key_type: 'rsa', use_pss: true, signature_bits: 512 });
    const own = (await ok('GET', `${rsa.mount}/issuer/default`)).json.data.certificate;
    expect(parseCertificate(own).scheme).toBe('rsa-pss-sha512');
    const csr = await csrOf(rsa.mount);
    const sign = (mount: string, more: object) =>
      root('POST', `${mount}/root/sign-intermediate`, { csr, common_name: 'Below', ttl: '10h', ...more });
    for (const [more, scheme] of [
      [{}, 'rsa-sha256'],
      [{ use_pss: true }, 'rsa-pss-sha256'],
      [{ signature_bits: 384 }, 'rsa-sha384'],
      [{ use_pss: true, signature_bits: 512 }, 'rsa-pss-sha512'],
    ] as const)
      expect(parseCertificate((await sign(rsa.mount, more)).json.data.certificate).scheme).toBe(scheme);
    expect((await sign(rsa.mount, { signature_bits: 100 })).status).toBe(400);
    const ec = await authority();
    for (const more of [{ use_pss: true }, { signature_bits: 384 }]) {
      const answer = await sign(ec.mount, more);
      expect(parseCertificate(answer.json.data.certificate).scheme).toBe('ecdsa-sha256');
      expect(answer.json.warnings, JSON.stringify(more)).toContainEqual(expect.stringContaining('ecdsa-sha256'));
    }
    expect((await sign(ec.mount, { signature_bits: -1 })).status).toBe(400);
    expect((await sign(ec.mount, { signature_bits: 256 })).status).toBe(200);
  });
});
