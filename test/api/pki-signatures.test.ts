import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let folder: string;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const authorities = [
  ['rsa-2048', 'rsa', 2048],
  ['rsa-3072', 'rsa', 3072],
  ['rsa-4096', 'rsa', 4096],
  ['p-256', 'ec', 256],
  ['p-384', 'ec', 384],
  ['p-521', 'ec', 521],
  ['ed25519', 'ed25519', 0],
] as const;
const pems = new Map<string, string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-signatures-'));
  server = await startServer();
  for (const [path, key_type, key_bits] of authorities) {
    await root('POST', `sys/mounts/${path}`, { type: 'pki' });
    const fields = { common_name: `CA ${path}`, key_type, key_bits, ttl: '700h' };
    const made = await root('POST', `${path}/root/generate/internal`, fields);
    expect(made.status, made.json.errors).toBe(200);
    pems.set(path, made.json.data.certificate);
    await role(path, 'any', {});
  }
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function role(path: string, name: string, fields: object): Promise<void> {
  const answer = await root('POST', `${path}/roles/${name}`, { key_type: 'any', allow_any_name: true, ...fields });
  expect(answer.status, answer.json?.errors).toBe(200);
}

/** What openssl says of a certificate below its root, strictly. */
function verify(path: string, certificate: string): string {
  const at = String(Math.floor(server.clock.nowMillis() / 1000));
  const ca = file('ca.pem', pems.get(path) as string);
  return openssl('verify', '-x509_strict', '-attime', at, '-CAfile', ca, file('leaf.pem', certificate));
}
const textOf = (certificate: string): string =>
  openssl('x509', '-in', file('leaf.pem', certificate), '-noout', '-text');

describe('openssl verifies what is issued, strictly', () => {
  const kinds = authorities.map(([name, key_type, key_bits]) => ({ name, key_type, key_bits }));

  it.each(authorities.map(([path]) => path))('below a CA of %s', async (path) => {
    for (const { name, ...kind } of kinds.filter(({ name }) => name !== 'rsa-3072')) {
      const fields = { common_name: 'a.test', alt_names: 'b.test,c@a.test', ip_sans: '10.0.0.1,2001:db8::1', ...kind };
      const issued = await root('POST', `${path}/issue/any`, { ...fields, ttl: '1h' });
      expect(issued.status, `${name} ${issued.json.errors}`).toBe(200);
      expect(verify(path, issued.json.data.certificate), name).toContain('OK');
      const parsed = parseCertificate(issued.json.data.certificate);
      expect(parsed.alternativeNames).toHaveLength(5);
    }
  });
});

describe('signature_bits and use_pss of a role', () => {
  it.each([
    [{ signature_bits: 256 }, 'rsa-sha256'],
    [{ signature_bits: 384 }, 'rsa-sha384'],
    [{ signature_bits: 512 }, 'rsa-sha512'],
    [{ use_pss: true }, 'rsa-pss-sha256'],
    [{ use_pss: true, signature_bits: 384 }, 'rsa-pss-sha384'],
    [{ use_pss: true, signature_bits: 512 }, 'rsa-pss-sha512'],
  ])('%o: an RSA issuer signs with %s', async (fields, scheme) => {
    await role('rsa-2048', 'signed', fields);
    const { csr } = (
      await root('POST', 'p-256/intermediate/generate/internal', { common_name: 'a.test', key_type: 'ec' })
    ).json.data;
    for (const [verb, more] of [
      ['issue/signed', { common_name: 'a.test', key_type: 'ec' }],
      ['sign/signed', { csr, common_name: 'a.test' }],
      ['sign-verbatim', { csr, ...fields }],
      ['root/sign-intermediate', { csr, common_name: 'x', ...fields }],
    ] as const) {
      const answer = await root('POST', `rsa-2048/${verb}`, { ttl: '1h', ...more });
      expect(answer.status, answer.json.errors).toBe(200);
      expect(answer.json.warnings).toBeNull();
      expect(parseCertificate(answer.json.data.certificate).scheme, verb).toBe(scheme);
      expect(verify('rsa-2048', answer.json.data.certificate)).toContain('OK');
    }
  });

  it.each([
    ['p-256', { signature_bits: 512 }],
    ['p-384', { use_pss: true }],
    ['ed25519', { signature_bits: 256 }],
  ])('an issuer of %s has one scheme, and says so: %o', async (path, fields) => {
    await role(path, 'signed', fields);
    const issued = await root('POST', `${path}/issue/signed`, { common_name: 'a.test', key_type: 'ec', ttl: '1h' });
    expect(issued.status, issued.json.errors).toBe(200);
    expect(issued.json.warnings[0]).toContain('RSA');
    expect(verify(path, issued.json.data.certificate)).toContain('OK');
  });

  it('those that are the scheme of the issuer anyway are not remarked on', async () => {
    await role('p-384', 'signed', { signature_bits: 384 });
    const issued = await root('POST', 'p-384/issue/signed', { common_name: 'a.test', key_type: 'ec', ttl: '1h' });
    expect(issued.json.warnings).toBeNull();
  });
});

describe('PKI-03: a usage that the key cannot have', () => {
  it('is left out with a word about it', async () => {
    await role('p-256', 'usages', { key_usage: ['DigitalSignature', 'KeyEncipherment'] });
    const issue = (key_type: string) =>
      root('POST', 'p-256/issue/usages', { common_name: 'a.test', key_type, ttl: '1h' });
    for (const type of ['ec', 'ed25519']) {
      const issued = await issue(type);
      expect(parseCertificate(issued.json.data.certificate).keyUsage).toEqual(['digitalSignature']);
      expect(issued.json.warnings[0]).toContain('keyEncipherment');
    }
    expect((await issue('rsa')).json.warnings).toBeNull();
  });

  it('when it is the only one, is refused: no usages at all would mean every usage', async () => {
    await role('p-256', 'only', { key_usage: 'KeyEncipherment' });
    await role('p-256', 'agree', { key_usage: 'KeyAgreement' });
    for (const [name, type] of [
      ['only', 'ec'],
      ['only', 'ed25519'],
      ['agree', 'ed25519'],
      ['agree', 'rsa'],
    ]) {
      const issued = await root('POST', `p-256/issue/${name}`, { common_name: 'a.test', key_type: type, ttl: '1h' });
      expect(issued.status, `${name} ${type}`).toBe(400);
      expect(issued.json.hint).toBeTruthy();
    }
    const issued = await root('POST', 'p-256/issue/agree', { common_name: 'a.test', key_type: 'ec', ttl: '1h' });
    expect(parseCertificate(issued.json.data.certificate).keyUsage).toEqual(['keyAgreement']);
  });

  it('of the usual three is left out without a word, and none asked for is none', async () => {
    for (const type of ['ec', 'ed25519', 'rsa']) {
      const issued = await root('POST', 'p-256/issue/any', { common_name: 'a.test', key_type: type, ttl: '1h' });
      expect(issued.json.warnings, type).toBeNull();
    }
    await role('p-256', 'none', { key_usage: [] });
    const issued = await root('POST', 'p-256/issue/none', { common_name: 'a.test', key_type: 'ec', ttl: '1h' });
    expect(parseCertificate(issued.json.data.certificate).keyUsage).toBeUndefined();
  });
});

describe('basic_constraints_valid_for_non_ca', () => {
  it('says that a leaf is no CA, where the role or the request says so', async () => {
    await role('p-256', 'said', { basic_constraints_valid_for_non_ca: true });
    const said = await root('POST', 'p-256/issue/said', { common_name: 'a.test', key_type: 'ec', ttl: '1h' });
    expect(textOf(said.json.data.certificate)).toContain('CA:FALSE');
    const not = await root('POST', 'p-256/issue/any', { common_name: 'a.test', key_type: 'ec', ttl: '1h' });
    expect(textOf(not.json.data.certificate)).not.toContain('CA:FALSE');
  });
});
