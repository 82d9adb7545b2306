import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);

beforeAll(async () => {
  server = await startServer();
  await root('POST', 'sys/mounts/pki', { type: 'pki', config: { max_lease_ttl: '87600h' } });
  const made = await root('POST', 'pki/root/generate/internal', { common_name: 'Root', key_type: 'ec', ttl: '2000h' });
  expect(made.status, made.json.errors).toBe(200);
  const open = { allow_any_name: true, enforce_hostnames: false, require_cn: false, key_type: 'any' };
  const all = { allowed_uri_sans: '*', allowed_other_sans: '*', allowed_serial_numbers: '*', allowed_user_ids: '*' };
  const stored = await root('POST', 'pki/roles/open', { ...open, ...all });
  expect(stored.status, stored.json.errors).toBe(200);
});
afterAll(() => server.stop());

const many = (count: number, make: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => make(i));
const longHost = (index: number): string => `${index}.${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.test`;
const veryLongOid = `1.3.6.1.4.1.${many(6, () => '1'.repeat(38)).join('.')}`;

async function refused(path: string, fields: object, note = ''): Promise<void> {
  const before = [await server.store.count('certificates', {}), await server.store.count('records', {})];
  const answer = await root('POST', path, fields);
  expect(answer.status, `${note} ${JSON.stringify(answer.json?.errors)}`).toBe(400);
  expect(answer.json.hint, note).toBeTruthy();
  expect([await server.store.count('certificates', {}), await server.store.count('records', {})], note).toEqual(before);
}

const wishes: [string, object][] = [
  ['1000 names and a common name', { alt_names: many(1_000, (i) => `a${i}.test`) }],
  ['1001 names', { alt_names: many(1_001, (i) => `a${i}.test`) }],
  ['10001 names', { alt_names: many(10_001, (i) => `a${i}.test`) }],
  ['names of more than 64 KiB', { alt_names: many(500, longHost) }],
  ['other names of more than 64 KiB', { other_sans: many(100, (i) => `1.2.3;UTF8:${i}${'x'.repeat(1_000)}`) }],
  ['an other name with a very long OID', { other_sans: [`${veryLongOid};UTF8:x`] }],
  ['URIs of more than 64 KiB', { uri_sans: many(60, (i) => `urn:${i}:${'x'.repeat(2_000)}`) }],
  ['a URI longer than any', { uri_sans: [`urn:x:${'x'.repeat(3_000)}`] }],
  ['a common name of 65 characters', { common_name: 'x'.repeat(65) }],
  ['a common name of 100000', { common_name: 'x'.repeat(100_000) }],
  ['a serial number of 65 characters', { serial_number: '1'.repeat(65) }],
  ['a serial number of 100000', { serial_number: '1'.repeat(100_000) }],
  ['a serial number that cannot be printed', { serial_number: 'ä' }],
  ['100 user ids', { user_ids: many(100, (i) => `user-${i}`) }],
  ['user ids of more than a name may have', { user_ids: many(60, (i) => `${i}${'ä'.repeat(200)}`) }],
  ['a ttl of a thousand years', { ttl: '8760000h' }],
  ['a ttl of 1e300', { ttl: 1e300 }],
  ['a ttl with many digits', { ttl: '9'.repeat(40) }],
  ['not_after in the year 10000', { not_after: '10000-01-01T00:00:00Z' }],
  ['not_after in month 13', { not_after: '2026-13-01T00:00:00Z' }],
  ['not_before in the year 0000', { not_before: '0000-01-01T00:00:00Z' }],
  ['key_bits of 1e15', { key_bits: 1e15 }],
  ['key_bits of -1', { key_bits: -1 }],
  ['key_bits of 65536', { key_bits: 65_536 }],
  ['a key type of its own', { key_type: 'dsa' }],
];

describe('a wish that is too large is refused with a hint, and leaves nothing', () => {
  it.each(wishes)('issue: %s', async (title, fields) => {
    await refused('pki/issue/open', { common_name: 'a.test', key_type: 'ec', ...fields }, title);
  });

  it.each<[string, object]>([
    ['100 purposes', { ext_key_usage_oids: many(100, (i) => `1.2.3.${i}`) }],
    ['a purpose with a very long OID', { ext_key_usage_oids: [veryLongOid] }],
    ['100 policies', { policy_identifiers: many(100, (i) => `1.2.3.${i}`) }],
    ['a policy with a very long OID', { policy_identifiers: [veryLongOid] }],
    ['a start 292 years ago', { not_before_duration: '2562047h' }],
    ['a ttl of a thousand years', { max_ttl: '8760000h' }],
    ['key_bits of 1e15', { key_type: 'rsa', key_bits: 1e15 }],
    ['signature_bits of 1000', { signature_bits: 1_000 }],
    ['a purpose of no name', { ext_key_usage: 'everything' }],
    ['a usage of no name', { key_usage: 'everything' }],
    ['a purpose that is no OID', { ext_key_usage_oids: '1.2.x' }],
    ['a usage of CAs', { key_usage: 'CertSign' }],
    ['a mode without its usage', { key_usage: 'EncipherOnly' }],
    ['time stamping beside others', { ext_key_usage: 'TimeStamping' }],
    ['a subject that cannot be', { country: 'Germany' }],
    ['100 units', { ou: many(100, (i) => `unit ${i}`) }],
  ])('role: %s', async (title, fields) => {
    await refused('pki/roles/large', { allow_any_name: true, key_type: 'ec', ...fields }, title);
  });

  it('a policy or purpose written twice is one', async () => {
    const fields = { policy_identifiers: ['1.2.3', '1.2.3'], ext_key_usage_oids: ['1.2.3', '1.2.3'] };
    await root('POST', 'pki/roles/twice', { allow_any_name: true, key_type: 'ec', ...fields });
    const answer = await root('POST', 'pki/issue/twice', { common_name: 'a.test' });
    expect(answer.status, answer.json.errors).toBe(200);
  });

  it.each<[string, object]>([
    ['a start 292 years ago', { not_before_duration: '2562047h' }],
    ['a path length of 1e15', { max_path_length: 1e15 }],
    ['a path length of 2^31', { max_path_length: 2 ** 31 }],
    ['1000 permitted domains', { permitted_dns_domains: many(1_000, (i) => `a${i}.test`) }],
    ['a permitted domain that is none', { permitted_dns_domains: 'a b' }],
    ['a permitted domain of control characters', { permitted_dns_domains: ['a\u0001.test'] }],
    ['a permitted domain with a star', { permitted_dns_domains: '*.corp.test' }],
    ['names of more than 64 KiB', { alt_names: many(500, longHost) }],
    ['1000 names and a common name', { alt_names: many(1_000, (i) => `a${i}.test`) }],
    ['signature_bits of 1000', { key_type: 'rsa', signature_bits: 1_000 }],
    ['key_bits of 1e15', { key_bits: 1e15 }],
    ['an unknown form of the key', { private_key_format: 'jwk' }],
    ['a serial number of 65 characters', { serial_number: '1'.repeat(65) }],
    ['100 units', { ou: many(100, (i) => `unit ${i}`) }],
    [
      'a subject of more than a name may have',
      { ou: many(60, (i) => `${i}${'ä'.repeat(60)}`), street_address: many(3, () => 'ä'.repeat(128)) },
    ],
  ])('CA: %s', async (title, fields) => {
    const wish = { common_name: 'x', key_type: 'ec', ttl: '100h', ...fields };
    await refused('pki/root/generate/exported', wish, title);
    await refused('pki/root/generate/internal', wish, title);
    const inRequest = ['alt_names', 'signature_bits', 'key_bits', 'private_key_format', 'serial_number', 'ou'];
    // A request adds no name to those it was given.
    if (inRequest.some((name) => name in fields) && !title.startsWith('1000 names'))
      await refused('pki/intermediate/generate/exported', wish, title);
  });

  it('sign-intermediate', async () => {
    const { csr } = (await root('POST', 'pki/intermediate/generate/internal', { common_name: 'x', key_type: 'ec' }))
      .json.data;
    for (const fields of [
      { max_path_length: 1e15 },
      { max_path_length: 2 ** 31 },
      { not_before_duration: '2562047h' },
      { permitted_dns_domains: many(1_000, (i) => `a${i}.test`) },
      { permitted_dns_domains: 'bücher .test' },
      { alt_names: many(500, longHost) },
      { alt_names: many(1_000, (i) => `a${i}.test`) },
    ])
      await refused(
        'pki/root/sign-intermediate',
        { csr, common_name: 'x', ttl: '1h', ...fields },
        Object.keys(fields).join(),
      );
  });
});

describe('a permitted domain', () => {
  it('may be written in Unicode and is issued as A-labels', async () => {
    await root('POST', 'sys/mounts/idn', { type: 'pki' });
    const fields = {
      common_name: 'IDN',
      key_type: 'ec',
      permitted_dns_domains: 'Bücher.test,.Corp.Test',
      exclude_cn_from_sans: true,
    };
    const made = await root('POST', 'idn/root/generate/internal', fields);
    expect(made.status, made.json.errors).toBe(200);
    await root('POST', 'idn/roles/any', { key_type: 'ec', allow_any_name: true });
    const status = async (common_name: string) =>
      (await root('POST', 'idn/issue/any', { common_name, ttl: '1h' })).status;
    expect(await status('a.bücher.test')).toBe(200);
    expect(await status('a.corp.test')).toBe(200);
    expect(await status('a.other.test')).toBe(400);
  });
});

describe('a long list of a role', () => {
  const spent = async (work: () => Promise<unknown>): Promise<number> => {
    const before = process.cpuUsage();
    await work();
    const { user } = process.cpuUsage(before);
    return user / 1_000;
  };

  it('of address blocks is read once, not once a name', async () => {
    const allowed_ip_sans_cidr = many(1_000, (i) => `10.${i >> 8}.${i & 255}.0/24`);
    const fields = { allow_any_name: true, key_type: 'ec', allowed_ip_sans_cidr };
    expect((await root('POST', 'pki/roles/blocks', fields)).status).toBe(200);
    const wish = { common_name: 'a.test', ip_sans: many(900, (i) => `10.${i >> 8}.${i & 255}.1`), ttl: '1h' };
    const millis = await spent(async () => expect((await root('POST', 'pki/issue/blocks', wish)).status).toBe(200));
    expect(millis).toBeLessThan(700);
    const outside = await root('POST', 'pki/issue/blocks', { common_name: 'a.test', ip_sans: '10.9.9.9' });
    expect(outside.status).toBe(400);
  });

  it('of domains is read once, not once a name', async () => {
    const allowed_domains = many(1_000, (i) => `bücher${i}.test`);
    const fields = { allow_subdomains: true, key_type: 'ec', allowed_domains };
    expect((await root('POST', 'pki/roles/domains', fields)).status).toBe(200);
    const alt_names = many(900, (i) => `a.bücher${i}.test`);
    const wish = { common_name: 'a.bücher1.test', alt_names, ttl: '1h' };
    const millis = await spent(async () => expect((await root('POST', 'pki/issue/domains', wish)).status).toBe(200));
    expect(millis).toBeLessThan(700);
  });

  it('of address blocks has an end', async () => {
    await refused('pki/roles/endless', { allowed_ip_sans_cidr: many(1_001, (i) => `10.${i >> 8}.${i & 255}.0/24`) });
  });
});

describe('a kind of key', () => {
  it('that is not the role’s is refused, not replaced', async () => {
    await root('POST', 'pki/roles/ec-only', { allow_any_name: true, key_type: 'ec', key_bits: 256 });
    const wish = { common_name: 'a.test', ttl: '1h' };
    for (const fields of [
      { key_type: 'rsa' },
      { key_type: 'ed25519' },
      { key_bits: 384 },
      { key_type: 'ec', key_bits: 521 },
    ])
      await refused('pki/issue/ec-only', { ...wish, ...fields }, JSON.stringify(fields));
    for (const fields of [{ key_type: 'ec' }, { key_type: '' }, { key_bits: 0 }, { key_type: 'ec', key_bits: 256 }]) {
      const answer = await root('POST', 'pki/issue/ec-only', { ...wish, ...fields });
      expect(answer.status, JSON.stringify(fields)).toBe(200);
    }
  });
});
