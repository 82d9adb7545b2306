import { describe, expect, it } from 'vitest';
import { compileAcl } from './compile-acl.ts';
import { defaultPolicyText } from './default-policy.ts';
import { parsePolicy } from './parse-policy.ts';

const block = (body: string, path = 'a/b'): string => `path "${path}" { ${body} }`;
const capabilitiesOf = (text: string, path = 'a/b'): string[] =>
  compileAcl([{ name: 'p', policy: parsePolicy(text) }]).capabilities(path);

describe('the policy language', () => {
  it('reads HCL and JSON alike', () => {
    const json = JSON.stringify({ name: 'p', path: { 'a/b': { capabilities: ['read', 'list'] } } });
    expect(capabilitiesOf(json)).toEqual(['list', 'read']);
    expect(capabilitiesOf(`name = "p"\n${block('capabilities = ["read", "list"]')}`)).toEqual(['list', 'read']);
  });

  it('the old one-word form stands for its capabilities', () => {
    const words = {
      deny: ['deny'],
      read: ['list', 'read'],
      write: ['create', 'delete', 'list', 'read', 'update'],
      sudo: ['create', 'delete', 'list', 'read', 'sudo', 'update'],
    };
    for (const [word, expected] of Object.entries(words)) {
      expect(capabilitiesOf(block(`policy = "${word}"`)), word).toEqual(expected);
    }
    expect(capabilitiesOf(block('policy = "read" capabilities = ["update"]'))).toEqual(['list', 'read', 'update']);
  });

  it('deny in a list leaves deny alone; an empty list grants nothing', () => {
    expect(capabilitiesOf(block('capabilities = ["read", "deny", "sudo"]'))).toEqual(['deny']);
    expect(capabilitiesOf(block('capabilities = []'))).toEqual(['deny']);
    expect(capabilitiesOf(block(''))).toEqual(['deny']);
    expect(capabilitiesOf('')).toEqual(['deny']);
  });

  it('a leading slash of a path is not part of it; a star or plus inside a segment is a letter', () => {
    expect(capabilitiesOf(block('capabilities = ["read"]', '/a/b'))).toEqual(['read']);
    const literal = block('capabilities = ["read"]', 'a/*/c+d');
    expect(capabilitiesOf(literal, 'a/*/c+d')).toEqual(['read']);
    expect(capabilitiesOf(literal, 'a/x/c+d')).toEqual(['deny']);
  });

  it('keys that would grant less than their author means are refused, not ignored', () => {
    const refused = [
      block('capabilities = ["Read"]'),
      block('capabilities = ["read", 5]'),
      block('capabilities = "read"'),
      block('policy = "admin"'),
      block('capabilitie = ["read"]'),
      block('capabilities = ["read"] capabilities = ["list"]'),
      block('capabilities = ["read"] control_group = { factor = {} }'),
      block('capabilities = ["read"] mfa_methods = ["totp"]'),
      block('capabilities = ["read"] allowed_parameters = ["a"]'),
      block('capabilities = ["read"] allowed_parameters = { a = "b" }'),
      block('capabilities = ["read"] denied_parameters = { a = [] A = [] }'),
      block('capabilities = ["read"] min_wrapping_ttl = "2h" max_wrapping_ttl = "1h"'),
      block('capabilities = ["read"] min_wrapping_ttl = "-2h"'),
      block('capabilities = ["read"] expiration = "tomorrow"'),
      block('capabilities = ["list"] pagination_limit = -1'),
      block('capabilities = ["list"] list_scan_response_keys_filter_path = "same/for/all"'),
      block('capabilities = ["read"]', 'a/+*'),
      block('capabilities = ["read"]', 'a/{{identity.entity.nope}}'),
      block('capabilities = ["read"]', 'a/{{identity.entity.id'),
      block('capabilities = ["read"]', 'x'.repeat(5_000)),
      `${block('capabilities = ["read"]')} ${block('capabilities = ["list"]')}`,
      `${block('capabilities = ["read"]')} ${block('capabilities = ["list"]', '/a/b')}`,
      'rule "a" { capabilities = ["read"] }',
      'path { capabilities = ["read"] }',
      'path "a" "b" { capabilities = ["read"] }',
      'path = "a"',
      'name = ["p"]',
      'path "a" { capabilities = ["read"]',
      '{"path": {"a": {"capabilities": ["read"]}',
    ];
    for (const text of refused) {
      expect(() => parsePolicy(text), text).toThrow(/^failed to parse policy: /);
    }
  });

  it('an empty list of second factors asks for none; a comment has no effect', () => {
    expect(capabilitiesOf(block('capabilities = ["read"] mfa_methods = [] comment = "why"'))).toEqual(['read']);
  });

  it('a refusal names line, column and the nearest word that is known', () => {
    try {
      parsePolicy('\n  path "a" {\n    capabilities = ["raed"]\n  }\n');
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).toMatch(/line 3, column \d+: invalid capability "raed"/);
      expect((error as { hint?: string }).hint).toContain('"read"');
    }
  });

  it('texts made to be expensive are refused or read in no time', { timeout: 10_000 }, () => {
    const deep = `${'{"path":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    expect(() => parsePolicy(deep)).toThrow(/^failed to parse policy/);
    expect(() => parsePolicy(block(`capabilities = ${'['.repeat(10_000)}`))).toThrow(/^failed to parse policy/);
    expect(() => parsePolicy('#'.repeat(1_048_577))).toThrow(/^failed to parse policy/);
    const many = Array.from({ length: 5_000 }, (_, index) => block('capabilities = ["read"]', `+/${index}/+`)).join(
      '\n',
    );
    const acl = compileAcl([{ name: 'many', policy: parsePolicy(many) }]);
    expect(acl.decide({ path: 'x/4999/y', operation: 'read' }).allowed).toBe(true);
    expect(acl.decide({ path: 'x/5000/y', operation: 'read' }).allowed).toBe(false);
  });

  it('the built-in default policy parses and lets a token look after itself, and no other', () => {
    const own = { id: 'e-1', name: 'ann', metadata: {}, aliases: [] };
    const acl = compileAcl([{ name: 'default', policy: parsePolicy(defaultPolicyText) }], {
      identity: { entity: own, groups: [] },
    });
    const allows = (operation: 'read' | 'update' | 'create', path: string) => acl.decide({ path, operation }).allowed;
    expect(allows('read', 'auth/token/lookup-self')).toBe(true);
    expect(allows('update', 'auth/token/renew-self')).toBe(true);
    expect(allows('update', 'sys/capabilities-self')).toBe(true);
    expect(allows('create', 'cubbyhole/x')).toBe(true);
    expect(allows('read', 'identity/entity/id/e-1')).toBe(true);
    expect(allows('read', 'identity/entity/name/ann')).toBe(true);
    expect(allows('read', 'identity/entity/id/e-2')).toBe(false);
    expect(allows('update', 'auth/token/create')).toBe(false);
    expect(allows('update', 'auth/token/lookup')).toBe(false);
    expect(allows('read', 'secret/data/x')).toBe(false);
    expect(allows('update', 'sys/leases/revoke')).toBe(false);
  });
});
