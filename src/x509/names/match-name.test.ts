import { describe, expect, it } from 'vitest';
import { isNormalUri, matchesDnsName, matchesEmail, matchesUri } from './index.ts';

type Matches = (pattern: string, name: string) => boolean;
function judge(matches: Matches, pattern: string, yes: readonly string[], no: readonly string[]): void {
  for (const name of yes) expect([pattern, name, matches(pattern, name)]).toEqual([pattern, name, true]);
  for (const name of no) expect([pattern, name, matches(pattern, name)]).toEqual([pattern, name, false]);
}

describe('MTL-09: names of certificates against the patterns of a role', () => {
  it.each([
    [
      'app.corp',
      ['app.corp', 'APP.corp'],
      ['app.corp.', '.app.corp', 'app.corp.evil', 'evilapp.corp', 'app..corp', ''],
    ],
    ['*.corp', ['a.corp', '*.corp'], ['a.b.corp', '.corp', 'corp', 'a.corp.', 'a\0.corp', 'a b.corp', 'ä.corp']],
    ['app.*', ['app.corp'], ['app.', 'app', 'app.corp.evil']],
    ['a.*.corp', ['a.b.corp'], ['a..corp', 'a.corp', 'a.b.c.corp']],
  ] as const)('DNS %s', (pattern, yes, no) => judge(matchesDnsName, pattern, yes, no));

  it.each([
    ['jane@corp.test', ['jane@corp.test', 'jane@CORP.test'], ['Jane@corp.test', 'jane@corp.test.', 'x@jane@corp.test']],
    [
      '*@corp.test',
      ['a@corp.test', 'a.b@corp.test'],
      ['a@x.corp.test', 'a@evilcorp.test', 'a@evil@corp.test', '@corp.test'],
    ],
    ['*@*.corp', ['a@b.corp'], ['a@b.c.corp', 'a@.corp', 'a@corp']],
    ['jane@*', ['jane@a.b.test'], ['joe@a.test', 'xjane@a.test']],
    ['*', ['a@b.test'], ['a', 'a@', 'a@b..test', '"a b"@c.test']],
  ] as const)('mail %s', (pattern, yes, no) => judge(matchesEmail, pattern, yes, no));

  it.each([
    [
      'spiffe://corp/web/*',
      ['spiffe://corp/web/a', 'spiffe://corp/web/a/b'],
      [
        'spiffe://corp/web/../admin',
        'spiffe://corp/web/..',
        'spiffe://corp/web/./a',
        'spiffe://corp/web/%2e%2e/admin',
        'spiffe://corp/web/%2E%2E/admin',
        'spiffe://corp/web/.%2E/admin',
        'spiffe://corp/web/..%2Fadmin',
        'spiffe://corp/web/..%5Cadmin',
        'spiffe://corp/web//a',
        'spiffe://corp//web/a',
        'spiffe://corp/web/%61',
        'spiffe://corp/web/%c3%a4',
        'spiffe://corp/web/%00',
        'spiffe://corp/WEB/a',
        'SPIFFE://corp/web/a',
        'spiffe://CORP/web/a',
        'spiffe://corp.evil/web/a',
        'spiffe://evil/corp/web/a',
        'spiffe://user@corp/web/a',
        'spiffe://corp:1/web/a',
        'spiffe:corp/web/a',
        'spiffe:/corp/web/a',
      ],
    ],
    [
      'https://*.corp/app',
      ['https://a.corp/app'],
      [
        'https://evil.test/.corp/app',
        'https://evil.test?.corp/app',
        'https://evil.test#.corp/app',
        'https://a.b.corp/app',
        'https://a.corp/app/x',
        'https://.corp/app',
      ],
    ],
    ['spiffe://*/ns/x', ['spiffe://a.b/ns/x'], ['spiffe://a/b/ns/x', 'spiffe://a?/ns/x']],
    [
      'spiffe://corp*',
      ['spiffe://corp/x', 'spiffe://corp-2/x', 'spiffe://corp'],
      ['spiffe://corp.evil/x', 'spiffe://evil/corp'],
    ],
    ['spiffe://*', ['spiffe://a.b/x', 'spiffe://a'], ['https://a/x']],
    [
      'spiffe://corp/a',
      ['spiffe://corp/a'],
      ['spiffe://corp/a/', 'spiffe://corp/a?x', 'spiffe://corp/a#x', 'spiffe://corp/b/../a'],
    ],
    ['urn:uuid:*', ['urn:uuid:1-2'], ['urn:UUID:1-2', 'URN:uuid:1-2', 'urn:uuid:a/../b']],
  ] as const)('URI %s', (pattern, yes, no) => judge(matchesUri, pattern, yes, no));

  it('a URI has one spelling', () => {
    for (const uri of ['spiffe://corp/a%C3%A4', 'https://corp:8443/', 'file:///etc', 'urn:a:b', 'https://corp/a.b/..c'])
      expect([uri, isNormalUri(uri)]).toEqual([uri, true]);
    for (const uri of [
      'x',
      'https://',
      '/a',
      'https://corp/%',
      'https://corp/ä',
      'https://c%6Frp/',
      'https://corp/a b',
    ])
      expect([uri, isNormalUri(uri)]).toEqual([uri, false]);
  });
});
