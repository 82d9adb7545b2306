import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeDistinguishedName, formatDistinguishedName, parseCertificate } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let folder: string;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-verbatim-'));
  server = await startServer();
  await root('POST', 'sys/mounts/pki', { type: 'pki', config: { max_lease_ttl: '8760h' } });
  const fields = { common_name: 'Root', key_type: 'ec', ttl: '2000h' };
  for (const issuer_name of ['first', 'second']) {
    const made = await root('POST', 'pki/root/generate/internal', { ...fields, issuer_name });
    expect(made.status, made.json.errors).toBe(200);
  }
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function role(name: string, fields: object): Promise<void> {
  const answer = await root('POST', `pki/roles/${name}`, { key_type: 'ec', ...fields });
  expect(answer.status, answer.json?.errors).toBe(200);
}

interface CsrWish {
  readonly subject?: string;
  readonly extensions?: readonly string[];
  /** Lines of the request's own section. */
  readonly lines?: readonly string[];
  readonly attributes?: readonly string[];
  readonly key?: readonly string[];
}

/** A request as `openssl req` makes it. */
function makeCsr({ subject = 'CN = a.test', extensions = [], lines = [], attributes = [], key }: CsrWish = {}): string {
  const config = join(folder, 'req.cnf');
  const wanted = extensions.length > 0 ? ['req_extensions = wanted'] : [];
  const request = ['[req]', 'distinguished_name = name', 'prompt = no', ...wanted, ...lines];
  if (attributes.length > 0) request.push('attributes = attributes');
  writeFileSync(
    config,
    [...request, '[name]', subject, '[wanted]', ...extensions, '[attributes]', ...attributes].join('\n'),
  );
  const kind = key ?? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const empty = subject === '' ? ['-subj', '/'] : [];
  return openssl('req', '-new', ...kind, '-nodes', '-keyout', join(folder, 'req.key'), '-config', config, ...empty);
}

const sign = (path: string, csr: string, more: object = {}): Promise<CallAnswer> =>
  root('POST', `pki/${path}`, { csr, ...more });

async function issued(path: string, csr: string, more: object = {}) {
  const answer = await sign(path, csr, more);
  expect(answer.status, answer.json?.errors).toBe(200);
  return { answer, leaf: parseCertificate(answer.json.data.certificate) };
}

const lifeOf = (answer: CallAnswer): number =>
  answer.json.data.expiration - Math.floor(server.clock.nowMillis() / 1000);

describe('sign-verbatim by a role', () => {
  it('takes its lifetimes, start, lease and storing, and lets its names be', async () => {
    await role('limits', { ttl: '2h', max_ttl: '3h', not_before_duration: '600s', generate_lease: true });
    const csr = makeCsr({ subject: 'CN = any.example', extensions: ['subjectAltName = DNS:other.example'] });
    const { answer, leaf } = await issued('sign-verbatim/limits', csr);
    expect(lifeOf(answer)).toBe(7_200);
    expect(answer.json.lease_id).toMatch(/^pki\/sign-verbatim\/limits\//);
    expect(leaf.notBeforeSeconds).toBeGreaterThanOrEqual(Math.floor(server.clock.nowMillis() / 1000) - 600);
    expect(leaf.alternativeNames).toEqual([{ kind: 'dns', value: 'other.example' }]);
    expect(formatDistinguishedName(leaf.subject)).toBe('CN=any.example');
    const long = await issued('sign-verbatim/limits', csr, { ttl: '100h' });
    expect(lifeOf(long.answer)).toBe(10_800);
    expect(long.answer.json.warnings[0]).toContain('maxTTL');
    const fixed = await issued('sign-verbatim/limits', csr, { not_after: '2026-08-01T00:00:00Z' });
    expect(lifeOf(fixed.answer)).toBe(10_800);

    await role('unkept', { no_store: true });
    const before = await server.store.count('certificates', {});
    const { answer: unkept } = await issued('sign-verbatim/unkept', csr);
    expect(await server.store.count('certificates', {})).toBe(before);
    expect(unkept.json.lease_id).toBe('');
  });

  it('takes its issuer, unless another is named in the path', async () => {
    await role('second', { issuer_ref: 'second' });
    const idOf = async (name: string) => (await root('GET', `pki/issuer/${name}`)).json.data.certificate.trim();
    const csr = makeCsr();
    expect((await issued('sign-verbatim/second', csr)).answer.json.data.issuing_ca).toBe(await idOf('second'));
    const other = await issued('issuer/first/sign-verbatim/second', csr);
    expect(other.answer.json.data.issuing_ca).toBe(await idOf('first'));
    expect((await issued('sign-verbatim', csr)).answer.json.data.issuing_ca).toBe(await idOf('first'));
  });

  it('takes its key usages where neither the fields nor the request have any', async () => {
    await role('usages', { key_usage: 'ContentCommitment' });
    const usages = async (path: string, csr: string, more: object = {}) =>
      (await issued(path, csr, more)).leaf.keyUsage;
    expect(await usages('sign-verbatim/usages', makeCsr())).toEqual(['contentCommitment']);
    expect(await usages('sign-verbatim', makeCsr())).toEqual(['digitalSignature', 'keyAgreement']);
    const asking = makeCsr({ extensions: ['keyUsage = digitalSignature'] });
    expect(await usages('sign-verbatim/usages', asking)).toEqual(['digitalSignature']);
    expect(await usages('sign-verbatim/usages', asking, { key_usage: 'KeyAgreement' })).toEqual(['keyAgreement']);
    expect(await usages('sign-verbatim', asking, { key_usage: [] })).toBeUndefined();
  });

  it('PKI-02: needs a right of its own, and a role that is there', async () => {
    await root('POST', 'sys/policies/acl/verbatim-one', {
      policy: 'path "pki/sign-verbatim/limits" { capabilities = ["update"] }',
    });
    const made = await root('POST', 'auth/token/create', { policies: ['verbatim-one'] });
    const token = made.json.auth.client_token;
    const csr = makeCsr();
    const call = async (path: string) => (await server.call('POST', `pki/${path}`, { token, body: { csr } })).status;
    expect(await call('sign-verbatim/limits')).toBe(200);
    for (const path of ['sign-verbatim', 'sign-verbatim/unkept', 'issuer/first/sign-verbatim/limits', 'sign/limits'])
      expect(await call(path), path).toBe(403);
    const unknown = await sign('sign-verbatim/none', csr);
    expect(unknown.status).toBe(400);
    expect(unknown.json.errors).toEqual(['unknown role: none']);
  });

  it('PKI-01: makes no CA', async () => {
    for (const extension of ['basicConstraints = critical, CA:TRUE', 'keyUsage = keyCertSign']) {
      const answer = await sign('sign-verbatim/limits', makeCsr({ extensions: [extension] }));
      expect(answer.status, extension).toBe(400);
      expect(answer.json.hint).toBeTruthy();
    }
  });
});

describe('sign-verbatim takes odd requests as they are, or refuses them whole', () => {
  it.each<[string, CsrWish, object, readonly string[]]>([
    ['no subject', { subject: '', extensions: ['subjectAltName = DNS:a.test'] }, {}, ['a.test']],
    ['a name twice', { extensions: ['subjectAltName = DNS:a.test, DNS:A.test, DNS:a.test'] }, {}, ['a.test']],
    ['an address inside another', { extensions: ['subjectAltName = IP:::ffff:10.0.0.1'] }, {}, ['10.0.0.1']],
    ['a subject in other string types', { lines: ['string_mask = default'], subject: 'O = Corp\nCN = a.test' }, {}, []],
    ['a mail address in the subject', { subject: 'emailAddress = a@b.test\nCN = a.test' }, {}, []],
    ['an attribute of its own', { subject: '1.2.3.4 = x\nCN = a.test' }, {}, []],
    ['user ids', {}, { user_ids: 'bob' }, []],
  ])('%s', async (_title, wish, more, names) => {
    const { leaf } = await issued('sign-verbatim', makeCsr(wish), more);
    expect(leaf.alternativeNames.map((name) => ('value' in name ? name.value : name.kind))).toEqual(names);
    if ('user_ids' in more)
      expect(decodeDistinguishedName(leaf.subject).at(-1)).toMatchObject({ type: 'userId', value: 'bob' });
  });

  it.each<[string, CsrWish]>([
    ['an unknown extension', { extensions: ['1.2.3.4 = ASN1:UTF8String:x'] }],
    ['name constraints', { extensions: ['nameConstraints = permitted;DNS:corp.test'] }],
    ['neither subject nor name', { subject: '' }],
    ['an unknown attribute', { attributes: ['unstructuredName = x'] }],
    ['a name with a blank', { extensions: ['subjectAltName = DNS:a b.test'] }],
    ['RSA of 1024 bits', { key: ['-newkey', 'rsa:1024'] }],
    ['a key on another curve', { key: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'] }],
  ])('refuses %s', async (_title, wish) => {
    const before = await server.store.count('certificates', {});
    const answer = await sign('sign-verbatim', makeCsr(wish));
    expect(answer.status, answer.json?.errors).toBe(400);
    expect(answer.json.hint).toBeTruthy();
    expect(await server.store.count('certificates', {})).toBe(before);
  });

  it('a role ignores extensions and attributes that it does not give', async () => {
    await role('open', { allow_any_name: true });
    const csr = makeCsr({ extensions: ['1.2.3.4 = ASN1:UTF8String:x', 'nameConstraints = permitted;DNS:corp.test'] });
    const { leaf } = await issued('sign/open', csr);
    expect([...leaf.extensions.keys()]).not.toContain('1.2.3.4');
    expect(leaf.nameConstraints).toBeUndefined();
  });
});
