import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Json } from '../../src/lib/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const policy =
    'path "auth/token/*" { capabilities = ["create", "update"] } path "cubbyhole/*" { capabilities = ["create", "read", "update"] }';
  await server.root('POST', 'sys/policies/acl/maker', { policy });
});
afterAll(() => server.stop());

interface Made {
  readonly client_token: string;
  readonly accessor: string;
}
async function make(body: object = {}, token = server.rootToken): Promise<Made> {
  const sent = { policies: ['maker', 'default'], ttl: '10h', ...body } as Json;
  const answer = await server.call('POST', 'auth/token/create', { token, body: sent });
  expect(answer.status, answer.text).toBe(200);
  return answer.json.auth;
}
const status = async (token: string): Promise<number> =>
  (await server.call('GET', 'auth/token/lookup-self', { token })).status;
const root = (path: string, body: object = {}): Promise<CallAnswer> =>
  server.root('POST', `auth/token/${path}`, body as Json);

/** A chain of tokens, each the child of the one before. */
async function chain(length: number, bodies: readonly object[] = []): Promise<Made[]> {
  const made: Made[] = [];
  for (let index = 0; index < length; index += 1) made.push(await make(bodies[index], made.at(-1)?.client_token));
  return made;
}

describe('revocation', () => {
  it('TOK-09: takes everything below, by token, by accessor and by the token itself', async () => {
    const ways: ((made: Made) => Promise<CallAnswer>)[] = [
      ({ client_token: token }) => root('revoke', { token }),
      ({ accessor }) => root('revoke-accessor', { accessor }),
      ({ client_token: token }) => server.call('POST', 'auth/token/revoke-self', { token }),
    ];
    for (const revoke of ways) {
      const [top, ...below] = await chain(4);
      const cousin = await make({}, below[0]?.client_token);
      expect((await revoke(top as Made)).status).toBe(204);
      for (const { client_token: token } of [top as Made, ...below, cousin]) expect(await status(token)).toBe(403);
    }
  });

  it('leaves what is beside and above', async () => {
    const [top, middle, low] = await chain(3);
    const beside = await make({}, top?.client_token);
    await root('revoke', { token: middle?.client_token });
    expect(await status(low?.client_token as string)).toBe(403);
    expect(await status(top?.client_token as string)).toBe(200);
    expect(await status(beside.client_token)).toBe(200);
  });

  it('TOK-09: a token dies with a parent or grandparent that has expired, before any sweep', async () => {
    const [top, middle, low] = await chain(3, [{ ttl: '1h' }, { ttl: '5h' }, { ttl: '9h' }]);
    const batch = await make({ type: 'batch', ttl: '9h' }, middle?.client_token);
    server.clock.advanceSeconds(3_599);
    for (const made of [top, middle, low, batch]) expect(await status(made?.client_token as string)).toBe(200);
    server.clock.advanceSeconds(1);
    for (const made of [top, middle, low, batch]) expect(await status(made?.client_token as string)).toBe(403);
    expect((await root('lookup-accessor', { accessor: low?.accessor })).status).toBe(400);
    expect((await root('renew', { token: low?.client_token })).status).toBe(400);
  });

  it('TOK-09: a tree as deep as it can be made dies whole', async () => {
    const made: Made[] = [await make()];
    for (;;) {
      const body = { policies: ['maker', 'default'] };
      const answer = await server.call('POST', 'auth/token/create', {
        token: made.at(-1)?.client_token as string,
        body,
      });
      if (answer.status !== 200) {
        expect(answer.json.errors).toEqual(['the token tree is too deep']);
        break;
      }
      made.push(answer.json.auth);
    }
    expect(made).toHaveLength(100);
    expect(await status(made.at(-1)?.client_token as string), 'the deepest one works').toBe(200);
    await root('revoke', { token: made[0]?.client_token });
    for (const { client_token: token } of made) expect(await status(token)).toBe(403);
  });

  it('of the unknown is done already; of an unknown accessor it warns', async () => {
    expect((await root('revoke', { token: 'srs.unknown' })).status).toBe(204);
    const { status: answered, json } = await root('revoke-accessor', { accessor: 'aaaaaaaaaaaaaaaaaaaaaaaa' });
    expect(answered).toBe(200);
    expect(json.warnings).toEqual(['No token found with this accessor']);
    expect((await root('lookup-accessor', { accessor: '../x' })).json.errors[0]).toBe('invalid accessor');
  });

  it('TOK-17: takes the private store of the token with it', async () => {
    const { client_token: token } = await make();
    const write = await server.call('POST', 'cubbyhole/a', { token, body: { x: 'y' } });
    expect(write.status, write.text).toBe(204);
    expect((await server.root('GET', 'cubbyhole/a')).status).toBe(404);
    await root('revoke', { token });
    const rows = await server.store.list('records', {
      where: { namespace: 'root', collection: 'cubbyhole' },
      limit: 10,
    });
    expect(rows).toEqual([]);
  });
});

describe('tidying', () => {
  it('is answered as begun: nothing waits for it', async () => {
    const answer = await root('tidy');
    expect(answer.status).toBe(202);
    expect(answer.json.warnings).toHaveLength(1);
  });
});

describe('revoking a parent alone', () => {
  it('makes its children orphans that live on, and their children stay theirs', async () => {
    const [top, child, low] = await chain(3);
    expect((await root('revoke-orphan', { token: top?.client_token })).status).toBe(204);
    expect(await status(top?.client_token as string)).toBe(403);
    const { json } = await root('lookup', { token: child?.client_token });
    expect(json.data.orphan).toBe(true);
    expect((await root('lookup', { token: low?.client_token })).json.data.orphan).toBe(false);
    await root('revoke', { token: child?.client_token });
    expect(await status(low?.client_token as string)).toBe(403);
  });

  it('is done though a child is renewed or used meanwhile', async () => {
    const parent = await make();
    const children = await Promise.all(Array.from({ length: 3 }, () => make({}, parent.client_token)));
    const commit = server.store.commit.bind(server.store);
    const spy = vi.spyOn(server.store, 'commit').mockImplementationOnce(async (changes) => {
      const renewed = await root('renew', { token: children[0]?.client_token });
      expect(renewed.status, renewed.text).toBe(200);
      await root('revoke', { token: children[1]?.client_token });
      return commit(changes);
    });
    const answer = await root('revoke-orphan', { token: parent.client_token });
    spy.mockRestore();
    expect(answer.status, answer.text).toBe(204);
    expect(await status(parent.client_token)).toBe(403);
    const left = await Promise.all(children.map((child) => status(child.client_token)));
    expect(left).toEqual([200, 403, 200]);
  });

  it('needs sudo', async () => {
    const { client_token: token } = await make();
    const victim = await make();
    const answer = await server.call('POST', 'auth/token/revoke-orphan', {
      token,
      body: { token: victim.client_token },
    });
    expect(answer.status).toBe(400);
    expect(answer.json.errors[0]).toBe('root or sudo privileges required to revoke and orphan');
    expect(await status(victim.client_token)).toBe(200);
  });
});

describe('batch tokens', () => {
  it('have no accessor, are shown as what they are, and end at their time', async () => {
    const { client_token: token, accessor } = await make({ type: 'batch', ttl: '1h' });
    expect(accessor).toBe('');
    expect(token).toMatch(/^srb\./);
    const { data } = (await server.call('GET', 'auth/token/lookup-self', { token })).json;
    expect(data).toMatchObject({ type: 'batch', renewable: false, orphan: false, accessor: '', ttl: 3_600 });
    server.clock.advanceSeconds(3_600);
    expect(await status(token)).toBe(403);
  });

  it('are not revoked by themselves, but die with their parent', async () => {
    const parent = await make();
    const { client_token: token } = await make({ type: 'batch' }, parent.client_token);
    for (const answer of [
      await root('revoke', { token }),
      await server.call('POST', 'auth/token/revoke-self', { token }),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.json.errors[0]).toBe('batch tokens cannot be revoked');
    }
    expect((await server.call('POST', 'cubbyhole/a', { token, body: {} })).status, 'no private store').not.toBe(204);
    await root('revoke', { token: parent.client_token });
    expect(await status(token)).toBe(403);
  });

  it('TOK-02: changed in any bit are refused', async () => {
    const { client_token: token } = await make({ type: 'batch' });
    const middle = Math.floor(token.length / 2);
    const other = token[middle] === 'A' ? 'B' : 'A';
    for (const text of [
      `${token.slice(0, middle)}${other}${token.slice(middle + 1)}`,
      `${token}A`,
      token.slice(0, -1),
      `${token}=`,
    ]) {
      expect(await status(text)).toBe(403);
    }
  });
});

describe('accessors', () => {
  it('TOK-11: are no credentials, and show no token', async () => {
    const { client_token: token, accessor } = await make();
    expect(await status(accessor)).toBe(403);
    const { json, text } = await root('lookup-accessor', { accessor });
    expect(json.data).toMatchObject({ id: '', accessor });
    expect(text).not.toContain(token);
    expect((await root('lookup', { token: accessor })).status).toBe(403);
    expect((await root('lookup', { token: accessor })).json.errors[0]).toBe('bad token');
    expect((await root('renew', { token: accessor })).status).toBe(400);
    await root('revoke', { token: accessor });
    expect(await status(token)).toBe(200);
  });

  it('TOK-11: are listed with sudo only, live ones only', async () => {
    const list = (token: string) => server.call('LIST', 'auth/token/accessors', { token });
    const policy = 'path "auth/token/accessors*" { capabilities = ["list"] }';
    await server.root('POST', 'sys/policies/acl/lister', { policy });
    const { client_token: lister } = await make({ policies: ['lister'] });
    expect((await list(lister)).status).toBe(403);
    const short = await make({ ttl: '1m' });
    const kept = await make();
    expect((await list(server.rootToken)).json.data.keys).toContain(short.accessor);
    server.clock.advanceSeconds(60);
    const { keys } = (await list(server.rootToken)).json.data;
    expect(keys).toContain(kept.accessor);
    expect(keys).not.toContain(short.accessor);
  });
});

describe('a list of accessors', () => {
  it('goes on behind more expired tokens than fit on a page', async () => {
    const own = await startServer();
    const hash = (text: string): string => own.core.seal.sealer.hashCredential(text);
    // The list goes by these hashes: of the tokens here all others come before the root token.
    const ids: string[] = [];
    for (let tried = 0; ids.length < 1_001 && tried < 500_000; tried += 1) {
      if (hash(`own-id-${tried}`) < hash(own.rootToken)) ids.push(`own-id-${tried}`);
    }
    for (const id of ids) await own.root('POST', 'auth/token/create', { id, policies: ['default'], ttl: '1s' });
    own.clock.advanceSeconds(1);
    const { json } = await own.root('LIST', 'auth/token/accessors');
    expect(json.data.keys).toHaveLength(1);
    await own.stop();
  });
});

describe('how a token is presented', () => {
  const get = (options: { headers?: Record<string, string>; query?: string }): Promise<CallAnswer> =>
    server.call('GET', `auth/token/lookup-self${options.query ?? ''}`, { headers: options.headers ?? {} });

  it('TOK-02: any other spelling of it is refused', async () => {
    const { client_token: token } = await make();
    const flipped = [...token].map((letter) =>
      letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
    );
    for (const text of [
      flipped.join(''),
      token.toUpperCase(),
      `${token} `,
      ` ${token}`,
      `${token}.`,
      `${token}\u0000`,
      `${token}=`,
      token.slice(0, -1),
      token.slice(4),
      `hvs.${token.slice(4)}`,
    ]) {
      expect(await status(text), JSON.stringify(text)).not.toBe(200);
    }
    expect(await status(token)).toBe(200);
  });

  it('TOK-12: in the address or a cookie it is no token', async () => {
    const { client_token: token } = await make();
    for (const name of ['token', 'access_token', 'key', 'X-Vault-Token']) {
      expect((await get({ query: `?${name}=${token}` })).status, name).toBe(403);
      expect((await get({ headers: { cookie: `${name}=${token}` } })).status, name).toBe(403);
    }
    expect((await server.call('GET', `auth/token/lookup?token=${token}`, {})).status).toBe(403);
  });

  it('TOK-13: counts under Bearer, and under no other scheme', async () => {
    const { client_token: token } = await make();
    const under = async (authorization: string): Promise<number> => (await get({ headers: { authorization } })).status;
    expect(await under(`Bearer ${token}`)).toBe(200);
    for (const text of [
      `Basic ${token}`,
      `Foo ${token}`,
      token,
      `Bearer  ${token}`,
      `Bearer ${token} x`,
      `Bearer${token}`,
      `Token ${token}`,
      `Basic ${Buffer.from(`:${token}`).toString('base64')}`,
    ]) {
      expect(await under(text), text.slice(0, 8)).toBe(403);
    }
  });

  it('twice the same is one; two different ones are refused, whichever is good', async () => {
    const { client_token: token } = await make();
    const both = (vault: string, bearer: string) =>
      get({ headers: { 'x-vault-token': vault, authorization: `Bearer ${bearer}` } });
    expect((await both(token, token)).status).toBe(200);
    expect((await both(token, 'srs.other')).status).toBe(400);
    expect((await both('srs.other', token)).status).toBe(400);
  });

  it('IDN-10: a text that names the insides of an object is no token', async () => {
    for (const text of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined']) {
      expect(await status(text)).toBe(403);
    }
  });
});
