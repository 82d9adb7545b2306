import { describe, expect, it } from 'vitest';
import { compileAcl } from './compile-acl.ts';
import { type PolicyOptions, parsePolicy } from './parse-policy.ts';
import type { TemplateIdentity } from './path-template.ts';

const identity = (metadata: Record<string, string> = {}): TemplateIdentity => ({
  entity: {
    id: 'e-1',
    name: 'ann',
    metadata,
    aliases: [
      {
        mountAccessor: 'auth_userpass_1',
        id: 'a-1',
        name: 'ann.p',
        metadata: { team: 'blue' },
        customMetadata: { c: 'x' },
      },
      { mountAccessor: 'auth_cert_2', id: 'a-2', name: 'ann.c', metadata: { team: 'red' }, customMetadata: {} },
    ],
  },
  groups: [{ id: 'g-1', name: 'ops', metadata: { floor: '3' } }],
});

const reads = (pattern: string, path: string, who?: TemplateIdentity, options: PolicyOptions = {}): boolean => {
  const policy = parsePolicy(`path "${pattern}" { capabilities = ["read"] }`, options);
  return compileAcl([{ name: 'p', policy }], { identity: who }).decide({ path, operation: 'read' }).allowed;
};

describe('templates', () => {
  it('every selector takes the value of the caller’s own entity, alias or group', () => {
    const values = {
      '{{identity.entity.id}}': 'e-1',
      '{{ identity.entity.name }}': 'ann',
      '{{identity.entity.metadata.scope}}': 'here',
      '{{identity.entity.aliases.auth_userpass_1.id}}': 'a-1',
      '{{identity.entity.aliases.auth_userpass_1.name}}': 'ann.p',
      '{{identity.entity.aliases.auth_userpass_1.metadata.team}}': 'blue',
      '{{identity.entity.aliases.auth_userpass_1.custom_metadata.c}}': 'x',
      '{{identity.groups.ids.g-1.name}}': 'ops',
      '{{identity.groups.names.ops.id}}': 'g-1',
      '{{identity.groups.names.ops.metadata.floor}}': '3',
    };
    for (const [template, value] of Object.entries(values)) {
      expect(reads(`a/${template}/b`, `a/${value}/b`, identity({ scope: 'here' })), template).toBe(true);
      expect(reads(`a/${template}/b`, 'a/other/b', identity({ scope: 'here' })), template).toBe(false);
    }
  });

  it('ACL-11: metadata of an alias is taken from the mount named, never from another alias', () => {
    const pattern = 'a/{{identity.entity.aliases.auth_cert_2.metadata.team}}';
    expect(reads(pattern, 'a/red', identity())).toBe(true);
    expect(reads(pattern, 'a/blue', identity())).toBe(false);
    expect(reads('a/{{identity.entity.aliases.auth_ldap_3.metadata.team}}', 'a/blue', identity())).toBe(false);
  });

  it('a value that is missing drops the rule: it grants nothing, not the path without the value', () => {
    for (const pattern of [
      'a/{{identity.entity.metadata.nope}}',
      'a/{{identity.entity.metadata.constructor}}',
      'a/{{identity.entity.metadata.__proto__}}',
      'a/{{identity.groups.ids.g-2.name}}',
      'a/{{identity.entity.aliases.auth_userpass_1.metadata.toString}}',
    ]) {
      for (const path of ['a/', 'a', 'a/undefined', 'a/[object Object]', `a/${pattern}`]) {
        expect(reads(pattern, path, identity()), pattern).toBe(false);
      }
    }
    expect(reads('a/{{identity.entity.id}}', 'a/e-1', undefined), 'no entity, no rule').toBe(false);
  });

  it('ACL-10: a value that would change the shape of a path drops the rule, unless the policy says it may', () => {
    const pattern = 'a/{{identity.entity.metadata.scope}}/*';
    for (const scope of ['x/y', '+', '*', 'x*', '..', '.', '', 'x\u0000', 'x\u202ey', 'x\ny']) {
      for (const path of [`a/${scope}/z`, 'a/x/y/z', 'a/q/z']) {
        expect(reads(pattern, path, identity({ scope })), JSON.stringify(scope)).toBe(false);
      }
    }
    const slashes = { allowSlashesInIdentityTemplates: true };
    expect(reads(pattern, 'a/x/y/z', identity({ scope: 'x/y' }), slashes)).toBe(true);
    expect(reads(pattern, 'a/q/z', identity({ scope: '+' }), slashes)).toBe(false);
    expect(reads(pattern, 'a/q/z', identity({ scope: '+' }), { allowWildcardsInIdentityTemplates: true })).toBe(true);
    expect(reads(pattern, 'a/..x/z', identity({ scope: '..x' }))).toBe(true);
  });

  it('a value is never read as a template itself', () => {
    const who = identity({ scope: '{{identity.entity.id}}' });
    expect(reads('a/{{identity.entity.metadata.scope}}', 'a/e-1', who)).toBe(false);
  });
});
