import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/lib/index.ts';
import { sweep } from '../../src/server/jobs/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

const hour = 3_600;
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await server.root('POST', 'sys/policies/acl/maker', {
    policy: 'path "auth/token/create*" { capabilities = ["update"] }',
  });
});
afterAll(() => server.stop());

const create = (body: object, token = server.rootToken, path = 'create'): Promise<CallAnswer> =>
  server.call('POST', `auth/token/${path}`, { token, body: { policies: ['default'], ...body } as Json });
// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
async function auth(body: object, token = server.rootToken, path = 'create'): Promise<any> {
  const answer = await create(body, token, path);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.auth;
}
const renew = (token: string, increment: unknown = 0): Promise<CallAnswer> =>
  server.call('POST', 'auth/token/renew-self', { token, body: { increment } as Json });
const alive = async (token: string): Promise<boolean> =>
  (await server.call('GET', 'auth/token/lookup-self', { token })).status === 200;
const role = async (name: string, body: object): Promise<void> => {
  expect((await server.root('POST', `auth/token/roles/${name}`, body as Json)).status).toBe(204);
};

it('a renewal shows the token, whichever header it came in', async () => {
  const { client_token: token } = await auth({ ttl: '1h' });
  for (const headers of [{ 'x-vault-token': token }, { authorization: `Bearer ${token}` }, { 'x-api-key': token }]) {
    const { json } = await server.call('POST', 'auth/token/renew-self', { body: {}, headers });
    expect(json.auth.client_token, Object.keys(headers)[0]).toBe(token);
  }
});

describe('the life of a new token', () => {
  it('is what was asked for, else the default of the server', async () => {
    expect((await auth({ ttl: '90m' })).lease_duration).toBe(5_400);
    expect((await auth({ lease: '2h' })).lease_duration).toBe(2 * hour);
    expect((await auth({})).lease_duration).toBe(768 * hour);
  });

  it('is cut to the longest there is, with the warning clients know', async () => {
    const { json } = await create({ ttl: '1000h' });
    expect(json.auth.lease_duration).toBe(768 * hour);
    expect(json.warnings).toEqual([
      'TTL of "1000h" exceeded the effective max_ttl of "768h"; TTL value is capped accordingly',
    ]);
    const odd = await create({ ttl: '2h', explicit_max_ttl: '90s' });
    expect(odd.json.auth.lease_duration).toBe(90);
    expect(odd.json.warnings).toEqual([
      'TTL of "2h" exceeded the effective max_ttl of "1m30s"; TTL value is capped accordingly',
    ]);
  });

  it('in periods is cut likewise, with a warning of its own', async () => {
    const { json } = await create({ period: '1000h' });
    expect(json.auth.lease_duration).toBe(768 * hour);
    expect(json.warnings).toEqual([
      'period of "1000h" exceeded the effective max_ttl of "768h"; period value is capped accordingly',
    ]);
    const explicit = await create({ period: '2h', explicit_max_ttl: '1h' });
    expect(explicit.json.auth.lease_duration).toBe(hour);
    expect(explicit.json.warnings).toEqual([
      'period of "2h" exceeded the effective max_ttl of "1h"; period value is capped accordingly',
    ]);
  });

  it('TOK-05: is never longer for a lifetime that is none', async () => {
    for (const ttl of [-1, '-1s', '1e400', 'NaN', '1e9h', 0.5, '1h-1s', true, [], {}]) {
      expect((await create({ ttl })).status, JSON.stringify(ttl)).toBe(400);
    }
    for (const ttl of [0, '0', '', null]) expect((await auth({ ttl })).lease_duration, String(ttl)).toBe(768 * hour);
  });

  it('of a root token has no end, unless one is asked for, or its maker has one', async () => {
    const never = await auth({ policies: ['root'] });
    expect(never).toMatchObject({ lease_duration: 0, renewable: false });
    for (const limit of [{ ttl: '1h' }, { explicit_max_ttl: '1h' }, { period: '1h' }]) {
      const ends = await auth({ policies: ['root'], ...limit });
      expect(ends.lease_duration, JSON.stringify(limit)).toBe(hour);
      const child = await create({ policies: ['root'] }, ends.client_token);
      expect(child.status).toBe(400);
      expect(child.json.errors[0]).toBe('expiring root tokens cannot create non-expiring root tokens');
    }
    expect((await renew(never.client_token)).json.errors[0]).toBe('lease is not renewable');
  });

  it('TOK-25: is bound by the tuning of its mount', async () => {
    expect((await server.root('POST', 'sys/auth/users', { type: 'userpass' })).status).toBe(204);
    await server.root('POST', 'sys/auth/users/tune', { default_lease_ttl: '1h', max_lease_ttl: '2h' });
    const logIn = async (fields: object): Promise<number> => {
      await server.root('POST', 'auth/users/users/ann', { password: 'right password', ...fields } as Json);
      const answer = await server.call('POST', 'auth/users/login/ann', { body: { password: 'right password' } });
      return answer.json.auth.lease_duration;
    };
    expect(await logIn({})).toBe(hour);
    expect(await logIn({ token_ttl: '90m' })).toBe(5_400);
    expect(await logIn({ token_ttl: '9h' })).toBe(2 * hour);
    expect(await logIn({ token_ttl: '50m', token_max_ttl: '50m' })).toBe(3_000);
    expect(await logIn({ token_ttl: '50m', token_explicit_max_ttl: '10m' })).toBe(600);
  });
});

describe('renewal', () => {
  it('counts the increment from now, and may shorten', async () => {
    const { client_token: token } = await auth({ ttl: '1h' });
    server.clock.advanceSeconds(1_800);
    expect((await renew(token, '2h')).json.auth).toMatchObject({ lease_duration: 2 * hour, renewable: true });
    expect((await renew(token, 60)).json.auth.lease_duration).toBe(60);
    expect((await renew(token)).json.auth.lease_duration, 'as it was made').toBe(hour);
    const { data } = (await server.call('GET', 'auth/token/lookup-self', { token })).json;
    expect(data).toMatchObject({ ttl: hour, creation_ttl: hour });
    expect(data.last_renewal_time).toBe(Math.floor(server.clock.nowMillis() / 1000));
  });

  it('TOK-04: never goes beyond the first maximum, and ends there', async () => {
    const { client_token: token } = await auth({ ttl: '1h', explicit_max_ttl: '10h' });
    const end = server.clock.nowMillis() + 36_000_000;
    for (let step = 0; step < 11; step += 1) {
      server.clock.advanceSeconds(3_240);
      expect((await renew(token, '1h')).status, `step ${step}`).toBe(200);
    }
    server.clock.advanceSeconds((end - server.clock.nowMillis()) / 1000 - 1);
    const last = await renew(token, '1h');
    expect(last.json.auth.lease_duration).toBe(1);
    expect(last.json.warnings).toEqual([
      'TTL of "1h" exceeded the effective max_ttl of "1s"; TTL value is capped accordingly',
    ]);
    server.clock.advanceSeconds(0.5);
    expect((await renew(token, '1h')).json.errors, 'nothing whole is left').toEqual(['past the max TTL, cannot renew']);
    const { data } = (await server.call('GET', 'auth/token/lookup-self', { token })).json;
    expect(Date.parse(data.expire_time)).toBeLessThanOrEqual(end);
    server.clock.advanceSeconds(0.5);
    expect((await renew(token, '1h')).status).toBe(403);
    expect(await alive(token)).toBe(false);
  });

  it('TOK-08: a period is renewed again and again, but not beyond the explicit maximum', async () => {
    const { client_token: endless } = await auth({ period: '1h' });
    const { client_token: ending } = await auth({ period: '1h', explicit_max_ttl: '3h' });
    for (let step = 0; step < 6; step += 1) {
      server.clock.advanceSeconds(1_799);
      expect((await renew(endless, '9h')).json.auth.lease_duration, 'the wish does not matter').toBe(hour);
      if (step < 5) expect((await renew(ending)).json.auth.lease_duration).toBe(step < 4 ? hour : 3 * hour - 5 * 1_799);
    }
    server.clock.advanceSeconds(6);
    expect(await alive(ending)).toBe(false);
    expect(await alive(endless)).toBe(true);
  });

  it('TOK-08: takes the period and the maximum of the token’s role as they are now', async () => {
    await role('periodic', { allowed_policies: 'default', token_period: '2h' });
    const { client_token: token } = await auth({ policies: [] }, server.rootToken, 'create/periodic');
    await role('periodic', { token_period: '1h' });
    expect((await renew(token)).json.auth.lease_duration).toBe(hour);
    await role('periodic', { token_explicit_max_ttl: '30m' });
    expect((await renew(token)).json.auth.lease_duration).toBe(1_800);
    await role('periodic', { token_explicit_max_ttl: 0, token_period: 0 });
    server.clock.advanceSeconds(600);
    const plain = await renew(token, '9999h');
    expect(plain.json.auth.lease_duration, 'no period any more: bound from its issue').toBe(768 * hour - 600);
    await server.root('DELETE', 'auth/token/roles/periodic');
    expect((await renew(token)).json.errors[0]).toContain('original token role "periodic" could not be found');
    expect(await alive(token)).toBe(true);
  });

  it('is refused for what cannot be renewed', async () => {
    const fixed = await auth({ renewable: false, ttl: '1h' });
    expect(fixed.renewable).toBe(false);
    expect((await renew(fixed.client_token)).json.errors[0]).toBe('lease is not renewable');
    const named = (token: string) => server.root('POST', 'auth/token/renew', { token });
    expect((await named('srs.unknown')).json.errors[0]).toBe('token not found');
    expect((await named(server.rootToken)).json.errors[0]).toBe('lease is not renewable');
    const batch = await auth({ type: 'batch', ttl: '1h' });
    expect((await named(batch.client_token)).json.errors[0]).toBe('batch tokens cannot be renewed');
    expect((await renew('srs.unknown')).status).toBe(403);
    for (const increment of [-1, 'x', '1e9h', true])
      expect((await renew(fixed.client_token, increment)).status).toBe(400);
  });

  it('by itself shows the token, by whichever header it came', async () => {
    const { client_token: token } = await auth({ ttl: '1h' });
    for (const headers of [
      { authorization: `Bearer ${token}`, 'x-vault-token': '' },
      { 'x-api-key': token },
      { authorization: `Bearer ${token}` },
    ] as Record<string, string>[]) {
      const { json } = await server.call('POST', 'auth/token/renew-self', { headers, body: {} });
      expect(json.auth.client_token, Object.keys(headers).join()).toBe(token);
    }
  });

  it('by accessor shows no token', async () => {
    const { accessor } = await auth({ ttl: '1h' });
    const { json } = await server.root('POST', 'auth/token/renew-accessor', { accessor, increment: '2h' });
    expect(json.auth).toMatchObject({ client_token: '', accessor, lease_duration: 2 * hour });
    const unknown = await server.root('POST', 'auth/token/renew-accessor', { accessor: 'aaaaaaaaaaaaaaaaaaaaaaaa' });
    expect(unknown.json.errors[0]).toBe('invalid accessor');
  });

  it('asked for many times at once succeeds each time', async () => {
    const { client_token: token } = await auth({ ttl: '1h' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => renew(token, '2h')));
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200));
  });

  it('brings no revoked token back', async () => {
    const { client_token: token } = await auth({ ttl: '1h' });
    await Promise.all([
      server.root('POST', 'auth/token/revoke', { token }),
      ...Array.from({ length: 10 }, () => renew(token)),
    ]);
    expect(await alive(token)).toBe(false);
  });
});

describe('STO-11: the clock of the machine', () => {
  const year = 365 * 24 * hour;

  it('set back brings nothing back that has expired', async () => {
    const jumped = await startServer();
    const call = (token: string) => jumped.call('GET', 'auth/token/lookup-self', { token });
    const make = async (body: object): Promise<string> =>
      (await jumped.root('POST', 'auth/token/create', body as Json)).json.auth.client_token;
    const short = await make({ ttl: '60s' });
    const long = await make({ ttl: '2h' });
    const { key } = (await jumped.root('POST', 'api-keys/keys', { name: 'x', owner: 'x', ttl: '60s' })).json.data;
    const verify = async () => (await jumped.root('POST', 'api-keys/verify', { key })).json.data.valid;
    expect([(await call(short)).status, await verify()]).toEqual([200, true]);
    jumped.clock.advanceSeconds(60);
    const now = jumped.clock.nowMillis();
    for (const back of [hour, 10 * year]) {
      jumped.clock.jumpTo(now - back * 1000);
      jumped.clock.advanceSeconds(1);
      expect([(await call(short)).status, (await call(long)).status, await verify()], `${back}`).toEqual([
        403,
        200,
        false,
      ]);
    }
    await jumped.stop();
  });

  it('set ahead for a minute ends nothing, and what is made meanwhile lives as long as it should', async () => {
    const jumped = await startServer();
    const status = async (token: string) => (await jumped.call('GET', 'auth/token/lookup-self', { token })).status;
    const make = async (): Promise<string> =>
      (await jumped.root('POST', 'auth/token/create', { ttl: '2h' })).json.auth.client_token;
    const before = await make();
    const now = jumped.clock.nowMillis();
    jumped.clock.jumpTo(now + 10 * year * 1000);
    expect(await status(before)).toBe(200);
    const meanwhile = await make();
    jumped.clock.advanceSeconds(60);
    expect([await status(before), await status(meanwhile)]).toEqual([200, 200]);
    jumped.clock.jumpTo(now + 60_000);
    expect([await status(before), await status(meanwhile)]).toEqual([200, 200]);
    jumped.clock.advanceSeconds(2 * hour);
    expect([await status(before), await status(meanwhile)]).toEqual([403, 403]);
    await jumped.stop();
  });
});

describe('use limits', () => {
  it('count every request with a token, failing ones too, and the last one is served', async () => {
    const { client_token: token } = await auth({ num_uses: 3 });
    expect((await server.call('GET', 'secret/data/none', { token })).status).toBe(403);
    const left = await server.call('GET', 'auth/token/lookup-self', { token });
    expect(left.json.data.num_uses).toBe(1);
    expect(await alive(token)).toBe(true);
    expect(await alive(token)).toBe(false);
    expect((await server.root('POST', 'auth/token/lookup', { token })).status).toBe(403);
  });

  it('TOK-10: hold against parallel requests', async () => {
    const { client_token: token } = await auth({ num_uses: 5 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => alive(token)));
    expect(answers.filter(Boolean)).toHaveLength(5);
  });

  it('are not spent from an address the token is not bound to', async () => {
    const { client_token: token } = await auth({ num_uses: 1, bound_cidrs: ['127.0.0.1'] });
    const from = (address: string) => server.call('GET', 'auth/token/lookup-self', { token, address });
    for (let time = 0; time < 3; time += 1) expect((await from('10.0.0.1')).status).toBe(403);
    expect((await from('127.0.0.1')).status).toBe(200);
    expect((await from('127.0.0.1')).status).toBe(403);
  });

  it('are not spent by others who look at the token', async () => {
    const { client_token: token } = await auth({ num_uses: 1 });
    for (let time = 0; time < 3; time += 1) {
      expect((await server.root('POST', 'auth/token/lookup', { token })).json.data.num_uses).toBe(1);
    }
    expect(await alive(token)).toBe(true);
  });
});

it('a token renewed in its last moment is not swept away with those that were not', async () => {
  const [renewed, over] = [await auth({ ttl: '1h' }), await auth({ ttl: '1h' })];
  const { core, clock, store } = server;
  const token = await core.tokens.find('root', renewed.client_token);
  if (!token) throw new Error('no token');
  const now = clock.nowMillis();
  const renewal = core.tokens.renew(token, now + 2 * hour * 1000, now);
  clock.advanceSeconds(hour + 1);
  // Its renewal is on its way to the disk while the sweep looks for what is over.
  const list = store.list.bind(store);
  store.list = (async (...asked: Parameters<typeof list>) => {
    const rows = await list(...asked);
    if ((asked[1].below?.column as string | undefined) !== 'expire_millis') return rows;
    store.list = list;
    await store.commit([renewal]);
    return rows;
  }) as typeof store.list;
  await sweep(core);
  expect(await alive(renewed.client_token)).toBe(true);
  expect(
    await store.read('tokens', { namespace: 'root', id: core.seal.sealer.hashCredential(over.client_token) }),
  ).toBe(undefined);
});
