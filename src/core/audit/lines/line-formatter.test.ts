import { describe, expect, it } from 'vitest';
import { isError, type JsonObject, SecretBytes, SecretText } from '../../../lib/index.ts';
import type { AuditEntry } from '../audit-entry.ts';
import { entryOf, hashKey, parseLine, requestOf } from '../audit-fixture.ts';
import { lineLimits } from './data-text.ts';
import { completeFormat, defaultFormat, type FormatOptions } from './format-options.ts';
import { LineFormatter } from './line-formatter.ts';
import { ValueHasher } from './value-hasher.ts';

const hasher = new ValueHasher(hashKey);
const hash = (text: string): string => hasher.text(text);

function text(type: 'request' | 'response', entry: AuditEntry, format: Partial<FormatOptions> = {}): string {
  return `${new LineFormatter({ ...defaultFormat, ...format }, hasher).line(type, entry)}}`;
}

function line(type: 'request' | 'response', entry: AuditEntry, format: Partial<FormatOptions> = {}): JsonObject {
  return parseLine(text(type, entry, format));
}

const full: AuditEntry = {
  timeMillis: Date.UTC(2026, 0, 2, 3, 4, 5, 60),
  auth: {
    clientToken: 'hvs.caller',
    accessor: 'accessor-1',
    displayName: 'approle-web',
    policies: ['default', 'web'],
    tokenPolicies: ['default'],
    identityPolicies: ['web'],
    noDefaultPolicy: true,
    policyResults: { allowed: true, grantingPolicies: [{ name: 'web', namespaceId: 'root', type: 'acl' }] },
    metadata: { role: 'web' },
    numUses: 9,
    remainingUses: 8,
    entityId: 'entity-1',
    entityCreated: true,
    tokenType: 'service',
    tokenTtlSeconds: 3600,
    tokenIssueTime: '2026-01-02T03:00:00Z',
    credentialId: 'key-1',
  },
  request: {
    id: 'request-1',
    route: 'kv.data.write',
    clientId: 'client-1',
    operation: 'create',
    mount: { point: 'kv/', type: 'kv', accessor: 'kv_1', runningVersion: 'v1', class: 'secret' },
    clientToken: new SecretText('hvs.caller'),
    clientTokenAccessor: 'accessor-1',
    namespace: { id: 'root', path: '' },
    path: 'kv/data/app',
    data: { password: 'hunter2', count: 3, on: true, none: null, list: ['a', ['b']], deep: { time: '2026-01-01' } },
    remoteAddress: '192.0.2.7',
    remotePort: 4321,
    wrapTtlSeconds: 60,
    headers: [
      { name: 'x-correlation-id', values: ['abc'], hash: false },
      { name: 'x-private', values: ['def'], hash: true },
    ],
    clientCertificateSerialNumber: '42',
  },
  response: {
    auth: { clientToken: 'hvs.new', accessor: 'accessor-2', policies: ['web'], metadata: { a: 'b' } },
    leaseId: 'database/creds/1',
    data: { key: 'value' },
    warnings: ['mind the gap'],
    redirect: 'https://other',
    wrapInfo: {
      ttlSeconds: 60,
      token: 'hvs.wrap',
      accessor: 'accessor-3',
      creationTime: '2026-01-02T03:04:05Z',
      creationPath: 'kv/data/app',
      wrappedAccessor: 'accessor-2',
    },
    headers: [{ name: 'x-out', values: ['ghi'], hash: true }],
  },
  error: 'permission denied',
  outcome: 'permission_denied',
};

function keysOf(value: unknown): string[] {
  return Object.keys(value as object);
}

describe('the members of a line', () => {
  const response = line('response', full);
  const request = response['request'] as JsonObject;

  it("come in Vault's order, ours last", () => {
    expect(keysOf(response)).toEqual(['time', 'type', 'auth', 'request', 'response', 'error', 'outcome']);
    const identity =
      'client_token accessor display_name policies token_policies identity_policies no_default_policy policy_results ' +
      'metadata num_uses remaining_uses entity_id entity_created token_type token_ttl token_issue_time credential_id';
    expect(keysOf(response['auth'])).toEqual(identity.split(' '));
    const asked =
      'id client_id operation mount_point mount_type mount_accessor mount_running_version mount_class client_token ' +
      'client_token_accessor namespace path data remote_address remote_port wrap_ttl headers ' +
      'client_certificate_serial_number route';
    expect(keysOf(request)).toEqual(asked.split(' '));
    const answered =
      'auth mount_point mount_type mount_accessor mount_running_version mount_class secret data warnings redirect ' +
      'wrap_info headers';
    expect(keysOf(response['response'])).toEqual(answered.split(' '));
    const wrapping = 'ttl token accessor creation_time creation_path wrapped_accessor';
    expect(keysOf((response['response'] as JsonObject)['wrap_info'])).toEqual(wrapping.split(' '));
  });

  it('that are empty are left out', () => {
    const empty: AuditEntry = {
      timeMillis: 0,
      auth: { displayName: '', policies: [], metadata: {}, remainingUses: 0, noDefaultPolicy: false },
      request: { id: 'r', path: 'sys/x', data: {}, headers: [], namespace: { id: 'root', path: '' }, remotePort: 0 },
      error: '',
    };
    expect(text('request', empty)).toBe(
      '{"time":"1970-01-01T00:00:00.000Z","type":"request","auth":{},' +
        '"request":{"id":"r","namespace":{"id":"root"},"path":"sys/x"}}',
    );
    expect(keysOf(line('request', entryOf('r')))).toEqual(['time', 'type', 'request']);
  });

  it('show strings of data as keyed hashes; keys, numbers, booleans and null in clear', () => {
    expect(request['data']).toEqual({
      password: hash('hunter2'),
      count: 3,
      on: true,
      none: null,
      list: [hash('a'), [hash('b')]],
      deep: { time: hash('2026-01-01') },
    });
  });

  it('show paths, names, policies, metadata, lease ids, errors and warnings in clear', () => {
    expect(request['path']).toBe('kv/data/app');
    expect(response['auth']).toMatchObject({ display_name: 'approle-web', metadata: { role: 'web' } });
    expect(response['response']).toMatchObject({
      secret: { lease_id: 'database/creds/1' },
      warnings: ['mind the gap'],
    });
    expect(response['error']).toBe('permission denied');
  });

  it('show headers as the operator chose', () => {
    expect(request['headers']).toEqual({ 'x-correlation-id': ['abc'], 'x-private': [hash('def')] });
  });

  it('hash accessors and credential ids unless told otherwise', () => {
    expect(response['auth']).toMatchObject({ accessor: hash('accessor-1'), credential_id: hash('key-1') });
    const clear = line('response', full, { hmacAccessor: false });
    expect(clear['auth']).toMatchObject({ accessor: 'accessor-1', client_token: hash('hvs.caller') });
    expect(clear['response']).toMatchObject({
      auth: { accessor: 'accessor-2', client_token: hash('hvs.new') },
      wrap_info: { accessor: 'accessor-3', wrapped_accessor: 'accessor-2', token: hash('hvs.wrap') },
    });
  });

  it('keep the values of exempt keys in clear: the last map key counts', () => {
    const data = { shown: 'a', list: { shown: ['b', { hidden: 'c' }] }, hidden: { shown: 'd' } };
    const clearKeys = new Set(['shown']);
    const { request: asked } = line('request', entryOf('r', { request: requestOf('r', { data, clearKeys }) }));
    expect((asked as JsonObject)['data']).toEqual({
      shown: 'a',
      list: { shown: ['b', { hidden: hash('c') }] },
      hidden: { shown: 'd' },
    });
  });

  it('count lists instead of naming them where that is chosen, for list operations only', () => {
    const data = { keys: ['a', 'b'], key_info: { a: {}, b: {}, c: {} }, other: 'x' };
    const list = entryOf('r', { request: requestOf('r', { operation: 'list' }), response: { data } });
    const elided = line('response', list, { elideListResponses: true })['response'] as JsonObject;
    expect(elided['data']).toEqual({ keys: 2, key_info: 3, other: hash('x') });
    const read = line('response', entryOf('r', { response: { data } }), { elideListResponses: true });
    expect((read['response'] as JsonObject)['data']).toMatchObject({ keys: [hash('a'), hash('b')] });
  });

  it('treat __proto__ as a key like any other', () => {
    const data: unknown = JSON.parse('{"__proto__":{"a":"b"}}');
    expect(text('request', entryOf('r', { request: requestOf('r', { data }) }))).toContain(
      `"data":{"__proto__":{"a":"${hash('b')}"}}`,
    );
  });
});

describe('secrets', () => {
  const canary = 'CANARY-1b1f';

  function everywhere(): AuditEntry {
    const tree = {
      text: canary,
      list: [canary, [canary]],
      map: { deep: { deeper: canary } },
      secret: new SecretText(canary),
      secretBytes: new SecretBytes(Buffer.from(canary)),
      object: { toJSON: () => canary },
      long: canary.repeat(20_000),
    };
    const auth = { clientToken: canary, accessor: canary, credentialId: canary };
    const headers = [{ name: 'authorization', values: [canary], hash: true }];
    return {
      timeMillis: 0,
      auth,
      request: { id: 'r', path: 'p', clientToken: canary, clientTokenAccessor: canary, data: tree, headers },
      response: { auth, data: tree, headers, wrapInfo: { token: canary, accessor: canary, wrappedAccessor: canary } },
    };
  }

  it('AUD-02: no credential, accessor, header or value of data appears in clear', () => {
    for (const type of ['request', 'response'] as const) {
      const written = text(type, everywhere());
      expect(written).not.toContain(canary);
      expect(written).not.toContain(Buffer.from(canary).toString('base64').slice(0, 12));
      expect(written).toContain(hash(canary));
    }
  });

  it('AUD-02: an exempt value longer than the limit is hashed all the same', () => {
    const data = { shown: canary.repeat(lineLimits.maxClearLength) };
    const asked = requestOf('r', { data, clearKeys: new Set(['shown']) });
    expect(text('request', entryOf('r', { request: asked }))).not.toContain(canary);
  });

  it('AUD-03: bytes of any kind are hashed as base64 text, even where strings are clear', () => {
    const bytes = Buffer.from(canary);
    const exact = new Uint8Array(bytes);
    const kinds: unknown[] = [bytes, exact, exact.buffer, new DataView(exact.buffer), new SecretBytes(exact), [bytes]];
    for (const value of kinds) {
      const response = { data: { http_raw_body: value }, clearKeys: new Set(['http_raw_body']) };
      for (const format of [{}, { logRaw: true }]) {
        const written = text('response', entryOf('r', { response }), format);
        expect(written).not.toContain(canary);
        expect(written).not.toContain(bytes.toString('base64'));
        expect(written).not.toContain([...bytes].join(','));
        expect(written).toContain(hash(bytes.toString('base64')));
      }
    }
  });

  it('AUD-03: a raw body that is the whole of the data is hashed too', () => {
    const written = line('response', entryOf('r', { response: { data: Buffer.from(canary) } }));
    expect(written['response']).toEqual({ data: hash(Buffer.from(canary).toString('base64')) });
  });

  it('are in clear where log_raw was allowed, but not those of a secret type', () => {
    const written = text('request', everywhere(), { logRaw: true });
    expect(written).toContain(`"text":"${canary}"`);
    expect(written).toContain(`"secret":"${hash(canary)}"`);
  });
});

describe('limits', () => {
  const refused = (data: unknown): unknown => {
    try {
      return text('request', entryOf('r', { request: requestOf('r', { data }) }));
    } catch (error) {
      return isError(error, 'invalid_request');
    }
  };

  it('AUD-07: a megabyte and ten thousand fields make one whole line', () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field-${index}`, `v${index}`]));
    const asked = requestOf('r', { data: { large: 'x'.repeat(1_048_576), fields } });
    const written = line('request', entryOf('r', { request: asked }));
    const data = (written['request'] as JsonObject)['data'] as JsonObject;
    expect(data['large']).toBe(hash('x'.repeat(1_048_576)));
    expect(keysOf(data['fields'])).toHaveLength(10_000);
  });

  it('AUD-07: what is too deep, too many or too long is refused whole', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth <= lineLimits.maxDepth; depth += 1) deep = [deep];
    expect(refused({ deep })).toBe(true);
    expect(refused({ many: new Array(lineLimits.maxValues).fill(1) })).toBe(true);
    expect(refused({ ['k'.repeat(lineLimits.maxLineLength)]: 1 })).toBe(true);
    const circle: Record<string, unknown> = {};
    circle['circle'] = circle;
    expect(refused(circle)).toBe(true);
  });

  it('AUD-06: hostile names stay inside one line', () => {
    const evil = 'a\nb\r\u2028"}\u001b[2J';
    const asked = requestOf(evil, { path: evil, data: { [evil]: evil }, remoteAddress: evil });
    const written = text(
      'request',
      entryOf('r', { request: asked, auth: { displayName: evil, metadata: { [evil]: evil } } }),
    );
    expect(written).toMatch(/^[\x20-\x7e]+$/);
    expect(parseLine(written)['auth']).toEqual({ display_name: evil, metadata: { [evil]: evil } });
  });

  it('refuses log_raw unless allowed, and prefixes that hide or break lines', () => {
    expect(() => completeFormat({ logRaw: true }, false)).toThrow('log_raw is not allowed');
    expect(completeFormat({ logRaw: true }, true).logRaw).toBe(true);
    expect(completeFormat({ prefix: '@cee: ' }, false).prefix).toBe('@cee: ');
    for (const prefix of ['{', 'a\n', '\u001b[2J', '\u2028', 'x'.repeat(129)]) {
      expect(() => completeFormat({ prefix }, false)).toThrow('invalid prefix');
    }
  });
});
