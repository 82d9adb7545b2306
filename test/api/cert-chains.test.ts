import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/lib/index.ts';
import {
  type CertificateTemplate,
  encodeDistinguishedName,
  encodePem,
  extendedKeyUsageOids,
  selfIssuer,
} from '../../src/x509/index.ts';
import {
  commonName,
  leafTemplate,
  makeForeignLeaf,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestAuthority,
  testKey,
  testNowSeconds,
} from '../../src/x509/testing/authority.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let root: TestAuthority;
let middle: TestAuthority;

beforeAll(async () => {
  root = await makeRoot('Chain Root');
  middle = await makeIntermediate(root, 'Chain Middle');
  server = await startServer({ clock: new ManualClock(testNowSeconds * 1000) });
});
afterAll(() => server.stop());

const pem = (...ders: Buffer[]): string => ders.map((der) => encodePem('CERTIFICATE', der)).join('');

async function role(mount: string, name: string, certificate: string, fields: object = {}): Promise<void> {
  await server.root('POST', `sys/auth/${mount}`, { type: 'cert' });
  const answer = await server.root('POST', `auth/${mount}/certs/${name}`, { certificate, ...fields });
  expect(answer.status, answer.text).toBe(204);
}

const logIn = (mount: string, chain: readonly Buffer[], body: object = {}): Promise<CallAnswer> =>
  server.call('POST', `auth/${mount}/login`, { body: body as never, clientCertificates: chain });

async function isRefused(mount: string, chain: readonly Buffer[], body: object = {}): Promise<void> {
  const answer = await logIn(mount, chain, body);
  expect([answer.status, answer.json.errors, answer.json.code, answer.json.auth ?? null]).toEqual([
    400,
    ['invalid certificate or no client certificate supplied'],
    'login_failed',
    null,
  ]);
}

describe('which role a log-in is for', () => {
  it('the one that is named, in any case of letters, and no other', async () => {
    await role('roles', 'first', pem(root.certificate.der), { allowed_common_names: ['a.test'] });
    await role('roles', 'second', pem(root.certificate.der));
    const { der } = await makeForeignLeaf(root, { subject: commonName('b.test') });
    for (const name of ['second', 'SECOND'])
      expect((await logIn('roles', [der], { name })).json.auth.metadata.cert_name).toBe('second');
    for (const name of ['first', 'third', 'second ', 'second/', '../second', '*', '\0'])
      await isRefused('roles', [der], { name });
  });

  it('of several that fit, the first by name, whenever they were made', async () => {
    for (const name of ['m', 'z', 'b', 'q']) await role('several', name, pem(root.certificate.der));
    await role('several', 'a', pem(root.certificate.der), { allowed_common_names: ['other.test'] });
    const { der } = await makeForeignLeaf(root, { subject: commonName('b.test') });
    for (const name of ['', undefined]) {
      const answer = await logIn('several', [der], name === undefined ? {} : { name });
      expect(answer.json.auth.metadata.cert_name).toBe('b');
    }
  });
});

describe('chains', () => {
  it('need their intermediates, once or twice, in any order', async () => {
    await role('chains', 'root', pem(root.certificate.der));
    const below = await makeIntermediate(middle, 'Chain Below', {}, [middle, root]);
    const { der } = await makeLeaf(below);
    const [upper, lower] = [middle.certificate.der, below.certificate.der];
    await isRefused('chains', [der]);
    await isRefused('chains', [der, lower]);
    await isRefused('chains', [der, upper]);
    await isRefused('chains', [der, der, der]);
    for (const chain of [
      [lower, upper],
      [upper, lower],
      [lower, lower, upper, upper, der],
      [lower, upper, root.certificate.der],
    ])
      expect((await logIn('chains', [der, ...chain])).status).toBe(200);
    // The certificate whose key was proved is the first, and no other of the chain.
    await isRefused('chains', [lower, der, upper]);
  });

  it('MTL-07: do not end at an authority that the client sent', async () => {
    await role('sent', 'root', pem(root.certificate.der));
    const own = await makeRoot('Chain Root', 'ec-p384');
    await isRefused('sent', [(await makeLeaf(own)).der, own.certificate.der]);
  });

  it('deeper than 8 certificates, or wider than is looked at, are refused', async () => {
    await role('deep', 'root', pem(root.certificate.der));
    let authority = root;
    const chain: Buffer[] = [];
    const above = [root];
    for (let depth = 0; depth < 7; depth += 1) {
      authority = await makeIntermediate(authority, `Chain Deep ${depth}`, {}, above);
      above.unshift(authority);
      chain.unshift(authority.certificate.der);
    }
    await isRefused('deep', [(await makeLeaf(authority)).der, ...chain]);
    const shallow = above[1] as TestAuthority;
    expect((await logIn('deep', [(await makeLeaf(shallow)).der, ...chain])).status).toBe(200);
    await isRefused('deep', [(await makeLeaf(shallow)).der, ...chain, ...Array(10).fill(middle.certificate.der)]);
  });

  it('garbage in the place of a certificate is refused as everything else', async () => {
    await role('garbage', 'root', pem(root.certificate.der));
    const { der } = await makeLeaf(root);
    await isRefused('garbage', [Buffer.from('garbage')]);
    await isRefused('garbage', [der.subarray(0, -1)]);
    await isRefused('garbage', [der, Buffer.alloc(0)]);
    // A name in a type of string that names do not have.
    const subject = encodeDistinguishedName([{ type: 'commonName', value: 'abcd' }]);
    subject[subject.indexOf(0x0c)] = 0x1c;
    await isRefused('garbage', [(await makeForeignLeaf(root, { subject })).der]);
  });
});

describe('MTL-08: where a certificate comes from', () => {
  it('is the handshake: fields of a proxy are not looked at, and nothing is said of whom they name', async () => {
    await role('fields', 'root', pem(root.certificate.der));
    const { der } = await makeLeaf(root);
    const text = encodeURIComponent(encodePem('CERTIFICATE', der));
    const headers = {
      'x-ssl-client-cert': text,
      'x-ssl-client-verify': 'SUCCESS',
      'x-forwarded-client-cert': `Cert="${text}"`,
      'x-forwarded-tls-client-cert': der.toString('base64'),
      'client-cert': `:${der.toString('base64')}:`,
    };
    for (const path of ['auth/fields/login', 'sys/health', 'sys/seal-status']) {
      const method = path.startsWith('auth') ? 'POST' : 'GET';
      const body = method === 'POST' ? { body: {} } : {};
      const [bare, named] = [
        await server.call(method, path, body),
        await server.call(method, path, { ...body, headers }),
      ];
      expect(named.status).toBe(bare.status);
      expect(Object.keys(named.json)).toEqual(Object.keys(bare.json));
      expect(named.text).not.toContain('a.example.test');
    }
    const refused = await server.call('POST', 'auth/fields/login', { body: {}, headers });
    expect([refused.status, refused.json.errors]).toEqual([400, ['client certificate must be supplied']]);
    expect((await logIn('fields', [der])).status).toBe(200);
  });
});

describe('MTL-13: dates', () => {
  it('are judged with a minute of slack on both sides, for authorities as well', async () => {
    await role('dates', 'root', pem(root.certificate.der));
    const at = async (notBefore: number, notAfter: number, authority = root, ...chain: Buffer[]) => {
      const dates = { notBeforeSeconds: testNowSeconds + notBefore, notAfterSeconds: testNowSeconds + notAfter };
      const { der } = await makeForeignLeaf(authority, dates);
      return (await logIn('dates', [der, ...chain])).status;
    };
    expect([await at(-99, -60), await at(-99, -61), await at(60, 99), await at(61, 99)]).toEqual([200, 400, 200, 400]);
    const ended = await makeIntermediate(root, 'Chain Ended', { notAfterSeconds: testNowSeconds - 61 });
    expect(await at(-99, 99, ended, ended.certificate.der)).toBe(400);
    await role('dates', 'ended', pem(ended.certificate.der));
    expect(await at(-99, 99, ended)).toBe(400);
  });
});

describe('purposes', () => {
  it('MTL-05: a certificate for others than clients is refused', async () => {
    await role('purposes', 'root', pem(root.certificate.der));
    const { serverAuth, clientAuth, any } = extendedKeyUsageOids;
    const leaf = async (extendedKeyUsage: string[]) => [(await makeForeignLeaf(root, { extendedKeyUsage })).der];
    await isRefused('purposes', await leaf([serverAuth]));
    await isRefused('purposes', await leaf(['1.3.6.1.5.5.7.3.4']));
    for (const purposes of [[clientAuth], [serverAuth, clientAuth], [any], []])
      expect((await logIn('purposes', await leaf(purposes))).status).toBe(200);
    await isRefused('purposes', [(await makeForeignLeaf(root, { keyUsage: ['keyAgreement'] })).der]);
  });

  it('MTL-06: an authority is no client of the one above it, whatever its usages', async () => {
    await role('authorities', 'root', pem(root.certificate.der));
    const keyUsage = ['digitalSignature', 'keyCertSign', 'cRLSign'] as const;
    const signing = await makeIntermediate(root, 'Chain Signing', { keyUsage });
    await isRefused('authorities', [signing.certificate.der]);
    await isRefused('authorities', [middle.certificate.der]);
    await isRefused('authorities', [root.certificate.der]);
    const { der } = await makeForeignLeaf(root, { basicConstraints: { ca: true }, keyUsage: [] });
    await isRefused('authorities', [der]);
    // Its clients are clients.
    expect((await logIn('authorities', [(await makeLeaf(signing)).der, signing.certificate.der])).status).toBe(200);
  });
});

describe('single certificates', () => {
  async function selfSigned(name: string, changes: Partial<CertificateTemplate> = {}): Promise<Buffer> {
    const key = await testKey(name);
    const template = leafTemplate(key, { subject: commonName('a.example.test'), ...changes });
    return (await makeForeignLeaf({ ...root, key, issuer: selfIssuer(template) }, template)).der;
  }

  it('MTL-01: one that is trusted by itself logs in, and only that one', async () => {
    const der = await selfSigned('single');
    await role('single', 'pinned', pem(der));
    expect((await logIn('single', [der])).status).toBe(200);
    await isRefused('single', [await selfSigned('single')]);
    await isRefused('single', [await selfSigned('another')]);
    await isRefused('single', [await selfSigned('another'), der]);
    // What it signs is nobody.
    const key = await testKey('single');
    const parsed = {
      ...root,
      key,
      issuer: { ...root.issuer, subject: commonName('a.example.test'), keyIdentifier: undefined },
    };
    await isRefused('single', [(await makeForeignLeaf(parsed)).der, der]);
  });

  it('MTL-13: it is judged by its dates and purpose like any other', async () => {
    const expired = await selfSigned('dated', { notAfterSeconds: testNowSeconds - 61 });
    const coming = await selfSigned('dated', { notBeforeSeconds: testNowSeconds + 61 });
    const servers = await selfSigned('dated', { extendedKeyUsage: [extendedKeyUsageOids.serverAuth] });
    const good = await selfSigned('dated');
    await role('dated', 'pinned', pem(expired, coming, servers, good));
    for (const der of [expired, coming, servers]) await isRefused('dated', [der]);
    expect((await logIn('dated', [good])).status).toBe(200);
  });

  it('one of many is found, with the names that its role asks for', async () => {
    const ders = await Promise.all(Array.from({ length: 20 }, (_, count) => selfSigned(`many ${count}`)));
    await role('many', 'pinned', pem(...ders));
    await role('named', 'pinned', pem(...ders), { allowed_common_names: ['other.test'] });
    for (const der of ders) expect((await logIn('many', [der])).status).toBe(200);
    await isRefused('named', [ders[7] as Buffer]);
  });
});
