import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate, parseCrl } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let folder: string;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const file = (name: string, text?: string): string => {
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text);
  return path;
};
const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

let rootPem = '';
let issuingPem = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-pki-'));
  server = await startServer();
  for (const path of ['root-ca', 'pki']) {
    await root('POST', `sys/mounts/${path}`, { type: 'pki', config: { max_lease_ttl: '87600h' } });
  }
  const ca = await root('POST', 'root-ca/root/generate/internal', {
    common_name: 'Test Root',
    key_type: 'ec',
    ttl: '87600h',
  });
  expect(ca.status, ca.text).toBe(200);
  rootPem = ca.json.data.certificate;
  const request = await root('POST', 'pki/intermediate/generate/internal', {
    common_name: 'Test Issuing',
    key_type: 'ec',
  });
  expect(request.status, request.text).toBe(200);
  const signed = await root('POST', 'root-ca/root/sign-intermediate', {
    csr: request.json.data.csr,
    common_name: 'Test Issuing',
    ttl: '43800h',
  });
  expect(signed.status, signed.text).toBe(200);
  issuingPem = signed.json.data.certificate;
  const set = await root('POST', 'pki/intermediate/set-signed', { certificate: `${issuingPem}\n${rootPem}` });
  expect(set.status, set.text).toBe(200);
  await role('web', { allowed_domains: 'example.test', allow_subdomains: true, max_ttl: '720h' });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function role(name: string, fields: object): Promise<void> {
  const answer = await root('POST', `pki/roles/${name}`, { key_type: 'ec', ...fields });
  expect(answer.status, answer.text).toBe(200);
}
const issue = (name: string, body: object = {}, roleName = 'web'): Promise<CallAnswer> =>
  root('POST', `pki/issue/${roleName}`, { common_name: name, ...body });

function makeCsr(name: string, ...more: string[]): string {
  const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('csr.key')];
  return openssl('req', '-new', ...options, '-subj', `/CN=${name}`, ...more);
}

describe('issuing', () => {
  it('answers a certificate that openssl verifies up to the root, with its key', async () => {
    const { json } = await issue('a.example.test', { alt_names: 'b.example.test', ip_sans: '192.0.2.1', ttl: '24h' });
    const { certificate, private_key: key, ca_chain: chain, serial_number: serial, expiration } = json.data;
    file('leaf.pem', certificate);
    const verdict = openssl(
      'verify',
      '-attime',
      String(Math.floor(server.clock.nowMillis() / 1000)),
      '-CAfile',
      file('root.pem', rootPem),
      '-untrusted',
      file('chain.pem', chain.join('\n')),
      file('leaf.pem'),
    );
    expect(verdict).toContain('OK');
    const text = openssl('x509', '-in', file('leaf.pem'), '-noout', '-text');
    for (const part of [
      'DNS:a.example.test',
      'DNS:b.example.test',
      'IP Address:192.0.2.1',
      'TLS Web Client Authentication',
    ]) {
      expect(text).toContain(part);
    }
    const own = openssl('pkey', '-in', file('leaf.key', key), '-pubout');
    expect(own).toBe(openssl('x509', '-in', file('leaf.pem'), '-noout', '-pubkey'));
    expect(key).toContain('BEGIN EC PRIVATE KEY');
    expect(serial).toMatch(/^([0-9a-f]{2}:){19}[0-9a-f]{2}$/);
    expect(expiration).toBe(Math.floor(server.clock.nowMillis() / 1000) + 86_400);
  });

  it('PKI-18: the key is in that answer and nowhere else', async () => {
    const { json } = await issue('once.example.test', { private_key_format: 'pkcs8' });
    const { private_key: key, serial_number: serial } = json.data;
    expect(key).toContain('BEGIN PRIVATE KEY');
    const body = key.replace(/-----[A-Z ]+-----|\s/g, '').slice(48, 80);
    for (const path of [`pki/cert/${serial}`, 'pki/issuers?list=true'])
      expect((await root('GET', path)).text).not.toContain(body);
  });

  it('signs a request made elsewhere, and answers no key', async () => {
    const answer = await root('POST', 'pki/sign/web', { csr: makeCsr('c.example.test'), ttl: '1h' });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.data.private_key).toBeUndefined();
    const leaf = parseCertificate(answer.json.data.certificate);
    expect(leaf.alternativeNames).toEqual([{ kind: 'dns', value: 'c.example.test' }]);
  });

  it.each([
    ['another domain', 'a.example.org', {}],
    ['the bare domain', 'example.test', {}],
    ['a domain that only ends alike', 'badexample.test', {}],
    ['an alternative name outside', 'a.example.test', { alt_names: 'a.example.org' }],
    ['a URI', 'a.example.test', { uri_sans: 'spiffe://x/y' }],
    ['another kind of name', 'a.example.test', { other_sans: '1.3.6.1.4.1.311.20.2.3;UTF8:x' }],
    ['a serial number', 'a.example.test', { serial_number: '17' }],
    ['a user id', 'a.example.test', { user_ids: 'x' }],
    ['a NUL in the name', 'a.example.test\0.evil', {}],
    ['no name', '', {}],
    ['a start that is no time', 'a.example.test', { not_before: 'soon' }],
    ['a start behind its end', 'a.example.test', { not_before: '2098-01-01T00:00:00Z', ttl: '1h' }],
    ['a life beyond the issuer', 'a.example.test', { not_after: 'soon' }],
    ['an unknown format', 'a.example.test', { format: 'pkcs12' }],
  ])('refuses %s', async (_title, name, body) => {
    const before = await server.store.count('certificates', {});
    const answer = await issue(name, body);
    expect(answer.status, answer.text).toBe(400);
    expect(answer.json.hint).toBeTruthy();
    expect(await server.store.count('certificates', {})).toBe(before);
  });

  it('names what it refuses as Vault does', async () => {
    expect((await issue('a.example.org')).json.errors).toEqual(['common name a.example.org not allowed by this role']);
    const other = await issue('a.example.test', { alt_names: 'x.org' });
    expect(other.json.errors).toEqual(['subject alternate name x.org not allowed by this role']);
    expect((await issue('a.example.test', {}, 'none')).json.errors).toEqual(['unknown role: none']);
  });

  it('cuts a life beyond the role with a warning, and refuses one beyond the issuer', async () => {
    const long = await issue('a.example.test', { ttl: '1000h' });
    expect(long.json.warnings).toEqual([
      'TTL "1000h0m0s" is longer than permitted maxTTL "720h0m0s", so maxTTL is being used',
    ]);
    await role('long', { allow_any_name: true, max_ttl: '87600h' });
    const beyond = await issue('a.example.test', { ttl: '80000h' }, 'long');
    expect(beyond.status).toBe(400);
    expect(beyond.json.errors[0]).toContain('cannot satisfy request, as TTL would result in notAfter of');
  });

  it.each([
    [
      'wildcard',
      '*.example.test',
      { allow_subdomains: true },
      { allow_subdomains: true, allow_wildcard_certificates: false },
    ],
    ['bare', 'example.test', { allow_bare_domains: true }, {}],
    [
      'glob',
      'web-1.example.test',
      { allow_glob_domains: true, allowed_domains: 'web-*.example.test' },
      { allowed_domains: 'web-*.example.test' },
    ],
    ['localhost', 'localhost', { allow_localhost: true }, { allow_localhost: false }],
    ['any', 'anything.example.org', { allow_any_name: true }, {}],
  ])('a role allows %s names when it says so, and only then', async (title, name, allowing, refusing) => {
    await role(`yes-${title}`, { allowed_domains: 'example.test', ...allowing });
    await role(`no-${title}`, { allowed_domains: 'example.test', ...refusing });
    expect((await issue(name, {}, `yes-${title}`)).status).toBe(200);
    expect((await issue(name, {}, `no-${title}`)).status).toBe(400);
  });

  it.each([
    ['rsa', 2048],
    ['ec', 256],
    ['ed25519', 0],
    ['any', 0],
  ])('a role of %s keys that names no size shows the usual one, %i', async (type, bits) => {
    await role(`usual-${type}`, { key_type: type, allow_any_name: true });
    expect((await root('GET', `pki/roles/usual-${type}`)).json.data.key_bits).toBe(bits);
  });

  it('a CSR for another kind of key, a weak one, or with a broken signature is refused', async () => {
    await role('rsa', { key_type: 'rsa', key_bits: 3072, allow_any_name: true });
    expect((await root('POST', 'pki/sign/rsa', { csr: makeCsr('a.example.test') })).status).toBe(400);
    const small = openssl(
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      file('r.key'),
      '-subj',
      '/CN=a.example.test',
    );
    expect((await root('POST', 'pki/sign/rsa', { csr: small })).status).toBe(400);
    const der = Buffer.from(makeCsr('a.example.test').replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
    der[der.length - 1] = (der[der.length - 1] as number) ^ 1;
    expect((await root('POST', 'pki/sign/web', { csr: der.toString('base64') })).status).toBe(400);
    for (const csr of ['', 'x', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----']) {
      expect((await root('POST', 'pki/sign/web', { csr })).status).toBe(400);
    }
  });

  it('a CSR cannot make itself a CA, by a role or verbatim', async () => {
    const csr = makeCsr(
      'ca.example.test',
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=keyCertSign',
    );
    const signed = await root('POST', 'pki/sign/web', { csr });
    const leaf = parseCertificate(signed.json.data.certificate);
    expect(leaf.basicConstraints?.ca ?? false).toBe(false);
    expect(leaf.keyUsage).not.toContain('keyCertSign');
    expect((await root('POST', 'pki/sign-verbatim', { csr })).status).toBe(400);
  });

  it('PKI-19: the right to issue does not reach the issuers', async () => {
    await root('POST', 'sys/policies/acl/issue-only', { policy: 'path "pki/issue/web" { capabilities = ["update"] }' });
    const { client_token: token } = (await root('POST', 'auth/token/create', { policies: ['issue-only'] })).json.auth;
    const call = (method: string, path: string, body = {}) => server.call(method, path, { token, body });
    expect((await call('POST', 'pki/issue/web', { common_name: 'a.example.test' })).status).toBe(200);
    for (const [method, path] of [
      ['POST', 'pki/config/issuers'],
      ['POST', 'pki/issuer/default'],
      ['DELETE', 'pki/issuer/default'],
      ['DELETE', 'pki/root'],
      ['POST', 'pki/root/sign-intermediate'],
      ['POST', 'pki/sign-verbatim'],
      ['POST', 'pki/revoke'],
    ] as const) {
      expect((await call(method, path)).status, path).toBe(403);
    }
  });

  it('a lease carries the certificate: revoking the one revokes the other', async () => {
    await role('leased', { allow_any_name: true, generate_lease: true });
    const { client_token: token } = (await root('POST', 'auth/token/create', { policies: ['root'], ttl: '1h' })).json
      .auth;
    const answer = await server.call('POST', 'pki/issue/leased', {
      token,
      body: { common_name: 'l.example.test', ttl: '1h' },
    });
    expect(answer.json).toMatchObject({ renewable: false, lease_duration: 3_600 });
    expect(answer.json.lease_id).toMatch(/^pki\/issue\/leased\/[0-9A-Za-z]{24}$/);
    await root('POST', 'auth/token/revoke', { token });
    const shown = await root('GET', `pki/cert/${answer.json.data.serial_number}`);
    expect(shown.json.data.revocation_time).toBeGreaterThan(0);
  });
});

describe('revoking', () => {
  const currentList = async () => parseCrl((await server.call('GET', 'pki/crl/pem')).text);

  it('is in the list when it answers, and stays what it was the second time', async () => {
    const { serial_number: serial } = (await issue('r.example.test')).json.data;
    const before = await currentList();
    const first = await root('POST', 'pki/revoke', { serial_number: serial });
    expect(first.json.data).toMatchObject({ state: 'revoked' });
    const list = await currentList();
    expect([...list.revoked.keys()]).toContain(serial.replaceAll(':', ''));
    expect(list.number).toBeGreaterThan(before.number as bigint);
    server.clock.advanceSeconds(60);
    const second = await root('POST', 'pki/revoke', { serial_number: serial.replaceAll(':', '-').toUpperCase() });
    expect(second.json.data.revocation_time).toBe(first.json.data.revocation_time);
    const verdict = openssl(
      'crl',
      '-in',
      file('list.pem', (await server.call('GET', 'pki/crl/pem')).text),
      '-noout',
      '-text',
    );
    expect(verdict).toContain(serial.replaceAll(':', '').toUpperCase());
  });

  it('many at once are all in the list', async () => {
    const serials = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => (await issue(`m${index}.example.test`)).json.data.serial_number),
    );
    await Promise.all(serials.map((serial_number) => root('POST', 'pki/revoke', { serial_number })));
    const list = await currentList();
    for (const serial of serials) expect(list.revoked.has(serial.replaceAll(':', ''))).toBe(true);
  });

  it.each([
    ['an unknown serial number', { serial_number: '01:02' }],
    ['no serial number', {}],
    ['both', { serial_number: '01', certificate: 'x' }],
    ['a malformed one', { serial_number: 'zz' }],
    ['one with an injection', { serial_number: "1' OR '1'='1" }],
  ])('refuses %s', async (_title, body) => {
    expect((await root('POST', 'pki/revoke', body)).status).toBe(400);
  });

  it('reaches no certificate of another mount', async () => {
    await root('POST', 'sys/mounts/other', { type: 'pki' });
    const { serial_number: serial } = (await issue('o.example.test')).json.data;
    expect((await root('POST', 'other/revoke', { serial_number: serial })).status).toBe(400);
    expect((await root('GET', `pki/cert/${serial}`)).json.data.revocation_time).toBe(0);
  });

  it('the life of a list is shown without empty parts, as Vault shows its own default', async () => {
    expect((await root('GET', 'pki/config/crl')).json.data.expiry).toBe('72h');
  });

  it('a list is made anew when its time is over', async () => {
    const before = await currentList();
    server.clock.advanceSeconds(300_000);
    expect((await currentList()).number).toBeGreaterThan(before.number as bigint);
  });
});

describe('reading', () => {
  it('gives everybody certificates, chains and lists, and nothing else', async () => {
    expect(parseCertificate(Buffer.from((await server.call('GET', 'pki/ca/pem')).text)).der).toEqual(
      parseCertificate(issuingPem).der,
    );
    expect((await server.call('GET', 'pki/ca_chain')).text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect((await server.call('GET', 'pki/ca')).headers.get('content-type')).toBe('application/pkix-cert');
    expect((await server.call('GET', 'pki/crl')).headers.get('content-type')).toBe('application/pkix-crl');
    expect((await server.call('LIST', 'pki/issuers')).status).toBe(200);
    for (const path of ['pki/issuer/default', 'pki/roles/web', 'pki/config/urls', 'pki/key/default']) {
      expect((await server.call('GET', path)).status, path).toBe(403);
    }
    await root('POST', 'sys/mounts/empty', { type: 'pki' });
    expect((await server.call('GET', 'empty/ca')).status).toBe(204);
    expect((await server.call('GET', 'pki/cert/01:02')).status).toBe(404);
  });

  it('PKI-15: what a CA must not say of its key is not said', async () => {
    const key = await root('GET', 'pki/key/default');
    expect(key.json.data).toMatchObject({ key_type: 'ec', home: 'software' });
    expect(key.text).not.toContain('PRIVATE');
  });
});

describe('the start of a certificate', () => {
  it('is the one asked for, never before that of its issuer, and told', async () => {
    await role('dated', { allowed_domains: 'example.test', allow_subdomains: true, max_ttl: '720h' });
    const issue = async (fields: object) =>
      (await root('POST', 'pki/issue/dated', { common_name: 'a.example.test', ttl: '48h', ...fields })).json.data;
    const now = Math.floor(server.clock.nowMillis() / 1000);
    expect((await issue({})).not_before).toBe(now - 30);
    const later = await issue({ not_before: new Date((now + 3_600) * 1000).toISOString() });
    expect(later.not_before).toBe(now + 3_600);
    expect(parseCertificate(later.certificate).notBeforeSeconds).toBe(now + 3_600);
    const early = await issue({ not_before: '2001-01-01T00:00:00Z' });
    expect(early.not_before).toBe(parseCertificate(issuingPem).notBeforeSeconds);
  });
});

describe('authorities', () => {
  it('writes the addresses of the mount into certificates', async () => {
    await root('POST', 'pki/config/urls', {
      issuing_certificates: 'http://ca.example.test/ca',
      crl_distribution_points: 'http://ca.example.test/crl',
    });
    const leaf = parseCertificate((await issue('u.example.test')).json.data.certificate);
    expect(leaf.crlDistributionPoints).toEqual(['http://ca.example.test/crl']);
    expect(leaf.authorityInfoAccess?.caIssuers).toEqual(['http://ca.example.test/ca']);
    expect((await root('POST', 'pki/config/urls', { ocsp_servers: 'javascript:x' })).status).toBe(400);
  });

  it('imports a CA made elsewhere with its key, and issues with it', async () => {
    const options = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      file('ca.key'),
      '-days',
      '365',
    ];
    const extensions = [
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
      '-addext',
      'basicConstraints=critical,CA:TRUE',
    ];
    const pem = openssl(
      'req',
      '-x509',
      ...options.slice(0, -2),
      '-days',
      '3650',
      '-subj',
      '/CN=Imported',
      ...extensions,
    );
    await root('POST', 'sys/mounts/imported', { type: 'pki' });
    const refused = await root('POST', 'imported/issuers/import/cert', {
      pem_bundle: pem + readFileSync(file('ca.key'), 'utf8'),
    });
    expect(refused.status).toBe(400);
    const answer = await root('POST', 'imported/config/ca', { pem_bundle: pem + readFileSync(file('ca.key'), 'utf8') });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.data.imported_issuers).toHaveLength(1);
    expect(answer.json.data.imported_keys).toHaveLength(1);
    const again = await root('POST', 'imported/config/ca', { pem_bundle: pem });
    expect(again.json.data).toMatchObject({
      imported_issuers: null,
      existing_issuers: answer.json.data.imported_issuers,
    });
  });

  it('a leaf is no issuer', async () => {
    const { certificate } = (await issue('leaf.example.test')).json.data;
    expect((await root('POST', 'pki/issuers/import/cert', { pem_bundle: certificate })).status).toBe(400);
  });

  it('deleting a mount takes its keys along', async () => {
    await root('POST', 'sys/mounts/gone', { type: 'pki' });
    await root('POST', 'gone/root/generate/internal', { common_name: 'Gone', key_type: 'ec' });
    const before = await server.store.count('records', { collection: 'software-keys' });
    expect((await root('DELETE', 'sys/mounts/gone')).status).toBe(204);
    expect(await server.store.count('records', { collection: 'software-keys' })).toBe(before - 1);
  });
});
