import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyRoute, Engine } from '../../src/core/index.ts';
import type { Json } from '../../src/lib/index.ts';
import { mountEveryEngine } from '../harness/mount-every-engine.ts';
import { type CallAnswer, type CallOptions, startServer, type TestServer } from '../harness/server.ts';

/**
 * Every route of every engine and auth method, with what no client means to send: a refusal each time, never a fault.
 * Nothing here names a route, so that one added later is walked as well.
 */

let server: TestServer;
let folder: string;
let auditFile: string;
let mounted: [string, Engine][];
/** What the server itself called a fault while it was walked. */
const faults: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-walk-'));
  auditFile = join(folder, 'audit.log');
  server = await startServer({
    auditSinks: [{ path: 'file/', config: { target: { kind: 'file', filePath: auditFile } } }],
    log: (level, fields) => {
      if (level === 'error') faults.push(`${String(fields['route'])}: ${String(fields['cause']).slice(0, 400)}`);
    },
  });
  mounted = await mountEveryEngine(server);
  await furnish();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Something named `x` in most rooms, so that handlers get past "there is none". */
async function furnish(): Promise<void> {
  const { root } = server;
  const all = '"create", "read", "update", "patch", "delete", "list", "scan", "sudo"';
  const made = [
    await root('POST', 'sys/policies/acl/everything', { policy: `path "*" { capabilities = [${all}] }` }),
    await root('POST', 'auth/token/roles/x', { allowed_policies: 'default' }),
    await root('POST', 'auth/walk-userpass/users/x', { password: 'correct horse battery' }),
    await root('POST', 'secret/data/x', { data: { a: 1 } }),
    await root('POST', 'walk-pki/root/generate/internal', { common_name: 'Walk', key_type: 'ec', issuer_name: 'x' }),
    await root('POST', 'walk-pki/roles/x', { allow_any_name: true, key_type: 'ec' }),
    await root('POST', 'walk-api-keys/keys', { name: 'x', owner: 'x' }),
    await root('POST', 'identity/entity', { name: 'x' }),
  ];
  for (const answer of made) expect(answer.status, answer.text).toBeLessThan(300);
}

/** A token that may do everything and that nobody misses when a route ends it. */
async function sacrifice(): Promise<string> {
  const made = await server.root('POST', 'auth/token/create', { policies: ['everything'], ttl: '1h' });
  return made.json.auth.client_token;
}

/** Routes that end the server for everybody; `seal` is walked last, by itself. */
const ending = new Set(['sys.seal.update']);

const pathOf = (prefix: string, route: AnyRoute, name = 'x'): string =>
  prefix + route.path.replace(/:[a-z_]+\*?/g, name);

function* allRoutes(): Generator<[string, AnyRoute]> {
  for (const [prefix, engine] of mounted) for (const route of new Set(engine.routes)) yield [prefix, route];
}

/** Refusals by the id of their request: each has to stand in the audit log. */
const refusals = new Map<string, string>();

/** What is wrong with an answer to nonsense, named so that a hundred of one kind are told once. */
function judge(route: AnyRoute | undefined, name: string, { status, text, json }: CallAnswer): string | undefined {
  if (status >= 500) return `${name}: ${status} ${text.slice(0, 120)}`;
  // Health tells its state by the status; everything else has texts, a code and (but for "not there") a hint.
  if (status < 400 || json?.errors === undefined) return undefined;
  // What serves a sealed server is not recorded: there is no key to hash with.
  if (!route?.whileSealed) refusals.set(json.request_id, json.code);
  if (!/^[a-z_]+$/.test(json.code)) return `${name}: ${status} without a code`;
  if (json.code === 'not_found' || json.hint) return undefined;
  return `${name}: ${json.code} without a hint: ${json.errors[0]}`;
}

const nested = (depth: number): Json => {
  let value: Json = 'x';
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
};

/** Values of every wrong kind, and some of the right kind out of all measure. */
const canary = 'canary-that-no-log-shows';
const garbage: readonly Json[] = [
  canary,
  '',
  ' ',
  'x',
  '\u0000',
  '\ud800',
  '1970-01-01T00:00:00Z',
  '../..',
  '%2e%2e',
  '-1h',
  '😀'.repeat(300),
  'x'.repeat(70_000),
  -1,
  1.5,
  9_007_199_254_740_991,
  1e308,
  true,
  [],
  {},
  ['x', 1, null],
  { x: { x: {} }, __proto__x: 1 },
  nested(30),
  [{}],
];

const bodyVerbs = new Set(['POST', 'PATCH', 'DELETE']);

describe('whatever is sent', () => {
  it('no value of any field of any route is a fault', async () => {
    const found = new Set<string>();
    let token = await sacrifice();
    for (const [prefix, route] of allRoutes()) {
      if (ending.has(route.id)) continue;
      // Keys on a curve are made at once.
      const base: Record<string, Json> = 'key_type' in route.fields ? { key_type: 'ec' } : {};
      for (const name of Object.keys(route.fields)) {
        if (route.path.includes(`:${name}`)) continue;
        for (const value of garbage) {
          const sent = { ...base, [name]: value };
          const asQuery = bodyVerbs.has(route.verb)
            ? undefined
            : `?${name}=${encodeURIComponent(String(value).toWellFormed()).slice(0, 2_000)}`;
          const options: CallOptions = asQuery === undefined ? { token, body: sent } : { token };
          const answer = await server.call(route.verb, pathOf(prefix, route) + (asQuery ?? ''), options);
          const wrong = judge(route, `${route.id} ${name}`, answer);
          if (wrong) found.add(wrong);
          if (answer.status === 403) token = await sacrifice();
        }
      }
    }
    expect([...found]).toEqual([]);
    expect(faults).toEqual([]);
  }, 120_000);

  it('no body that is no object, and no name in a path, is a fault', async () => {
    const found = new Set<string>();
    let token = await sacrifice();
    const bodies: (string | Buffer)[] = [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '1e999',
      '{"a":1,"a":2}',
      '{"__proto__":{"x":1},"constructor":{"prototype":{}}}',
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      Buffer.from([0xff, 0xfe, 0x7b, 0x7d]),
      Buffer.alloc(1_048_577, 0x20),
    ];
    const names = ['-', '%20', '%00', '%F0%9F%98%80', 'x'.repeat(600), '*', '+', '__proto__', 'constructor', '0', '1'];
    for (const [prefix, route] of allRoutes()) {
      if (ending.has(route.id)) continue;
      for (const raw of bodyVerbs.has(route.verb) ? bodies : []) {
        const answer = await server.call(route.verb, pathOf(prefix, route), { token, raw });
        const wrong = judge(route, route.id, answer);
        if (wrong) found.add(wrong);
        if (answer.status === 403) token = await sacrifice();
      }
      for (const name of route.path.includes(':') ? names : []) {
        const answer = await server.call(route.verb, pathOf(prefix, route, name), { token });
        const wrong = judge(route, route.id, answer);
        if (wrong) found.add(wrong);
        if (answer.status === 403) token = await sacrifice();
      }
    }
    expect([...found]).toEqual([]);
    expect(faults).toEqual([]);
  }, 120_000);
});

describe('whatever header is sent', () => {
  it('no value of a header that is read is a fault, on any route', async () => {
    const found = new Set<string>();
    const headers = [
      'x-vault-token',
      'x-api-key',
      'authorization',
      'x-vault-namespace',
      'x-vault-wrap-ttl',
      'x-vault-wrap-format',
      'x-vault-request',
      'x-vault-index',
      'x-vault-inconsistent',
      'x-vault-policy-override',
      'x-vault-mfa',
      'idempotency-key',
      'content-type',
      'content-encoding',
      'accept',
      'user-agent',
      'cookie',
      'x-forwarded-for',
      'x-correlation-id',
    ];
    let token = await sacrifice();
    for (const [prefix, route] of allRoutes()) {
      if (ending.has(route.id)) continue;
      for (const name of headers) {
        for (const value of [canary, `Bearer ${canary}`, '']) {
          const shown = ['x-vault-token', 'x-api-key', 'authorization'].includes(name) ? {} : { token };
          const answer = await server.call(route.verb, pathOf(prefix, route), {
            ...shown,
            headers: { [name]: value },
            ...(bodyVerbs.has(route.verb) && { body: {} }),
          });
          const wrong = judge(route, `${route.id} ${name}`, answer);
          if (wrong) found.add(wrong);
          if (answer.status === 403 && 'token' in shown) token = await sacrifice();
        }
      }
    }
    expect([...found]).toEqual([]);
    expect(faults).toEqual([]);
  }, 120_000);
});

/** The paths a route serves: a capture of the rest may be empty, and a slash at the end is not told apart. */
function patternOf(prefix: string, route: AnyRoute): RegExp {
  const pattern = (prefix + route.path)
    .replace(/[.+]/g, '\\$&')
    .replace(/\/:[a-z_]+\*$/, '(?:/.*)?')
    .replace(/:[a-z_]+\*$/, '.*')
    .replace(/:[a-z_]+/g, '[^/]+');
  return new RegExp(`^${pattern}/?$`);
}

describe('whatever verb is used', () => {
  it('a path answers 405 to the verbs it does not take, and 4xx to those nobody takes', async () => {
    const token = server.rootToken;
    const found = new Set<string>();
    const takers = [...allRoutes()].map(([prefix, route]) => [route.verb, patternOf(prefix, route)] as const);
    let refused = 0;
    for (const [prefix, route] of allRoutes()) {
      const path = pathOf(prefix, route, 'absent');
      for (const verb of ['GET', 'POST', 'PATCH', 'DELETE', 'LIST', 'SCAN'] as const) {
        if (takers.some(([its, pattern]) => its === verb && pattern.test(path))) continue;
        const answer = await server.call(verb, path, { token, ...(verb === 'POST' && { body: {} }) });
        expect(answer.status, `${verb} ${path}: ${answer.text.slice(0, 200)}`).toBe(405);
        refused += 1;
      }
      for (const verb of ['OPTIONS', 'HELP', 'TRACE', 'CONNECT', 'BREW', 'get']) {
        const answer = await server.call(verb, path, { token });
        expect(answer.status, `${verb} ${path}`).toBe(405);
        const wrong = judge(undefined, verb, answer);
        if (wrong) found.add(wrong);
      }
    }
    expect(refused).toBeGreaterThan(500);
    expect([...found]).toEqual([]);
    expect(faults).toEqual([]);
  });
});

/** Who has which policies is what the log is read for; paths that were asked about are keys of an answer. */
const namesInClear = /^\.(response\.)?auth\.(token_|identity_)?policies\.\d+$|^\.response\.data key$/;

/** Where in a line the canary stands. */
function placesOf(value: unknown, at: string): string[] {
  if (typeof value === 'string') return value.includes(canary) ? [at] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key.includes(canary) ? [`${at} key`] : []),
    ...placesOf(member, `${at}.${key}`),
  ]);
}

describe('the audit log', () => {
  it('AUD-02, AUD-04: holds each refusal once as it came and once as it ended, with its code and without a value', () => {
    const seen = new Map<string, string[]>();
    const text = readFileSync(auditFile, 'utf8');
    for (const line of text.trimEnd().split('\n')) {
      const { type, outcome, request } = JSON.parse(line) as {
        type: string;
        outcome?: string;
        request?: { id?: string };
      };
      const id = request?.id ?? '';
      seen.set(id, [...(seen.get(id) ?? []), type === 'response' ? `${type} ${outcome}` : type]);
    }
    const missing = [...refusals].filter(
      ([id, code]) => JSON.stringify(seen.get(id)) !== JSON.stringify(['request', `response ${code}`]),
    );
    expect(missing.slice(0, 5)).toEqual([]);
    expect(refusals.size).toBeGreaterThan(3_000);
    const leaks = text.split('\n').flatMap((line) => (line.includes(canary) ? placesOf(JSON.parse(line), '') : []));
    expect([...new Set(leaks)].filter((place) => !namesInClear.test(place))).toEqual([]);
  });
});

describe('while sealed', () => {
  it('every route but those that open the server answers 503 and nothing else, to everybody', async () => {
    expect((await server.root('PUT', 'sys/seal')).status).toBe(204);
    let refused = 0;
    for (const [prefix, route] of allRoutes()) {
      if (route.whileSealed) continue;
      for (const token of [undefined, server.rootToken, 'garbage']) {
        const answer = await server.call(route.verb, pathOf(prefix, route), {
          ...(token !== undefined && { token }),
          ...(bodyVerbs.has(route.verb) && { body: { password: 'correct horse battery', name: 'x' } }),
        });
        expect(answer.status, `${route.verb} ${pathOf(prefix, route)}`).toBe(503);
        if (route.verb !== 'HEAD') expect(answer.json.errors).toEqual(['Vault is sealed']);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(300);
    await server.call('POST', 'sys/unseal', { body: { key: server.shares[0] as string } });
    expect((await server.root('GET', 'secret/data/x')).status).toBe(200);
  });
});
