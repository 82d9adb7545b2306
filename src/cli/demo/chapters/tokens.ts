import type { Stage } from '../stage.ts';

interface Auth {
  readonly client_token: string;
  readonly accessor: string;
  readonly lease_duration: number;
}

const policy = `# What the web shop may do.
path "secret/data/shop/*" { capabilities = ["create", "read", "update"] }
path "auth/token/create"  { capabilities = ["update"] }
`;

export const authOf = (stdout: string): Auth => (JSON.parse(stdout) as { auth: Auth }).auth;
export const dataOf = (stdout: string): Record<string, unknown> =>
  (JSON.parse(stdout) as { data: Record<string, unknown> }).data;

const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

export async function tellTokens(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.chapter('2. Tokens', 'A policy, and tokens with limits of every kind.');
  await stage.cli(['secrets', 'enable', '-path=secret', 'kv-v2']);
  await stage.cli(['policy', 'write', 'shop', stage.writeFile('shop.hcl', policy)]);
  await tellOneToken(stage);
  await tellLimits(stage);
  await tellFamily(stage);
}

async function tellOneToken(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.say('A token for one machine: an hour long, good from this address only, with a note on what it is for.');
  const made = authOf(
    (
      await stage.cli([
        ...['token', 'create', '-policy=shop', '-ttl=1h', '-explicit-max-ttl=4h'],
        ...['-bound-cidr=127.0.0.1/32', '-metadata=service=checkout'],
      ])
    ).stdout,
  );
  narrator.check(made.lease_duration === 3600, 'it lives an hour');
  const shown = dataOf((await stage.cli(['token', 'lookup', '-'], { stdin: made.client_token })).stdout);
  narrator.check(
    shown['explicit_max_ttl'] === 14_400 && (shown['meta'] as Record<string, string>)['service'] === 'checkout',
    'looked up by the token itself: limits and metadata are there',
  );
  const byAccessor = dataOf((await stage.cli(['token', 'lookup', `-accessor=${made.accessor}`])).stdout);
  narrator.check(
    byAccessor['id'] === '' && byAccessor['accessor'] === made.accessor,
    'by accessor: everything but the token',
  );
  const renewed = authOf(
    (await stage.cli(['token', 'renew', '-increment=2h', '-'], { stdin: made.client_token })).stdout,
  );
  narrator.check(renewed.lease_duration === 7200, 'renewed: two hours from now');
  const here = await stage.curl('GET', 'auth/token/lookup-self', {
    token: made.client_token,
    tokenName: '$SHOP_TOKEN',
    localAddress: '127.0.0.1',
  });
  narrator.check(here.status === 200, 'from 127.0.0.1: accepted');
  const elsewhere = await stage.curl('GET', 'auth/token/lookup-self', {
    token: made.client_token,
    tokenName: '$SHOP_TOKEN',
    localAddress: '127.0.0.2',
  });
  narrator.check(elsewhere.status === 403, 'from 127.0.0.2: refused');
  await stage.cli(['token', 'revoke', `-accessor=${made.accessor}`]);
  const dead = await stage.request('GET', 'auth/token/lookup-self', { token: made.client_token });
  narrator.check(dead.status === 403, 'revoked: refused from the moment the call answered');
}

async function tellLimits(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.say('A token for two requests, and one that goes on as long as it is renewed every ten minutes.');
  const twice = authOf((await stage.cli(['token', 'create', '-policy=default', '-use-limit=2'])).stdout);
  const statuses: number[] = [];
  for (let use = 1; use <= 3; use += 1) {
    statuses.push((await stage.request('GET', 'auth/token/lookup-self', { token: twice.client_token })).status);
  }
  narrator.check(statuses.join() === '200,200,403', `three uses: ${statuses.join(', ')}`);
  const periodic = authOf((await stage.cli(['token', 'create', '-policy=default', '-period=10m'])).stdout);
  const shown = await stage.request('GET', 'auth/token/lookup-self', { token: periodic.client_token });
  narrator.check(
    (shown.json?.['data'] as Record<string, unknown> | undefined)?.['period'] === 600,
    'the period is kept with it',
  );
  narrator.say('A token that lives one second.');
  const brief = authOf((await stage.cli(['token', 'create', '-policy=default', '-ttl=1s'])).stdout);
  await pause(1_100);
  const late = await stage.request('GET', 'auth/token/lookup-self', { token: brief.client_token });
  narrator.check(late.status === 403, 'a second later it is refused; nothing had to sweep it away first');
}

async function tellFamily(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.say('Tokens made with a token are its children. Revoke the parent, and the whole family is dead.');
  const parent = authOf((await stage.cli(['token', 'create', '-policy=shop', '-ttl=1h'])).stdout);
  const child = authOf(
    (await stage.cli(['token', 'create', '-policy=shop', '-ttl=30m'], { token: parent.client_token })).stdout,
  );
  const grandchild = authOf(
    (await stage.cli(['token', 'create', '-policy=shop', '-ttl=10m'], { token: child.client_token })).stdout,
  );
  await stage.cli(['token', 'revoke', '-'], { stdin: parent.client_token });
  for (const [name, { client_token: token }] of Object.entries({ parent, child, grandchild })) {
    const reply = await stage.request('GET', 'auth/token/lookup-self', { token });
    narrator.check(reply.status === 403, `the ${name} is refused`);
  }
}
