import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributeValues, decodeDistinguishedName, parseCertificate } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);

beforeAll(async () => {
  server = await startServer();
  await root('POST', 'sys/mounts/pki', { type: 'pki', config: { max_lease_ttl: '8760h' } });
  const made = await root('POST', 'pki/root/generate/internal', { common_name: 'Root', key_type: 'ec', ttl: '2000h' });
  expect(made.status, made.json.errors).toBe(200);
});
afterAll(() => server.stop());

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
  expect(answer.status, answer.json?.errors).toBe(200);
  return name;
}

const issue = (name: string, fields: object): Promise<CallAnswer> => root('POST', `pki/issue/${name}`, fields);

interface Named {
  readonly commonNames: readonly string[];
  readonly names: readonly string[];
}

async function issued(name: string, fields: object): Promise<Named> {
  const answer = await issue(name, fields);
  expect(answer.status, answer.json?.errors).toBe(200);
  const { subject, alternativeNames } = parseCertificate(answer.json.data.certificate);
  return {
    commonNames: attributeValues(decodeDistinguishedName(subject), 'commonName'),
    names: alternativeNames.map((found) => ('value' in found ? found.value : found.kind)),
  };
}

async function refused(name: string, fields: object): Promise<void> {
  const answer = await issue(name, fields);
  expect(answer.status, JSON.stringify(fields)).toBe(400);
  expect(answer.json.hint, JSON.stringify(fields)).toBeTruthy();
}

describe('PKI-06: a star is a wildcard, whether or not names must be host names', () => {
  const malformed = ['foo.*.corp.test', '*foo.corp.test', 'foo*.corp.test', '*.*.corp.test', 'a.*', '**.corp.test'];

  it('none passes a role without wildcards', async () => {
    for (const open of [{}, { allow_any_name: true }, { allow_glob_domains: true, allowed_domains: '*corp.test' }]) {
      const name = await role({ allow_wildcard_certificates: false, enforce_hostnames: false, ...open });
      for (const wanted of ['*.corp.test', '*.a.corp.test', '*', ...malformed]) {
        await refused(name, { common_name: wanted });
        await refused(name, { common_name: wanted, exclude_cn_from_sans: true });
        await refused(name, { common_name: 'a.corp.test', alt_names: wanted });
      }
    }
  });

  it('a malformed one passes none', async () => {
    const name = await role({ enforce_hostnames: false, allow_any_name: true });
    for (const wanted of malformed) await refused(name, { common_name: wanted });
    expect((await issued(name, { common_name: '*.corp.test' })).names).toEqual(['*.corp.test']);
  });
});

describe('PKI-08: a common name and its alternative name are one name', () => {
  it.each([
    ['case', 'A.Corp.Test', 'a.corp.test'],
    ['Unicode', 'bücher.corp.test', 'xn--bcher-kva.corp.test'],
    ['another dot', 'a\u3002corp.test', 'a.corp.test'],
    ['a wildcard in capitals', '*.CORP.test', '*.corp.test'],
    ['mail', 'Bob@Mail.Corp.Test', 'Bob@mail.corp.test'],
  ])('%s', async (_title, wanted, one) => {
    const name = await role({});
    expect(await issued(name, { common_name: wanted })).toEqual({ commonNames: [one], names: [one] });
    expect(await issued(name, { common_name: wanted, alt_names: one })).toEqual({ commonNames: [one], names: [one] });
    const excluded = { common_name: wanted, alt_names: one, exclude_cn_from_sans: true };
    expect(await issued(name, excluded)).toEqual({ commonNames: [one], names: [one] });
    const listed = await root('LIST', 'pki/certs/detailed');
    if (listed.status === 200) expect(listed.text).not.toContain(wanted);
  });

  it('a text that is no host name stays as it is', async () => {
    const name = await role({ enforce_hostnames: false, allow_any_name: true });
    expect(await issued(name, { common_name: 'Bob of Corp' })).toEqual({ commonNames: ['Bob of Corp'], names: [] });
  });

  it('one with a dot at the end is refused, whatever is enforced', async () => {
    for (const fields of [{}, { enforce_hostnames: false, allow_any_name: true }])
      await refused(await role(fields), { common_name: 'a.corp.test.', alt_names: 'a.corp.test' });
  });

  it('an allowed domain may be written in Unicode', async () => {
    const name = await role({ allowed_domains: 'Bücher.test', allow_bare_domains: true });
    expect((await issued(name, { common_name: 'bücher.test' })).names).toEqual(['xn--bcher-kva.test']);
    expect((await issued(name, { common_name: 'a.xn--bcher-kva.test' })).names).toEqual(['a.xn--bcher-kva.test']);
    const globs = await role({ allowed_domains: 'web-*.bücher.test', allow_glob_domains: true });
    expect((await issued(globs, { common_name: 'web-1.bücher.test' })).names).toEqual(['web-1.xn--bcher-kva.test']);
    await refused(globs, { common_name: 'web-1.buecher.test' });
  });
});

describe('URI names', () => {
  const ask = (uri_sans: string) => ({ common_name: 'a.corp.test', uri_sans });

  it('a path that leads elsewhere is none that a pattern allows', async () => {
    const name = await role({ allowed_uri_sans: 'spiffe://corp.test/a/*' });
    expect((await issued(name, ask('spiffe://corp.test/a/b'))).names).toContain('spiffe://corp.test/a/b');
    for (const uri of [
      'spiffe://corp.test/a/../b',
      'spiffe://corp.test/a/b/..',
      'spiffe://corp.test/a/./b',
      'spiffe://corp.test/a/%2e%2e/b',
      'spiffe://corp.test/a/%2E./b',
      'spiffe://corp.test/a/x%2f..%2f..%2fb',
      'spiffe://corp.test/a/..%5cb',
      'spiffe://evil.test/spiffe://corp.test/a/b',
      'SPIFFE://corp.test/b',
    ])
      await refused(name, ask(uri));
  });

  it('a star in the host of a pattern stays in the host', async () => {
    const name = await role({ allowed_uri_sans: 'https://*.corp.test/*' });
    expect((await issued(name, ask('https://a.corp.test/x'))).names).toContain('https://a.corp.test/x');
    for (const uri of [
      'https://evil.test/.corp.test/x',
      'https://evil.test?.corp.test/x',
      'https://evil.test#.corp.test/x',
      'https://evil.test:1/.corp.test/x',
      'https://x@a.corp.test/x',
    ])
      await refused(name, ask(uri));
  });
});

describe('addresses', () => {
  it('one form each, within the blocks of the role', async () => {
    const name = await role({ allowed_ip_sans_cidr: ['10.0.0.0/8', '2001:db8::/32'] });
    const ask = (ip_sans: string) => ({ common_name: 'a.corp.test', ip_sans });
    for (const [wanted, one] of [
      ['10.1.2.3', '10.1.2.3'],
      ['::ffff:10.1.2.3', '10.1.2.3'],
      ['::ffff:a01:203', '10.1.2.3'],
      ['2001:DB8:0:0::1', '2001:db8::1'],
    ] as const)
      expect((await issued(name, ask(wanted))).names).toEqual(['a.corp.test', one]);
    for (const wanted of [
      '11.0.0.1',
      '::ffff:11.0.0.1',
      '2001:db9::1',
      'fe80::1%eth0',
      '010.1.2.3',
      '10.1',
      '::a01:203',
    ])
      await refused(name, ask(wanted));
  });

  it('a common name that is one needs a role that allows addresses', async () => {
    const open = { enforce_hostnames: false, allow_any_name: true };
    const none = await role({ ...open, allow_ip_sans: false });
    const block = await role({ ...open, allowed_ip_sans_cidr: '10.0.0.0/8' });
    for (const common_name of ['192.0.2.1', '2001:db8::1']) {
      await refused(none, { common_name });
      await refused(block, { common_name });
    }
    expect((await issued(block, { common_name: '10.0.0.1' })).commonNames).toEqual(['10.0.0.1']);
  });
});

describe('what else a role allows', () => {
  it.each<[string, object, object, object]>([
    [
      'other names',
      { allowed_other_sans: '1.3.6.1.4.1.311.20.2.3;UTF8:*@corp.test' },
      { other_sans: '1.3.6.1.4.1.311.20.2.3;UTF8:bob@corp.test' },
      { other_sans: '1.3.6.1.4.1.311.20.2.4;UTF8:bob@corp.test' },
    ],
    ['serial numbers', { allowed_serial_numbers: 'a-*' }, { serial_number: 'a-1' }, { serial_number: 'b-1' }],
    ['user ids', { allowed_user_ids: 'bob' }, { user_ids: 'bob' }, { user_ids: 'bobby' }],
  ])('%s', async (_title, fields, good, bad) => {
    const name = await role(fields);
    await issued(name, { common_name: 'a.corp.test', ...good });
    await refused(name, { common_name: 'a.corp.test', ...bad });
    await refused(await role({}), { common_name: 'a.corp.test', ...good });
  });

  it('an entry that could never allow anything is refused when the role is stored', async () => {
    for (const fields of [
      { allowed_other_sans: 'bob@corp.test' },
      { allowed_other_sans: '1.2.3;IA5:x' },
      { allowed_other_sans: '1.2.03;UTF8:x' },
      { not_after: 'soon' },
      { not_before_duration: '8761h' },
    ]) {
      const answer = await root('POST', 'pki/roles/bad', fields);
      expect(answer.status, JSON.stringify(fields)).toBe(400);
      expect(answer.json.hint).toBeTruthy();
    }
  });

  it('no list of checks of common names is the usual list', async () => {
    const name = await role({ cn_validations: '' });
    await issued(name, { common_name: 'a.corp.test' });
    await refused(name, { common_name: 'a.evil.test' });
    expect((await root('GET', `pki/roles/${name}`)).json.data.cn_validations).toEqual(['email', 'hostname']);
  });
});
