import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await server.root('POST', 'sys/auth/userpass', { type: 'userpass' });
});
afterAll(() => server.stop());

let count = 0;
let user = '';
beforeEach(async () => {
  count += 1;
  user = `user${count}`;
  const made = await server.root('POST', `auth/userpass/users/${user}`, {
    password: 'right password',
    token_policies: 'dev',
  });
  expect(made.status, made.text).toBe(204);
});

const logIn = (name: string, password: unknown, address = '127.0.0.1'): Promise<CallAnswer> =>
  server.call('POST', `auth/userpass/login/${encodeURIComponent(name)}`, { body: { password } as never, address });
const shape = ({ status, text }: CallAnswer): string => `${status} ${text.replace(/"request_id":"[^"]*"/, '')}`;

describe('log-in', () => {
  it('answers a token with the policies of the user, bound to an identity', async () => {
    const { json } = await logIn(user, 'right password');
    expect(json.auth).toMatchObject({
      policies: ['default', 'dev'],
      token_type: 'service',
      orphan: true,
      metadata: { username: user },
    });
    expect(json.auth.entity_id).not.toBe('');
    expect((await logIn(user, 'right password')).json.auth.entity_id).toBe(json.auth.entity_id);
  });

  it('IDN-03: every spelling of a name is one identity', async () => {
    const first = (await logIn(user, 'right password')).json.auth.entity_id;
    for (const name of [user.toUpperCase(), ` ${user} `, `${user[0]?.toUpperCase()}${user.slice(1)}`]) {
      expect((await logIn(name, 'right password')).json.auth?.entity_id, name).toBe(first);
    }
  });

  it('USR-02: a wrong password and a missing user answer the same bytes, until and after the lock', async () => {
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      const wrong = shape(await logIn(user, 'wrong'));
      expect(shape(await logIn(`nobody-${user}`, 'wrong')), `attempt ${attempt}`).toBe(wrong);
      expect(wrong.startsWith(attempt <= 5 ? '400' : '403')).toBe(true);
    }
  });

  it('USR-03: spellings of a name share their attempts, and the lock holds for the right password', async () => {
    const spellings = [user, user.toUpperCase(), `${user} `, ` ${user}`];
    for (let attempt = 0; attempt < 5; attempt += 1) await logIn(spellings[attempt % 4] as string, 'wrong');
    expect((await logIn(user, 'right password')).status).toBe(403);
    server.clock.advanceSeconds(899);
    expect((await logIn(user, 'right password')).status).toBe(403);
    server.clock.advanceSeconds(2);
    expect((await logIn(user, 'right password')).status).toBe(200);
  });

  it('USR-04: guessing in parallel looks at no more passwords than guessing in turn', async () => {
    const guesses = [...Array.from({ length: 40 }, () => 'wrong'), 'right password'];
    const answers = await Promise.all(guesses.map((guess) => logIn(user, guess)));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(0);
  });

  it('a success forgives what went wrong before', async () => {
    for (let round = 0; round < 3; round += 1) {
      for (let attempt = 0; attempt < 4; attempt += 1) await logIn(user, 'wrong');
      expect((await logIn(user, 'right password')).status).toBe(200);
    }
  });

  it('many right log-ins at once all succeed', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => logIn(user, 'right password')));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
  });

  it.each([[''], [null], ['   '], [undefined]])('USR-15: refuses the password %j', async (password) => {
    expect([400, 403]).toContain((await logIn(user, password)).status);
  });

  it.each([
    ['a NUL', 'right password\0x'],
    ['other case', 'Right password'],
    ['a blank more', 'right password '],
  ])('USR-12: compares passwords as given: %s', async (_title, password) => {
    expect((await logIn(user, password)).status).toBe(400);
  });

  it('USR-12: two long passwords that differ behind the 72nd byte are two passwords', async () => {
    const long = 'p'.repeat(80);
    await server.root('POST', `auth/userpass/users/${user}`, { password: long });
    expect((await logIn(user, `${long.slice(0, 75)}X${long.slice(76)}`)).status).toBe(400);
    expect((await logIn(user, long)).status).toBe(200);
  });

  it('USR-13: refuses a password of a megabyte without hashing it', async () => {
    const started = performance.now();
    expect((await logIn(user, 'x'.repeat(1_000_000))).status).toBe(400);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('checks the address blocks of the user', async () => {
    await server.root('POST', `auth/userpass/users/${user}`, { token_bound_cidrs: '10.0.0.0/8' });
    expect((await logIn(user, 'right password', '10.1.1.1')).status).toBe(200);
    expect((await logIn(user, 'right password', '11.1.1.1')).status).toBe(403);
  });
});

describe('users', () => {
  it('are shown without their password, and listed', async () => {
    const shown = await server.root('GET', `auth/userpass/users/${user}`);
    expect(shown.json.data).toMatchObject({ token_policies: ['dev'], token_ttl: 0, token_bound_cidrs: [] });
    expect(shown.text).not.toContain('argon2');
    expect((await server.root('LIST', 'auth/userpass/users')).json.data.keys).toContain(user);
  });

  it('USR-17: cannot be made twice by spellings of one name', async () => {
    await server.root('POST', `auth/userpass/users/${user.toUpperCase()}`, { token_policies: 'other' });
    expect((await server.root('GET', `auth/userpass/users/${user}`)).json.data.token_policies).toEqual(['other']);
    expect((await logIn(user, 'right password')).status).toBe(200);
  });

  it('USR-14: a new password ends the log-ins made with the old one', async () => {
    const { client_token: token } = (await logIn(user, 'right password')).json.auth;
    await server.root('POST', `auth/userpass/users/${user}/password`, { password: 'new password' });
    expect((await server.call('GET', 'auth/token/lookup-self', { token })).status).toBe(403);
    expect((await logIn(user, 'right password')).status).toBe(400);
    expect((await logIn(user, 'new password')).status).toBe(200);
  });

  it('USR-14: who changes their own password shows the old one', async () => {
    const policy = 'path "auth/userpass/users/+/password" { capabilities = ["update"] }';
    await server.root('POST', 'sys/policies/acl/dev', { policy });
    const { client_token: token } = (await logIn(user, 'right password')).json.auth;
    const change = (body: object) =>
      server.call('POST', `auth/userpass/users/${user}/password`, { token, body: body as never });
    expect((await change({ password: 'new' })).status).toBe(400);
    expect((await change({ password: 'new', old_password: 'wrong' })).status).toBe(400);
    expect((await change({ password: 'new', old_password: 'right password' })).status).toBe(204);
    expect((await logIn(user, 'new')).status).toBe(200);
  });

  it.each([
    ['a token below the log-in', 'auth/token/create', {}],
    ['an orphan made by the log-in', 'auth/token/create-orphan', {}],
    ['a PAT of the user', 'pats/self', { name: 'script' }],
  ])('USR-14: %s shows the old password too', async (_title, path, body) => {
    await server.root('POST', 'sys/policies/acl/dev', {
      policy: 'path "auth/*" { capabilities = ["update"] } path "pats/*" { capabilities = ["update"] }',
    });
    const { client_token: token } = (await logIn(user, 'right password')).json.auth;
    const made = (await server.call('POST', path, { token, body: body as never })).json;
    const change = (sent: object) =>
      server.call('POST', `auth/userpass/users/${user}/password`, {
        token: made.auth?.client_token ?? made.data.token,
        body: sent as never,
      });
    expect((await change({ password: 'new' })).status).toBe(400);
    expect((await logIn(user, 'right password')).status).toBe(200);
    expect((await change({ password: 'new', old_password: 'right password' })).status).toBe(204);
  });

  it('USR-04: guesses of the old password draw on the attempts of the log-in', async () => {
    await server.root('POST', 'sys/policies/acl/dev', { policy: 'path "auth/*" { capabilities = ["update"] }' });
    const { client_token: token } = (await logIn(user, 'right password')).json.auth;
    const change = (old_password: string) =>
      server.call('POST', `auth/userpass/users/${user}/password`, { token, body: { password: 'new', old_password } });
    expect((await change('x'.repeat(5_000))).json.errors).toEqual(['the password is too long']);
    const guesses = await Promise.all(Array.from({ length: 20 }, (_, guess) => change(`wrong ${guess}`)));
    expect(guesses.filter(({ status }) => status === 400)).toHaveLength(5);
    expect((await change('right password')).status).toBe(403);
    expect((await logIn(user, 'right password')).status).toBe(403);
    server.clock.advanceSeconds(901);
    expect((await change('right password')).status).toBe(204);
  });

  it('a log-in is refused where the mount makes batch tokens and the user has a limit of uses', async () => {
    await server.root('POST', `auth/userpass/users/${user}`, { token_num_uses: 1 });
    await server.root('POST', 'sys/auth/userpass/tune', { token_type: 'batch' });
    const refused = await logIn(user, 'right password');
    await server.root('POST', 'sys/auth/userpass/tune', { token_type: 'default-service' });
    expect([refused.status, refused.json.errors]).toEqual([400, ['batch tokens cannot have "num_uses" set']]);
    expect((await logIn(user, 'right password')).json.auth.num_uses).toBe(1);
  });

  it('renewal is refused after the user is gone or has other policies', async () => {
    const renew = (token: string) => server.call('POST', 'auth/token/renew-self', { token, body: { increment: '2h' } });
    const { client_token: token } = (await logIn(user, 'right password')).json.auth;
    expect((await renew(token)).status).toBe(200);
    await server.root('POST', `auth/userpass/users/${user}/policies`, { token_policies: 'less' });
    const changed = await renew(token);
    expect([changed.status, changed.json.errors]).toEqual([400, ['policies have changed, not renewing']]);
    await server.root('DELETE', `auth/userpass/users/${user}`);
    expect((await renew(token)).status).toBe(403);
  });

  it('a log-in under way when the user is deleted, or gets another password, leaves no token behind', async () => {
    for (let round = 0; round < 6; round += 1) {
      const name = `racing-${round}`;
      await server.root('POST', `auth/userpass/users/${name}`, { password: 'right password' });
      const under = logIn(name, 'right password');
      // The password is being looked at in the thread pool meanwhile.
      await new Promise((resolve) => setTimeout(resolve, round * 3));
      const change =
        round % 2 === 0
          ? await server.root('DELETE', `auth/userpass/users/${name}`)
          : await server.root('POST', `auth/userpass/users/${name}`, { password: 'another password' });
      expect(change.status).toBe(204);
      const { status, json } = await under;
      if (status !== 200) continue;
      const look = await server.call('GET', 'auth/token/lookup-self', { token: json.auth.client_token });
      expect(look.status, `round ${round}`).toBe(403);
    }
  });

  it.each([
    ['no password for a new user', {}],
    ['a hash in place of a password', { password_hash: '$2b$10$abc' }],
    ['a negative lifetime', { password: 'x', token_ttl: -1 }],
    ['a lifetime above its limit', { password: 'x', token_ttl: '2h', token_max_ttl: '1h' }],
    ['an address block with host bits', { password: 'x', token_bound_cidrs: '10.0.0.1/8' }],
    ['a batch token with a period', { password: 'x', token_type: 'batch', token_period: '1h' }],
  ])('are refused with %s, and nothing is stored', async (_title, body) => {
    const name = `bad-${user}`;
    const answer = await server.root('POST', `auth/userpass/users/${name}`, body as never);
    expect(answer.status).toBe(400);
    expect((await server.root('GET', `auth/userpass/users/${name}`)).status).toBe(404);
  });
});

describe('an identity', () => {
  it('IDN-05: that is disabled or gone ends every use of its tokens at once', async () => {
    const { client_token: token, entity_id: id } = (await logIn(user, 'right password')).json.auth;
    const look = () => server.call('GET', 'auth/token/lookup-self', { token });
    expect((await look()).status).toBe(200);
    await server.core.identity.updateEntity('root', id, { disabled: true });
    expect((await look()).status).toBe(403);
    expect((await logIn(user, 'right password')).status).toBe(403);
    await server.core.identity.updateEntity('root', id, { disabled: false });
    expect((await look()).status).toBe(200);
    await server.core.identity.deleteEntity('root', id);
    expect((await look()).status).toBe(403);
  });
});
