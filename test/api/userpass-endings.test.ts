import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
  await server.root('POST', 'sys/auth/userpass', { type: 'userpass' });
  const pats = 'path "pats/self*" { capabilities = ["update", "list", "read"] }';
  await server.root('POST', 'sys/policies/acl/pats', { policy: pats });
  await makeUser();
});
afterEach(() => {
  vi.restoreAllMocks();
  return server.stop();
});

const makeUser = async (body: object = {}): Promise<void> => {
  const user = { password: 'right password', token_policies: ['pats'], ...body };
  expect((await server.root('POST', 'auth/userpass/users/anna', user)).status).toBe(204);
};
const logIn = (password = 'right password', name = 'anna'): Promise<CallAnswer> =>
  server.call('POST', `auth/userpass/login/${name}`, { body: { password } });
const tokenOf = async (): Promise<string> => (await logIn()).json.auth.client_token;
const makePat = (token: string): Promise<CallAnswer> =>
  server.call('POST', 'pats/self', { token, body: { name: 'script' } });
const lists = async (token: string): Promise<number> => (await server.call('LIST', 'pats/self', { token })).status;

describe('a user who is deleted', () => {
  it('leaves no PAT that was made meanwhile to the next user of the name', async () => {
    const token = await tokenOf();
    const commit = server.store.commit.bind(server.store);
    let made: CallAnswer | undefined;
    vi.spyOn(server.store, 'commit').mockImplementation(async (changes) => {
      const deletes = changes.some((change) => change.kind === 'delete' && change.table === 'records');
      if (deletes && !made) made = await makePat(token);
      return commit(changes);
    });
    expect((await server.root('DELETE', 'auth/userpass/users/anna')).status).toBe(204);
    vi.restoreAllMocks();
    expect(made?.status).toBe(200);
    await makeUser();
    expect(await lists(made?.json.data.token)).toBe(403);
  });

  it('makes none by a batch token that is left, neither for now nor for the next user of the name', async () => {
    await makeUser({ token_type: 'batch' });
    const token = await tokenOf();
    expect((await server.root('DELETE', 'auth/userpass/users/anna')).status).toBe(204);
    const made = await makePat(token);
    expect(made.status, made.text).toBeGreaterThanOrEqual(400);
  });

  it('leaves none where the deletion was broken off after the user was gone', async () => {
    const { token } = (await makePat(await tokenOf())).json.data;
    // As if it had crashed before the PATs were ended a last time.
    await server.core.store.commit([
      {
        kind: 'deleteWhere',
        table: 'records',
        where: { collection: 'userpass-users' },
      },
    ]);
    expect(await lists(token)).toBe(403);
    await makeUser();
    expect(await lists(token)).toBe(403);
  });
});

it.each([
  ['deleted', () => server.root('DELETE', 'auth/userpass/users/anna')],
  ['given another password', () => server.root('POST', 'auth/userpass/users/anna', { password: 'another password' })],
  [
    'given another one by its own path',
    () => server.root('POST', 'auth/userpass/users/anna/password', { password: 'other' }),
  ],
] as const)('a first log-in of a user who is %s at that moment leaves no token behind', async (_what, change) => {
  const commit = server.store.commit.bind(server.store);
  let made: CallAnswer | undefined;
  vi.spyOn(server.store, 'commit').mockImplementation(async (changes) => {
    const isChange = changes.some(
      (one) =>
        one.kind !== 'touch' && 'table' in one && one.table === 'records' && ['delete', 'update'].includes(one.kind),
    );
    if (isChange && !made) {
      made = {} as CallAnswer;
      made = await logIn();
    }
    return commit(changes);
  });
  expect((await change()).status).toBe(204);
  vi.restoreAllMocks();
  expect(made?.status).toBe(200);
  const look = await server.call('GET', 'auth/token/lookup-self', { token: made?.json.auth.client_token });
  expect(look.status).toBe(403);
});

it('a new password ends the log-ins and keeps the PATs, which end with the revocation of what the owner holds', async () => {
  const login = await tokenOf();
  const { token } = (await makePat(login)).json.data;
  await makeUser({ password: 'another password' });
  expect([await lists(login), await lists(token)]).toEqual([403, 200]);
  const revoked = await server.root('POST', 'sys/credentials/revoke', { owner: 'anna', reason: 'laptop stolen' });
  expect(revoked.json.data.count.pat).toBe(1);
  expect(await lists(token)).toBe(403);
});

describe('a password', () => {
  it('is the same in each way of writing its letters (RFC 8265 4.2)', async () => {
    await makeUser({ password: 'caf\u00e9 \u1e9b\u0323 long' });
    expect((await logIn('cafe\u0301 \u1e9b\u0323 long')).status).toBe(200);
    await makeUser({ password: 'cafe\u0301 long' });
    expect((await logIn('caf\u00e9 long')).status).toBe(200);
    expect((await logIn('cafe long')).status).toBe(400);
  });

  it('holds no half of a character: all of them would be one', async () => {
    for (const password of ['long enough \ud800', '\udc00 long enough']) {
      const answer = await server.root('POST', 'auth/userpass/users/bert', { password });
      expect(answer.status).toBe(400);
      expect((await logIn(password)).status).toBe(400);
    }
  });

  it('has from 1 to 1,024 bytes, counted as bytes', async () => {
    await makeUser({ password: 'é'.repeat(512) });
    expect((await logIn('é'.repeat(512))).status).toBe(200);
    expect((await logIn(`${'é'.repeat(511)}e`)).status).toBe(400);
    const long = await server.root('POST', 'auth/userpass/users/anna', { password: `${'é'.repeat(512)}x` });
    expect(long.status).toBe(400);
    expect(long.json.hint).toContain('1024');
  });
});

it('64 wrong passwords at once are looked at five times, over all spellings of the name', async () => {
  const spellings = ['anna', 'Anna', 'ANNA', ' anna', 'anna '].map(encodeURIComponent);
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, index) => logIn(`wrong ${index}`, spellings[index % spellings.length])),
  );
  const looked = answers.filter(({ status }) => status === 400).length;
  expect(looked).toBeLessThanOrEqual(5);
  expect(answers.every(({ status }) => [400, 403, 429].includes(status))).toBe(true);
  expect((await logIn()).status).toBe(403);
});
