import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await server.root('POST', 'secret/data/app', { data: { value: 'there' } });
  for (const type of ['pki', 'api-keys']) await server.root('POST', `sys/mounts/${type}`, { type });
});
afterAll(() => server.stop());

const isAlive = async (): Promise<boolean> => (await server.call('GET', 'sys/health')).status === 200;

/** Posts bytes to a route that takes JSON, as root; answers status and milliseconds. */
async function post(raw: string | Buffer, headers: Record<string, string> = {}) {
  const from = performance.now();
  const answer = await server.call('POST', 'secret/data/posted', { token: server.rootToken, raw, headers });
  return { status: answer.status, json: answer.json, millis: performance.now() - from };
}

describe('bodies that grow or nest', () => {
  const size = 900_000;
  it.each<[string, string]>([
    ['[ without end', '['.repeat(size)],
    ['objects in objects without end', '{"a":'.repeat(size / 5)],
    ['nesting that closes', `{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['300,000 keys', `{${Array.from({ length: 100_000 }, (_, index) => `"${index}":1`).join()}}`],
    ['many short texts', `{"data":{"x":[${'"",'.repeat(250_000)}""]}}`],
  ])('HTTP-02, HTTP-06: %s is refused within a moment', async (_, raw) => {
    const { status, millis } = await post(raw);
    expect(status).toBe(400);
    expect(millis).toBeLessThan(500);
    expect(await isAlive()).toBe(true);
  });

  it('HTTP-03: a megabyte of keys that look like integers does not hold the loop', async () => {
    const keys = Array.from({ length: 40_000 }, (_, index) => `"${(index * 2 ** 20) % 2 ** 32}":0`).join();
    const { millis } = await post(`{"data":{${keys}}}`);
    expect(millis).toBeLessThan(1_000);
  });

  it('HTTP-06: a policy that nests without end is refused', async () => {
    for (const policy of [
      '{'.repeat(100_000),
      'path "x" { '.repeat(20_000),
      `path "x" { capabilities = ${'['.repeat(50_000)}`,
    ]) {
      expect((await server.root('POST', 'sys/policies/acl/deep', { policy })).status).toBe(400);
    }
    expect(await isAlive()).toBe(true);
  });
});

it('HTTP-05: headers named like members of every object change nothing', async () => {
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString']) {
    const headers = Object.fromEntries([[name, 'x']]);
    const answer = await server.call('GET', 'secret/data/app', { token: server.rootToken, headers });
    expect(answer.json.data.data).toEqual({ value: 'there' });
  }
});

describe('HTTP-07: media types', () => {
  it.each<[string, string | Buffer]>([
    ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n1\r\n--x--'],
    ['application/xml', '<data><a>1</a></data>'],
    ['text/xml', '<data/>'],
  ])('%s is not acted upon', async (type, raw) => {
    const answer = await server.call('POST', 'secret/data/other', {
      token: server.rootToken,
      raw,
      headers: { 'content-type': type },
    });
    expect([400, 415]).toContain(answer.status);
    expect((await server.root('GET', 'secret/data/other')).status).toBe(404);
  });
});

describe('HTTP-08: compressed bodies', () => {
  it.each(['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip'])('%s is refused unread', async (encoding) => {
    const { status } = await post(Buffer.alloc(1_000), { 'content-encoding': encoding });
    expect(status).toBe(415);
  });
});

it('HTTP-14: long texts of the kinds that patterns choke on are judged in a moment', async () => {
  const hostile = [
    'a'.repeat(50_000),
    `${'a.'.repeat(25_000)}!`,
    '-'.repeat(50_000),
    `${'*'.repeat(25_000)}a`,
    '%'.repeat(50_000),
  ];
  for (const text of hostile) {
    for (const [path, body] of [
      ['auth/token/create', { ttl: text }],
      ['auth/token/create', { bound_cidrs: text }],
      ['sys/policies/acl/glob', { policy: `path "${text}" { capabilities = ["read"] }` }],
      ['api-keys/verify', { key: text }],
      ['pki/roles/web', { allowed_domains: text }],
      ['auth/token/lookup', { token: text }],
    ] as const) {
      const from = performance.now();
      const { status } = await server.root('POST', path, body);
      expect(performance.now() - from, path).toBeLessThan(500);
      expect(status, path).toBeLessThan(500);
    }
  }
});

it('HTTP-16: no answer of the API may be kept by a cache', async () => {
  const answers = [
    await server.call('GET', 'sys/health'),
    await server.call('GET', 'sys/seal-status'),
    await server.root('GET', 'secret/data/app'),
    await server.root('GET', 'secret/data/none'),
    await server.root('LIST', 'secret/metadata'),
    await server.root('POST', 'secret/data/posted-2', { data: {} }),
    await server.root('DELETE', 'secret/data/posted-2'),
    await server.call('GET', 'secret/data/app'),
    await server.call('GET', 'pki/crl/pem'),
    await server.call('OPTIONS', 'secret/data/app'),
    await server.call('GET', '/elsewhere'),
  ];
  for (const { headers, status } of answers) expect(headers.get('cache-control'), String(status)).toBe('no-store');
});

it('HTTP-19: names with line ends and quotes get into no header', async () => {
  for (const name of ['a%0d%0aSet-Cookie:x', 'a%0aX: y', 'a%22;b']) {
    const answer = await server.root('GET', `secret/data/${name}`);
    expect([400, 404]).toContain(answer.status);
    expect(answer.headers.get('set-cookie')).toBeNull();
    for (const value of answer.headers.values()) expect(value).not.toMatch(/[\r\n]|Set-Cookie/);
  }
});

it('HTTP-02: a form of very many fields is refused before it is taken apart', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const from = performance.now();
  const answer = await server.call('POST', 'sys/unseal', { raw: 'a&'.repeat(500_000), headers });
  expect(answer.status).toBe(400);
  expect(performance.now() - from).toBeLessThan(500);
  const short = await server.call('POST', 'sys/unseal', { raw: 'key=00&reset=false', headers });
  expect(short.status).toBe(200);
});

describe('HTTP-20: numbers that are none', () => {
  it.each(['1abc', '1e9', '0x10', 'NaN', 'Infinity', '1.5', '१', ' '])('limit=%s is refused', async (limit) => {
    for (const path of ['sys/credentials', 'secret/metadata', 'api-keys/keys']) {
      const answer = await server.root('LIST', `${path}?limit=${encodeURIComponent(limit)}`);
      expect(answer.status, path).toBe(400);
    }
  });

  it.each(['1abc', '-1h', '0x10', 'NaN', '1e400', '99999999999999999999h'])('ttl=%s is refused', async (ttl) => {
    expect((await server.root('POST', 'auth/token/create', { ttl })).status).toBe(400);
  });
});

it('STO-01: names that would end a statement are names', async () => {
  const names = ["a'; DROP TABLE tokens;--", 'a"b', "a' OR '1'='1", '$$', '%s', 'a;b', '?', "\\'"];
  for (const name of names) {
    const path = `secret/data/${encodeURIComponent(name).replaceAll("'", '%27').replaceAll('!', '%21')}`;
    const written = await server.root('POST', path, { data: { name } });
    if (written.status === 400) continue;
    expect(written.status, name).toBe(200);
    expect((await server.root('GET', path)).json.data.data).toEqual({ name });
    expect((await server.root('POST', 'auth/token/create', { display_name: name })).status).toBe(200);
    expect((await server.root('POST', 'sys/credentials/revoke', { owner: name, dry_run: true })).status).toBe(200);
  }
  expect((await server.root('GET', 'auth/token/lookup-self')).status).toBe(200);
});

it('STO-06: of a hundred writes that all expect the same version one succeeds', async () => {
  await server.root('POST', 'secret/data/cas', { data: { value: 0 } });
  const writes = Array.from({ length: 100 }, (_, value) =>
    server.root('POST', 'secret/data/cas', { data: { value }, options: { cas: 1 } }),
  );
  const statuses = (await Promise.all(writes)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => status === 400)).toHaveLength(99);
});
