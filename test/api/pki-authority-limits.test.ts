import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PrivateKey, systemRandom } from '../../src/crypto/index.ts';
import {
  authorityProfile,
  type CertificateTemplate,
  describeIssuer,
  encodeDistinguishedName,
  encodePem,
  issueCertificate,
  newSerial,
  parseCertificate,
  parseCsr,
  SubjectPublicKey,
  selfIssuer,
} from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

async function ok(method: string, path: string, body?: object) {
  const answer = await root(method, path, body);
  expect(answer.status, answer.json?.errors).toBeLessThan(300);
  return answer.json?.data;
}

async function mount(path: string): Promise<void> {
  await ok('POST', `sys/mounts/${path}`, { type: 'pki', config: { max_lease_ttl: '87600h' } });
  await ok('POST', `${path}/roles/any`, { key_type: 'ec', allow_any_name: true, max_ttl: '8760h' });
}

const issue = (path: string, name: string, more: object = {}): Promise<CallAnswer> =>
  root('POST', `${path}/issue/any`, { common_name: name, ttl: '24h', ...more });

/** A CA below the issuer of `above`, in a mount of its own that also knows the CAs above it. */
async function below(above: string, path: string, fields: object): Promise<string> {
  await mount(path);
  const { csr } = await ok('POST', `${path}/intermediate/generate/internal`, { common_name: path, key_type: 'ec' });
  const signed = await ok('POST', `${above}/root/sign-intermediate`, {
    csr,
    common_name: path,
    ttl: '4000h',
    exclude_cn_from_sans: true,
    ...fields,
  });
  const bundle = [signed.certificate, ...signed.ca_chain].join('\n');
  await ok('POST', `${path}/intermediate/set-signed`, { certificate: bundle });
  return (await ok('GET', `${path}/issuer/default`)).issuer_id;
}

describe('PKI-13: the rules of every CA above bind a leaf, whatever chain is shown', () => {
  beforeAll(async () => {
    await mount('top');
    await ok('POST', 'top/root/generate/internal', { common_name: 'Top', key_type: 'ec', ttl: '8000h' });
    await below('top', 'middle', { permitted_dns_domains: 'corp.test', max_path_length: 2 });
    await below('middle', 'low', {});
  });

  it.each([['self'], ['self and the root'], ['none']])('with a chain set by hand of %s', async (title) => {
    const own = await ok('GET', 'low/issuer/default');
    const listed = await ok('LIST', 'low/issuers');
    const rootId = await findByName('low', listed.keys, 'Top');
    const manual_chain = title === 'none' ? [] : title === 'self' ? [own.issuer_id] : [own.issuer_id, rootId];
    await ok('PATCH', `low/issuer/${own.issuer_id}`, { manual_chain });
    expect((await issue('low', 'a.corp.test')).status).toBe(200);
    const outside = await issue('low', 'a.evil.test');
    expect(outside.status, outside.json.errors).toBe(400);
    expect(outside.json.errors[0]).toContain('name constraints');
    const shown = (await issue('low', 'b.corp.test')).json.data.ca_chain;
    expect(shown).toHaveLength(title === 'none' ? 3 : manual_chain.length);
  });

  it('of a CA whose name its subordinate spells with other string types', async () => {
    const spelt = (text: string, tag: number): Buffer => {
      const name = encodeDistinguishedName([{ type: 'commonName', value: text }]);
      name[name.lastIndexOf(text) - 2] = tag;
      return name;
    };
    const now = Math.floor(server.clock.nowMillis() / 1000);
    const key = await PrivateKey.generate('ec-p256');
    const life = {
      notBeforeSeconds: now - 60,
      notAfterSeconds: now + 500_000,
      publicKey: SubjectPublicKey.read(key.publicKey.spki),
    };
    const top: CertificateTemplate = {
      ...life,
      ...authorityProfile(undefined),
      serial: newSerial(systemRandom),
      subject: spelt('Spelt', 0x0c),
      nameConstraints: { permitted: [{ kind: 'dns', base: 'corp.test' }], excluded: [] },
    };
    const sign = (tbs: Uint8Array) => key.sign('ecdsa-sha256', tbs);
    const above = await issueCertificate({ template: top, issuer: selfIssuer(top), sign });
    await mount('spelt');
    const { csr } = await ok('POST', 'spelt/intermediate/generate/internal', { common_name: 'Low', key_type: 'ec' });
    const low: CertificateTemplate = {
      ...life,
      ...authorityProfile(undefined),
      serial: newSerial(systemRandom),
      subject: spelt('Low', 0x0c),
      publicKey: parseCsr(csr).publicKey,
    };
    const issuer = { ...describeIssuer(parseCertificate(above.der)), subject: spelt('Spelt', 0x13) };
    const below = await issueCertificate({ template: low, issuer, sign });
    const bundle = [below, above].map(({ der }) => encodePem('CERTIFICATE', der)).join('');
    await ok('POST', 'spelt/intermediate/set-signed', { certificate: bundle });
    expect((await issue('spelt', 'a.corp.test')).status).toBe(200);
    expect((await issue('spelt', 'a.evil.test')).status).toBe(400);
  });

  it('of a CA of the same name with another key (RFC 5280 3.2: self-issued is not self-signed)', async () => {
    await mount('older');
    const fields = { common_name: 'Same', key_type: 'ec', ttl: '8000h', max_path_length: 1 };
    await ok('POST', 'older/root/generate/internal', { ...fields, permitted_dns_domains: 'corp.test' });
    await mount('newer');
    const { csr } = await ok('POST', 'newer/intermediate/generate/internal', { common_name: 'Same', key_type: 'ec' });
    const wish = { csr, common_name: 'Same', ttl: '4000h', exclude_cn_from_sans: true, max_path_length: 0 };
    const signed = await ok('POST', 'older/root/sign-intermediate', wish);
    const bundle = [signed.certificate, ...signed.ca_chain].join('\n');
    await ok('POST', 'newer/intermediate/set-signed', { certificate: bundle });
    const inside = await issue('newer', 'a.corp.test', { remove_roots_from_chain: true });
    expect(inside.status, inside.json.errors).toBe(200);
    expect(inside.json.data.ca_chain).toHaveLength(1);
    expect((await issue('newer', 'a.evil.test')).status).toBe(400);
  });

  it('a path length above counts, whatever chain is shown', async () => {
    await below('top', 'short', { max_path_length: 1 });
    const id = await below('short', 'last', { max_path_length: 0 });
    await ok('PATCH', `last/issuer/${id}`, { manual_chain: [id] });
    const request = await ok('POST', 'low/intermediate/generate/internal', { common_name: 'deep', key_type: 'ec' });
    const deeper = await root('POST', 'last/root/sign-intermediate', { csr: request.csr, common_name: 'deep' });
    expect(deeper.status).toBe(400);
  });
});

async function findByName(path: string, ids: readonly string[], commonName: string): Promise<string> {
  for (const id of ids) {
    const { certificate } = await ok('GET', `${path}/issuer/${id}`);
    if (parseCertificate(certificate).subject.includes(commonName)) return id;
  }
  throw new Error(`no issuer ${commonName}`);
}

describe('an issuer that is not valid issues nothing', () => {
  it.each(['err', 'truncate', 'permit'])('expired, whatever is to happen beyond its end: %s', async (behavior) => {
    await mount(`old-${behavior}`);
    await ok('POST', `old-${behavior}/root/generate/internal`, { common_name: 'Old', key_type: 'ec', ttl: '2h' });
    await ok('PATCH', `old-${behavior}/issuer/default`, { leaf_not_after_behavior: behavior });
    expect((await issue(`old-${behavior}`, 'a.test', { ttl: '1h' })).status).toBe(200);
    server.clock.advanceSeconds(7_201);
    for (const wish of [{}, { ttl: '1h' }, { not_before: '2026-06-01T12:30:00Z' }]) {
      const late = await issue(`old-${behavior}`, 'a.test', wish);
      expect(late.status, late.json.errors).toBe(400);
      expect(late.json.errors[0]).toContain('expired');
    }
    const request = await ok('POST', `old-${behavior}/intermediate/generate/internal`, {
      common_name: 'x',
      key_type: 'ec',
    });
    for (const path of ['sign-verbatim', 'root/sign-intermediate']) {
      const late = await root('POST', `old-${behavior}/${path}`, { csr: request.csr, ttl: '1h' });
      expect(late.status, late.json.errors).toBe(400);
      expect(late.json.errors[0]).toContain('expired');
    }
  });

  it.each(['err', 'truncate', 'permit'])('not valid yet, %s', async (behavior) => {
    await mount(`young-${behavior}`);
    const soon = new Date(server.clock.nowMillis() + 3_600_000).toISOString();
    const fields = { common_name: 'Young', key_type: 'ec', ttl: '2000h', not_before: soon };
    await ok('POST', `young-${behavior}/root/generate/internal`, fields);
    await ok('PATCH', `young-${behavior}/issuer/default`, { leaf_not_after_behavior: behavior });
    const early = await issue(`young-${behavior}`, 'a.test');
    expect(early.status, early.json.errors).toBe(400);
    expect(early.json.errors[0]).toContain('not valid yet');
    server.clock.advanceSeconds(3_600);
    expect((await issue(`young-${behavior}`, 'a.test')).status).toBe(200);
  });
});
