import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let folder: string;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-requests-'));
  server = await startServer();
  await root('POST', 'sys/mounts/pki', { type: 'pki', config: { max_lease_ttl: '8760h' } });
  const made = await root('POST', 'pki/root/generate/internal', { common_name: 'Root', key_type: 'ec', ttl: '2000h' });
  expect(made.status, made.text).toBe(200);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

let roles = 0;
async function role(fields: object): Promise<string> {
  roles += 1;
  const name = `role-${roles}`;
  const answer = await root('POST', `pki/roles/${name}`, {
    key_type: 'ec',
    allowed_domains: 'corp.test',
    allow_subdomains: true,
    max_ttl: '720h',
    ...fields,
  });
  expect(answer.status, answer.text).toBe(200);
  return name;
}

/** A request with these extensions, as `openssl req` makes it. */
function makeCsr(commonName: string, extensions: readonly string[] = []): string {
  const config = join(folder, 'req.cnf');
  const wanted = extensions.length > 0 ? 'req_extensions = wanted\n' : '';
  writeFileSync(
    config,
    `[req]\ndistinguished_name = name\nprompt = no\n${wanted}[name]\nCN = ${commonName}\n[wanted]\n${extensions.join('\n')}\n`,
  );
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, 'req.key')];
  return openssl('req', '-new', ...key, '-config', config);
}

function textOf(certificate: string): string {
  const path = join(folder, 'issued.pem');
  writeFileSync(path, certificate);
  return openssl('x509', '-in', path, '-noout', '-text');
}

const sign = (name: string, csr: string, more: object = {}): Promise<CallAnswer> =>
  root('POST', `pki/sign/${name}`, { csr, ...more });
const issue = (name: string, more: object): Promise<CallAnswer> => root('POST', `pki/issue/${name}`, more);

describe('what a request asks for and a role does not give', () => {
  it.each([
    ['basicConstraints = critical, CA:TRUE'],
    ['basicConstraints = critical, CA:TRUE, pathlen:3\nkeyUsage = keyCertSign, cRLSign'],
  ])('PKI-01: %s makes no CA', async (extension) => {
    const answer = await sign(await role({}), makeCsr('a.corp.test', [extension]));
    if (answer.status === 200) expect(textOf(answer.json.data.certificate)).not.toMatch(/CA:TRUE|Certificate Sign/);
    else expect(answer.status).toBe(400);
    const verbatim = await root('POST', 'pki/sign-verbatim', { csr: makeCsr('a.corp.test', [extension]) });
    expect(verbatim.status).toBe(400);
  });

  it('PKI-02: the right to sign by a role signs nothing verbatim, no CA, and verbatim means no life past the issuer', async () => {
    await root('POST', 'sys/policies/acl/by-role', {
      policy: 'path "pki/sign/*" { capabilities = ["update"] }\npath "pki/issue/*" { capabilities = ["update"] }',
    });
    const made = await root('POST', 'auth/token/create', { policies: ['by-role'] });
    const token = made.json.auth.client_token;
    const csr = makeCsr('a.corp.test');
    for (const path of ['pki/sign-verbatim', 'pki/root/sign-intermediate', 'pki/sign-intermediate']) {
      expect((await server.call('POST', path, { token, body: { csr, common_name: 'x' } })).status, path).toBe(403);
    }
    const verbatim = await root('POST', 'pki/sign-verbatim', { csr, not_after: '2099-01-01T00:00:00Z' });
    expect(verbatim.status).toBe(400);
  });

  it('PKI-03: usages are the role’s, whatever the request says', async () => {
    const csr = makeCsr('a.corp.test', [
      'extendedKeyUsage = codeSigning, OCSPSigning, anyExtendedKeyUsage',
      'keyUsage = cRLSign',
    ]);
    const answer = await sign(await role({ server_flag: true, client_flag: false }), csr);
    expect(answer.status, answer.text).toBe(200);
    const text = textOf(answer.json.data.certificate);
    expect(text).toContain('TLS Web Server Authentication');
    expect(text).not.toMatch(/Code Signing|OCSP Signing|Any Extended|CRL Sign/);
  });

  it('PKI-04: an address of the request is judged as one that was given by name', async () => {
    const csr = makeCsr('a.corp.test', ['subjectAltName = DNS:a.corp.test, IP:10.0.0.1']);
    expect((await sign(await role({ allow_ip_sans: false }), csr)).status).toBe(400);
    const dropped = await sign(await role({ allow_ip_sans: false, use_csr_sans: false }), csr, {
      common_name: 'a.corp.test',
    });
    expect(dropped.status, dropped.text).toBe(200);
    expect(textOf(dropped.json.data.certificate)).not.toContain('10.0.0.1');
  });

  it('PKI-05: the common name is judged like any other name', async () => {
    const name = await role({});
    const csr = (commonName: string) => makeCsr(commonName, ['subjectAltName = DNS:a.corp.test']);
    for (const commonName of ['evil.test', '10.0.0.1', 'root@corp.test', 'a.corp.test.evil.test', 'a corp.test']) {
      expect((await sign(name, csr(commonName))).status, commonName).toBe(400);
      expect((await issue(name, { common_name: commonName, alt_names: 'a.corp.test' })).status, commonName).toBe(400);
    }
  });
});

describe('names', () => {
  it('PKI-06: a wildcard needs a role that allows it', async () => {
    const none = await role({ allow_subdomains: false, allow_bare_domains: true });
    const without = await role({ allow_wildcard_certificates: false });
    for (const common_name of ['*.corp.test', '*.a.corp.test', 'a*.corp.test', '*']) {
      expect((await issue(none, { common_name })).status, common_name).toBe(400);
      expect((await issue(without, { common_name })).status, common_name).toBe(400);
    }
    expect((await issue(none, { common_name: 'corp.test' })).status).toBe(200);
    const allowed = await role({ allow_wildcard_certificates: true });
    expect((await issue(allowed, { common_name: '*.corp.test' })).status).toBe(200);
    expect((await issue(allowed, { common_name: '*.*.corp.test' })).status).toBe(400);
  });

  it('PKI-07: a name that only ends or begins like an allowed one is another name', async () => {
    const name = await role({ allow_bare_domains: true });
    for (const common_name of [
      'evilcorp.test',
      'corp.test.evil.test',
      'corp.test-evil.test',
      'corp.test.',
      '.corp.test',
      'a..corp.test',
      'corp.test\u0000.evil.test',
      'corp.te\u0455t',
    ]) {
      expect((await issue(name, { common_name })).status, common_name).toBe(400);
    }
  });
});

describe('PKI-09: lifetimes', () => {
  const endOf = (answer: CallAnswer): number => answer.json.data.expiration * 1000 - server.clock.nowMillis();
  const hour = 3_600_000;

  it.each<[string, object]>([
    ['a huge ttl', { ttl: '876000h' }],
    ['an end in the year 9999', { not_after: '9999-12-31T23:59:59Z' }],
    ['none at all', {}],
    ['0', { ttl: '0' }],
  ])('%s ends with the role at the latest', async (_, wish) => {
    const answer = await issue(await role({ max_ttl: '720h' }), { common_name: 'a.corp.test', ...wish });
    if (answer.status === 200) expect(endOf(answer)).toBeLessThanOrEqual(720 * hour);
    else expect(answer.status).toBe(400);
  });

  it('a negative life and an end in the past are refused', async () => {
    const name = await role({});
    for (const wish of [{ ttl: '-1h' }, { not_after: '2020-01-01T00:00:00Z' }]) {
      expect((await issue(name, { common_name: 'a.corp.test', ...wish })).status).toBe(400);
    }
  });

  it('nothing outlives its issuer', async () => {
    const answer = await issue(await role({ max_ttl: '8000h' }), { common_name: 'a.corp.test', ttl: '8000h' });
    if (answer.status === 200) expect(endOf(answer)).toBeLessThanOrEqual(2_000 * hour);
    else expect(answer.status).toBe(400);
  });
});

describe('revocation', () => {
  it('PKI-14: a revoked certificate stays on the list through every clean-up until it ends', async () => {
    const made = await issue(await role({}), { common_name: 'a.corp.test', ttl: '100h' });
    const { serial_number: serial } = made.json.data;
    await root('POST', 'pki/revoke', { serial_number: serial });
    await root('POST', 'pki/tidy', {
      tidy_cert_store: true,
      tidy_revoked_certs: true,
      tidy_revoked_cert_issuer_associations: true,
      safety_buffer: '1s',
    });
    await root('GET', 'pki/crl/rotate');
    const path = join(folder, 'list.crl');
    writeFileSync(path, (await server.call('GET', 'pki/crl/pem')).text);
    expect(openssl('crl', '-in', path, '-noout', '-text').replaceAll(/\s/g, '')).toContain(
      serial.replaceAll(':', '').toUpperCase(),
    );
  });

  it('PKI-16: a serial of another mount, or a certificate that is not ours, revokes nothing', async () => {
    await root('POST', 'sys/mounts/other', { type: 'pki' });
    await root('POST', 'other/root/generate/internal', { common_name: 'Other', key_type: 'ec' });
    const made = await issue(await role({}), { common_name: 'a.corp.test' });
    const { serial_number, certificate } = made.json.data;
    for (const body of [{ serial_number }, { certificate }]) {
      const answer = await root('POST', 'other/revoke', body);
      expect([400, 404], answer.text).toContain(answer.status);
    }
    const still = await root('GET', `pki/cert/${serial_number}`);
    expect(still.json.data.revocation_time).toBe(0);
  });
});
