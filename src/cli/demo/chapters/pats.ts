import type { Stage } from '../stage.ts';
import { authOf, dataOf } from './tokens.ts';

const reading = 'path "secret/data/reports/*" { capabilities = ["read", "update", "create"] }\n';
const self = `path "pats/self"   { capabilities = ["create", "update", "list"] }
path "pats/self/*" { capabilities = ["read", "update", "delete", "list"] }
`;
const grants = 'path "secret/data/reports/*" { capabilities = ["read"] }\n';

export async function tellPats(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.chapter(
    '4. Personal access tokens',
    'A person makes a token for a script: with fewer rights than the person has, and never more than the person has now.',
  );
  await stage.cli(['auth', 'enable', 'userpass']);
  await stage.quietly(['policy', 'write', 'reports', stage.writeFile('reports.hcl', reading)]);
  await stage.quietly(['policy', 'write', 'own-pats', stage.writeFile('own-pats.hcl', self)]);
  const password = 'correct horse battery staple';
  await stage.cli(['write', 'auth/userpass/users/anna', 'password=-', 'token_policies=reports,own-pats'], {
    stdin: password,
  });
  await stage.quietly(['kv', 'put', 'secret/reports/may', 'revenue=1200']);
  narrator.say('Anna logs in with user name and password, and makes herself a PAT that can only read.');
  const login = await stage.cli(['login', '-method=userpass', '-no-store', 'username=anna'], {
    token: '',
    stdin: password,
  });
  const anna = authOf(login.stdout).client_token;
  const made = await stage.cli(
    ['pat', 'create', '-name=nightly', '-ttl=30d', `-grants=${stage.writeFile('grants.hcl', grants)}`],
    {
      token: anna,
    },
  );
  const pat = String(dataOf(made.stdout)['token']);
  const id = String(dataOf(made.stdout)['id']);
  const path = 'secret/data/reports/may';
  const read = await stage.curl('GET', path, { token: pat, tokenName: '$PAT' });
  narrator.check(read.status === 200, 'the PAT reads the secret');
  const write = await stage.curl('POST', path, { token: pat, tokenName: '$PAT', body: { data: { revenue: 1300 } } });
  narrator.check(write.status === 403, 'it cannot write, though Anna can');

  narrator.say('An administrator takes the policy from Anna. The PAT loses it in the same moment.');
  await stage.cli(['write', 'auth/userpass/users/anna', 'token_policies=own-pats']);
  const after = await stage.curl('GET', path, { token: pat, tokenName: '$PAT' });
  narrator.check(after.status === 403, 'what the owner may no longer do, the PAT may not either');
  await stage.quietly(['write', 'auth/userpass/users/anna', 'token_policies=reports,own-pats']);
  const back = await stage.request('GET', path, { token: pat });
  narrator.check(back.status === 200, '(given back, it works again)');

  narrator.say('The administrator sees whose PATs there are, and revokes this one.');
  await stage.cli(['pat', 'list', '-all']);
  await stage.cli(['pat', 'revoke', '-any', id, '-reason=demo']);
  const dead = await stage.request('GET', path, { token: pat });
  narrator.check(dead.status === 403, 'the PAT is refused');
}
