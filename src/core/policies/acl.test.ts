import { describe, expect, it } from 'vitest';
import { type JsonObject, ManualClock } from '../../lib/index.ts';
import type { Acl } from './acl.ts';
import { compileAcl } from './compile-acl.ts';
import type { Operation } from './index.ts';
import { parsePolicy } from './parse-policy.ts';

const acl = (...texts: string[]): Acl =>
  compileAcl(texts.map((text, index) => ({ name: `p${index}`, policy: parsePolicy(text) })));
const onApp = (body: string): string =>
  `path "app" { capabilities = ["create", "read", "update", "patch", "delete", "list"] ${body} }`;
const why = (rights: Acl, parameters: JsonObject, operation: Operation = 'update') =>
  rights.decide({ path: 'app', operation, parameters }).reason;

describe('parameters', () => {
  it('a required one must be there, whatever the case of its name', () => {
    const rights = acl(onApp('required_parameters = ["Owner"]'));
    expect(why(rights, {})).toBe('parameter_missing');
    expect(why(rights, { ownr: 1 })).toBe('parameter_missing');
    expect(why(rights, { OWNER: null })).toBeUndefined();
  });

  it('a denied one is refused for any value, or for the values and globs listed', () => {
    const rights = acl(onApp('denied_parameters = { admin = [] size = ["big", "hu*", 5, true] }'));
    for (const parameters of [{ admin: '' }, { ADMIN: false }, { size: 'big' }, { size: 'huge' }, { size: 5 }]) {
      expect(why(rights, parameters), JSON.stringify(parameters)).toBe('parameter_denied');
    }
    for (const parameters of [{}, { size: 'small' }, { size: 6 }, { size: 'a hug' }, { other: 'admin' }]) {
      expect(why(rights, parameters), JSON.stringify(parameters)).toBeUndefined();
    }
  });

  it('a denied value is found in the shapes in which fields are read leniently', () => {
    const rights = acl(onApp('denied_parameters = { policies = ["root"] ttl = [5] }'));
    for (const value of ['root', 'ROOT', 'a,root', 'a, root', ['a', 'root'], ['a,root'], [['root']]]) {
      expect(why(rights, { policies: value }), JSON.stringify(value)).toBe('parameter_denied');
    }
    expect(why(rights, { ttl: '5' })).toBe('parameter_denied');
    expect(why(rights, { policies: ['a', 'roots'] })).toBeUndefined();
  });

  it('"*" denies every parameter, but not a request without any', () => {
    const rights = acl(onApp('denied_parameters = { "*" = [] }'));
    expect(why(rights, { a: 1 })).toBe('parameter_denied');
    expect(why(rights, {})).toBeUndefined();
  });

  it('where some are allowed, all others are refused; an empty list means any value, "*" any name', () => {
    const listed = acl(onApp('allowed_parameters = { name = ["a*"] note = [] }'));
    expect(why(listed, { name: 'ann', note: { deep: [1] } })).toBeUndefined();
    expect(why(listed, { NAME: 'ann' })).toBeUndefined();
    expect(why(listed, { name: 'bob' })).toBe('parameter_not_allowed');
    expect(why(listed, { name: ['ann'] })).toBe('parameter_not_allowed');
    expect(why(listed, { name: 'ann', other: 1 })).toBe('parameter_not_allowed');
    expect(why(listed, {})).toBeUndefined();
    const open = acl(onApp('allowed_parameters = { name = ["a*"] "*" = [] }'));
    expect(why(open, { name: 'ann', other: 1 })).toBeUndefined();
    expect(why(open, { name: 'bob' })).toBe('parameter_not_allowed');
    expect(why(acl(onApp('allowed_parameters = { }')), { a: 1 })).toBeUndefined();
  });

  it('values that are no text compare as a whole', () => {
    const rights = acl(onApp('allowed_parameters = { v = [true, 5, ["a", 1], { k = "x" }] }'));
    for (const v of [true, 5, ['a', 1], { k: 'x' }]) expect(why(rights, { v }), JSON.stringify(v)).toBeUndefined();
    for (const v of [false, 6, ['a'], ['a', 1, 2], { k: 'y' }, { k: 'x', l: 1 }, null, 'true']) {
      expect(why(rights, { v }), JSON.stringify(v)).toBe('parameter_not_allowed');
    }
  });

  it('names that are internals of objects are names like any other', () => {
    const rights = acl(onApp('allowed_parameters = { a = [] }'));
    const sent = JSON.parse('{"__proto__": 1, "a": 2}') as JsonObject;
    expect(why(rights, sent)).toBe('parameter_not_allowed');
    expect(why(rights, { constructor: 1 } as unknown as JsonObject)).toBe('parameter_not_allowed');
  });

  it('they bind reading and writing, and not deleting and listing', () => {
    const rights = acl(onApp('required_parameters = ["owner"] denied_parameters = { "*" = [] }'));
    for (const operation of ['read', 'create', 'update', 'patch'] as const) {
      expect(why(rights, {}, operation), operation).toBe('parameter_missing');
    }
    expect(why(rights, {}, 'delete')).toBeUndefined();
    expect(why(rights, { a: 1 }, 'list')).toBeUndefined();
  });
});

describe('several policies on one pattern', () => {
  it('capabilities unite, values of a parameter are joined, and a restriction of one binds the other', () => {
    const rights = acl(
      'path "app" { capabilities = ["read"] }',
      'path "app" { capabilities = ["update"] allowed_parameters = { size = ["small"] } }',
      'path "app" { capabilities = ["update"] allowed_parameters = { size = ["medium"] } }',
    );
    expect(rights.capabilities('app')).toEqual(['read', 'update']);
    expect(why(rights, { size: 'small' })).toBeUndefined();
    expect(why(rights, { size: 'medium' })).toBeUndefined();
    expect(why(rights, { size: 'large' })).toBe('parameter_not_allowed');
    expect(why(rights, { other: 1 })).toBe('parameter_not_allowed');
  });

  it('an empty list on either side allows any value', () => {
    const rights = acl(onApp('allowed_parameters = { size = ["small"] }'), onApp('allowed_parameters = { size = [] }'));
    expect(why(rights, { size: 'large' })).toBeUndefined();
  });

  it('a deny drops everything else, whichever policy comes first', () => {
    const deny = 'path "app" { capabilities = ["deny"] }';
    for (const rights of [acl(deny, onApp('')), acl(onApp(''), deny), acl(onApp(''), deny, onApp(''))]) {
      expect(rights.capabilities('app')).toEqual(['deny']);
      expect(why(rights, {})).toBe('explicit_deny');
    }
  });

  it('of wrapping bounds and page sizes the smaller one counts', () => {
    const rights = acl(
      'path "app" { capabilities = ["read", "list"] max_wrapping_ttl = "2h" pagination_limit = 10 }',
      'path "app" { capabilities = ["read"] max_wrapping_ttl = "1h" min_wrapping_ttl = "1m" pagination_limit = 5 }',
    );
    const wrapped = (seconds: number | undefined) =>
      rights.decide({ path: 'app', operation: 'read', wrapTtlSeconds: seconds }).reason;
    expect(wrapped(undefined)).toBe('wrapping_required');
    expect(wrapped(0)).toBe('wrapping_required');
    expect(wrapped(59)).toBe('wrapping_ttl_too_short');
    expect(wrapped(60)).toBeUndefined();
    expect(wrapped(3_601)).toBe('wrapping_ttl_too_long');
    const page = (limit: unknown) =>
      rights.decide({ path: 'app', operation: 'list', wrapTtlSeconds: 60, parameters: { limit } as JsonObject });
    expect(page(5)).toMatchObject({ allowed: true, paginationLimit: 5 });
    for (const limit of [6, 0, -1, 'all', 1e9, ['1']]) expect(page(limit).reason, String(limit)).toBe('page_too_large');
  });
});

describe('a rule with an end', () => {
  it('grants until then and not a moment longer; the broader rule behind it decides again', () => {
    const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
    const policy = parsePolicy(
      `path "app/*" { capabilities = ["list"] }
       path "app/x" { capabilities = ["read"] expiration = "2026-01-01T00:01:00Z" }`,
    );
    const rights = compileAcl([{ name: 'p', policy }], { clock });
    clock.advanceSeconds(59);
    expect(rights.capabilities('app/x')).toEqual(['read']);
    clock.advanceSeconds(1);
    expect(rights.capabilities('app/x')).toEqual(['list']);
    expect(rights.explain({ path: 'app/x', operation: 'read' }).dropped).toEqual([
      { policyName: 'p', path: 'app/x', why: 'expired' },
    ]);
  });
});

describe('what else is asked of rights', () => {
  it('root allows everything, whatever stands beside it', () => {
    const rights = compileAcl([
      { name: 'p', policy: parsePolicy('path "*" { capabilities = ["deny"] }') },
      { name: 'root', policy: parsePolicy('') },
    ]);
    expect(rights.decide({ path: 'sys/seal', operation: 'update' })).toMatchObject({
      allowed: true,
      sudo: true,
      root: true,
    });
    expect(rights.capabilities('x')).toEqual(['root']);
  });

  it('sudo counts only in the rule that decides', () => {
    const rights = acl(
      'path "sys/*" { capabilities = ["update", "sudo"] } path "sys/seal" { capabilities = ["update"] }',
    );
    expect(rights.decide({ path: 'sys/seal', operation: 'update' })).toMatchObject({ allowed: true, sudo: false });
    expect(rights.decide({ path: 'sys/other', operation: 'update' })).toMatchObject({ allowed: true, sudo: true });
  });

  it('a mount is shown to whoever is granted anything below it, and to nobody whose grant is hidden by a deny', () => {
    const shown = (text: string, prefix = 'secret/') => acl(text).allowsAnythingUnder(prefix);
    expect(shown('path "secret/data/a" { capabilities = ["read"] }')).toBe(true);
    expect(shown('path "secret" { capabilities = ["list"] }')).toBe(true);
    expect(shown('path "+/data/a" { capabilities = ["read"] }')).toBe(true);
    expect(shown('path "sec*" { capabilities = ["read"] }')).toBe(true);
    expect(shown('path "secrets/a" { capabilities = ["read"] }')).toBe(false);
    expect(shown('path "secret/a" { capabilities = ["deny"] }')).toBe(false);
    expect(shown('path "*" { capabilities = ["read"] } path "secret/*" { capabilities = ["deny"] }')).toBe(false);
  });

  it('an explanation names the rule that decided, those it replaced, and what would help', () => {
    const rights = acl('path "secret/*" { capabilities = ["read"] }', 'path "secret/+/db" { capabilities = ["deny"] }');
    expect(rights.explain({ path: 'secret/a/db', operation: 'read' })).toMatchObject({
      allowed: false,
      reason: 'explicit_deny',
      rule: { pattern: 'secret/+/db', policies: [{ name: 'p1', capabilities: ['deny'] }] },
      replaced: [{ pattern: 'secret/*' }],
      remedy: expect.stringContaining('policy "p1"'),
    });
    expect(rights.explain({ path: 'other', operation: 'read' })).toMatchObject({ reason: 'no_rule', rule: undefined });
    expect(rights.explain({ path: 'secret/a', operation: 'update' }).remedy).toContain('"update"');
    expect(rights.explain({ path: 'secret/a', operation: 'read' })).toMatchObject({ allowed: true, remedy: undefined });
  });

  it('a key filter names for each key the path that must be granted', () => {
    const rights = acl(
      `path "kv/meta/*" {
         capabilities = ["list"]
         list_scan_response_keys_filter_path = "{{ .path | replace \\"meta\\" \\"data\\" }}{{ .key | trimSuffix \\"/\\" }}"
       }
       path "kv/data/a" { capabilities = ["read"] }
       path "kv/data/b" { capabilities = ["update"] }
       path "kv/data/folder" { capabilities = ["list"] }`,
    );
    const { keyFilter } = rights.decide({ path: 'kv/meta', operation: 'list' });
    if (!keyFilter) throw new Error('no filter');
    const shows = (key: string) => rights.showsListedKey(keyFilter, 'kv/meta', key);
    expect(['a', 'b', 'c', 'folder/'].filter(shows)).toEqual(['a', 'folder/']);
  });
});
