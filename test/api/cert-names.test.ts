import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/lib/index.ts';
import {
  type CertificateTemplate,
  encodeDistinguishedName,
  encodePem,
  type GeneralName,
  type NameAttribute,
} from '../../src/x509/index.ts';
import { makeForeignLeaf, makeRoot, type TestAuthority, testNowSeconds } from '../../src/x509/testing/authority.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let authority: TestAuthority;

beforeAll(async () => {
  authority = await makeRoot('Naming Root');
  server = await startServer({ clock: new ManualClock(testNowSeconds * 1000) });
  await server.root('POST', 'sys/auth/cert', { type: 'cert' });
});
afterAll(() => server.stop());

async function role(name: string, fields: object): Promise<void> {
  const certificate = encodePem('CERTIFICATE', authority.certificate.der);
  const answer = await server.root('POST', `auth/cert/certs/${name}`, { certificate, ...fields });
  expect(answer.status, answer.text).toBe(204);
}

interface Named {
  readonly subject?: readonly NameAttribute[];
  readonly names?: readonly GeneralName[];
  readonly extensions?: CertificateTemplate['otherExtensions'];
}

const commonName = (value: string): NameAttribute => ({ type: 'commonName', value });

async function client({ subject = [commonName('a.test')], names = [], extensions = [] }: Named): Promise<Buffer> {
  const { der } = await makeForeignLeaf(authority, {
    subject: encodeDistinguishedName(subject),
    alternativeNames: names,
    otherExtensions: extensions,
  });
  return der;
}

const logIn = (name: string, der: Buffer): Promise<CallAnswer> =>
  server.call('POST', 'auth/cert/login', { body: { name }, clientCertificates: [der] });

async function statuses(name: string, ...clients: readonly Named[]): Promise<number[]> {
  const found: number[] = [];
  for (const one of clients) found.push((await logIn(name, await client(one))).status);
  return found;
}

describe('who a client is', () => {
  it('a certificate with two common names is nobody: its identity would be one and its role the other', async () => {
    await role('admins', { allowed_common_names: ['admin.test'] });
    await role('everybody', {});
    const [admin, other] = [commonName('admin.test'), commonName('other.test')];
    const expected = [200, 400, 400, 400];
    const clients = [[admin], [admin, other], [other, admin], [admin, admin]].map((subject) => ({ subject }));
    expect(await statuses('admins', ...clients)).toEqual(expected);
    expect(await statuses('everybody', ...clients)).toEqual(expected);
  });

  it('one without a common name, or with one that reads as another’s, is refused', async () => {
    await role('everybody', {});
    const organization: NameAttribute = { type: 'organization', value: 'x' };
    const plain = await logIn('everybody', await client({ subject: [commonName('kate')] }));
    const capital = await logIn('everybody', await client({ subject: [commonName('Kate')] }));
    expect(capital.json.auth.entity_id).toBe(plain.json.auth.entity_id);
    // A Kelvin sign, full-width letters, a ligature.
    const subjects = [[organization], ...['\u212Aate', 'ｋａｔｅ', '\ufb01nn'].map((name) => [commonName(name)])];
    expect(await statuses('everybody', ...subjects.map((subject) => ({ subject })))).toEqual([400, 400, 400, 400]);
    expect(await statuses('everybody', { subject: [commonName('Jörg Müller')] })).toEqual([200]);
  });

  it('the identity, what the token shows and what the role was asked about are one name', async () => {
    await role('jane', { allowed_common_names: ['Jane Doe'] });
    const answer = await logIn('jane', await client({ subject: [commonName('Jane Doe')] }));
    expect(answer.json.auth.metadata.common_name).toBe('Jane Doe');
    const entity = await server.root('GET', `identity/entity/id/${answer.json.auth.entity_id}`);
    expect(entity.json.data.aliases.map((alias: { name: string }) => alias.name.toLowerCase())).toEqual(['jane doe']);
    expect(
      await statuses('jane', ...['Jane', 'Jane Doe Jr', 'jane.doe'].map((name) => ({ subject: [commonName(name)] }))),
    ).toEqual([400, 400, 400]);
  });
});

describe('MTL-09: what a role asks for', () => {
  const uri = (value: string): Named => ({ names: [{ kind: 'uri', value }] });
  const email = (value: string): Named => ({ names: [{ kind: 'email', value }] });
  const dns = (value: string): Named => ({ names: [{ kind: 'dns', value }] });
  const unit = (...values: string[]): Named => ({
    subject: [...values.map((value) => ({ type: 'organizationalUnit', value }) as const), commonName('a.test')],
  });

  it('URIs: no other spelling passes a glob', async () => {
    await role('uri', { allowed_uri_sans: ['spiffe://corp/web/*'] });
    expect(await statuses('uri', uri('spiffe://corp/web/a'), {}, dns('corp'))).toEqual([200, 400, 400]);
    const others = ['web/../admin', 'web/%2e%2e/admin', 'web/..%2Fadmin', 'web//a', 'WEB/a', 'web/./a'];
    expect(await statuses('uri', ...others.map((path) => uri(`spiffe://corp/${path}`)))).toEqual(others.map(() => 400));
    expect(await statuses('uri', uri('spiffe://corp.evil/web/a'), uri('spiffe://CORP/web/a'))).toEqual([400, 400]);
  });

  it('mail addresses and DNS names', async () => {
    await role('mail', { allowed_email_sans: ['*@corp.test', 'jane@other.test'] });
    expect(await statuses('mail', email('a@corp.test'), email('jane@other.test'))).toEqual([200, 200]);
    const others = ['a@x.corp.test', 'a@evilcorp.test', 'a@corp.test.evil', 'Jane@other.test', 'joe@other.test'];
    expect(await statuses('mail', ...others.map(email))).toEqual(others.map(() => 400));
    await role('dns', { allowed_dns_sans: ['*.corp'] });
    expect(await statuses('dns', dns('a.corp'), dns('a.b.corp'), dns('corp.evil'), {}, email('x@a.corp'))).toEqual([
      200, 400, 400, 400, 400,
    ]);
    // A common name does not stand in for an alternative one.
    expect(await statuses('dns', { subject: [commonName('a.corp')] })).toEqual([400]);
  });

  it('allowed_names asks common name, DNS names and mail addresses, each in its way', async () => {
    await role('names', { allowed_names: ['*.corp', '*@corp'] });
    expect(await statuses('names', { subject: [commonName('a.corp')] }, dns('b.corp'))).toEqual([200, 200]);
    // No star for a host stretches over a mail address.
    expect(await statuses('names', email('evil@a.b.corp'), email('evil@a.corp'), uri('x://a.corp'))).toEqual([
      400, 400, 400,
    ]);
  });

  it('organisational units match as they are written', async () => {
    await role('units', { allowed_organizational_units: ['ops', 'dev-*'] });
    expect(await statuses('units', unit('ops'), unit('dev-1'), unit('sales', 'ops'))).toEqual([200, 200, 200]);
    expect(await statuses('units', unit('Ops'), unit('ops2'), unit('xops'), unit('dev'), {})).toEqual([
      400, 400, 400, 400, 400,
    ]);
  });

  it('required extensions are all there, with their values', async () => {
    const oid = '1.3.6.1.4.1.55555.1';
    const extension = (value: string, type = oid, tag = 0x0c): Named => {
      const bytes = Buffer.from(value);
      return {
        extensions: [{ oid: type, critical: false, value: Buffer.concat([Buffer.of(tag, bytes.length), bytes]) }],
      };
    };
    await role('text', { required_extensions: [`${oid}:web-*`] });
    expect(await statuses('text', extension('web-1'), extension('web-1', oid, 0x13))).toEqual([200, 200]);
    const wrong = [extension('web'), extension('Web-1'), extension('x-web-1'), extension('web-1', `${oid}.1`), {}];
    expect(await statuses('text', ...wrong)).toEqual(wrong.map(() => 400));
    const hex = Buffer.concat([Buffer.of(0x0c, 2), Buffer.from('no')]).toString('hex');
    await role('hex', { required_extensions: [`hex:${oid}:${hex.toUpperCase()}`] });
    expect(await statuses('hex', extension('no'), extension('nO'), extension('noo'))).toEqual([200, 400, 400]);
    await role('both', { required_extensions: [`${oid}:a:b`, '2.5.29.15:*'] });
    expect(await statuses('both', extension('a:b'), extension('a'), extension('a:c'))).toEqual([200, 400, 400]);
    const long = Buffer.concat([Buffer.of(0x0c, 0x81, 200), Buffer.alloc(200, 'w')]);
    await role('long', { required_extensions: [`${oid}:w*`], allowed_metadata_extensions: [oid] });
    const longClient = await client({ extensions: [{ oid, critical: false, value: long }] });
    const answer = await logIn('long', longClient);
    expect([answer.status, answer.json.auth?.metadata[oid.replaceAll('.', '-')]]).toEqual([200, 'w'.repeat(200)]);
    await role('absent', { required_extensions: [`${oid}:a`, `${oid}.1:*`] });
    expect(await statuses('absent', extension('a'))).toEqual([400]);
  });

  it('one kind that fits does not make up for another that does not', async () => {
    await role('all', { allowed_common_names: ['a.test'], allowed_dns_sans: ['a.corp'], allowed_uri_sans: ['urn:x'] });
    const names: GeneralName[] = [
      { kind: 'dns', value: 'a.corp' },
      { kind: 'uri', value: 'urn:x' },
    ];
    expect(await statuses('all', { names }, { names: names.slice(0, 1) }, { names: names.slice(1) })).toEqual([
      200, 400, 400,
    ]);
    expect(await statuses('all', { names, subject: [commonName('b.test')] })).toEqual([400]);
  });
});
