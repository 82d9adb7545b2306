import type { Stage } from '../stage.ts';
import { authOf, dataOf } from './tokens.ts';

/** Everything one owner holds, of every kind, taken back by one command. */
export async function tellLeak(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.chapter('7. A leak', "Anna's laptop is stolen. Whatever she holds, of whatever kind, must be dead now.");
  const password = 'correct horse battery staple';
  const policies = 'token_policies=reports,own-pats,issue';
  const issuing =
    'path "pki/issue/shop" { capabilities = ["update"] }\npath "api-keys/keys" { capabilities = ["create", "update"] }\n';
  await stage.quietly(['policy', 'write', 'issue', stage.writeFile('issue.hcl', issuing)]);
  await stage.quietly(['write', 'auth/userpass/users/anna', policies]);
  const login = await stage.quietly(['login', '-method=userpass', '-no-store', 'username=anna'], {
    token: '',
    stdin: password,
  });
  const anna = authOf(login.stdout).client_token;
  const pat = dataOf((await stage.quietly(['pat', 'create', '-name=laptop', '-ttl=30d'], { token: anna })).stdout);
  const key = dataOf((await stage.quietly(['key', 'create', '-name=laptop', '-owner=anna'], { token: anna })).stdout);
  await stage.quietly(['cert', 'issue', 'shop', 'laptop.shop.example', '-ttl=24h', `-out=${stage.file('laptop')}`], {
    token: anna,
  });
  narrator.say('What is there? A token of her log-in, a PAT, an API key, a certificate.');
  const preview = await stage.cli(['credentials', 'revoke', '-owner=anna', '-dry-run']);
  const counted = (dataOf(preview.stdout)['count'] ?? {}) as Record<string, number>;
  for (const kind of ['token', 'pat', 'api_key', 'certificate']) {
    narrator.check((counted[kind] ?? 0) > 0, `${kind}: ${counted[kind] ?? 0}`);
  }
  narrator.say('One command. It counts first; -yes stands for looking at the count.');
  await stage.cli(['credentials', 'revoke', '-owner=anna', '-reason=laptop stolen', '-yes']);
  const lookUp = (token: string) => stage.request('GET', 'auth/token/lookup-self', { token });
  narrator.check((await lookUp(anna)).status === 403, 'her token is refused');
  narrator.check((await lookUp(String(pat['token']))).status === 403, 'her PAT is refused');
  const verdict = await stage.request('POST', 'api-keys/verify', { body: { key: key['key'] } });
  narrator.check((verdict.json?.['data'] as Record<string, unknown>)?.['valid'] === false, 'her API key is not valid');
  const crl = stage.writeFile('after.crl', (await stage.quietly(['cert', 'crl', '-field=crl'])).stdout);
  const listed = await stage.execute('openssl', ['crl', '-in', crl, '-noout', '-text']);
  const { stdout } = await stage.execute('openssl', ['x509', '-in', stage.file('laptop.crt'), '-noout', '-serial']);
  narrator.check(
    listed.stdout.includes(stdout.trim().replace(/^serial=/, '')),
    'her certificate is on the revocation list',
  );
  const again = await stage.cli(['credentials', 'revoke', '-owner=anna', '-dry-run']);
  const left = Object.values((dataOf(again.stdout)['count'] ?? {}) as Record<string, number>);
  narrator.check(
    left.every((count) => count === 0),
    'nothing is left',
  );
}
