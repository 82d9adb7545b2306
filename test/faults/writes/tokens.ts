import type { Prepare, World, Writes } from './world.ts';

/** Writes of tokens and of what belongs to one. */
export function tokenWrites(world: World): Writes {
  const { root, as, made, newToken, lives } = world;
  const creation =
    (path: string, body: object = {}): Prepare =>
    async () => ({
      send: () => root('POST', path, { ttl: '1h', ...body }),
      done: await world.grows('tokens'),
    });
  const renewal =
    (send: (token: { client_token: string; accessor: string }) => ReturnType<typeof root>): Prepare =>
    async () => {
      const token = await newToken();
      const { core } = world.server;
      return {
        send: () => send(token),
        done: async () => {
          const found = await core.tokens.find('root', token.client_token);
          return (found?.body.lastRenewedMillis ?? 0) > 0;
        },
      };
    };
  /** Of a token with a child; both have a cubbyhole. */
  const revocation =
    (
      send: (token: { client_token: string; accessor: string }) => ReturnType<typeof root>,
      childLives = false,
    ): Prepare =>
    async () => {
      const token = await newToken();
      const child = (await as(token.client_token, 'POST', 'auth/token/create', { ttl: '30m' })).json.auth.client_token;
      for (const each of [token.client_token, child]) await as(each, 'POST', 'cubbyhole/x', { a: 1 });
      return {
        send: () => send(token),
        done: async () => !(await lives(token.client_token)) && (await lives(child)) === childLives,
      };
    };
  return {
    'POST /auth/token/create': creation('auth/token/create'),
    'POST /auth/token/create-orphan': creation('auth/token/create-orphan'),
    'POST /auth/token/create/{role_name}': async (name) => {
      await made('POST', `auth/token/roles/${name}`, { allowed_policies: 'default', allowed_entity_aliases: '*' });
      return creation(`auth/token/create/${name}`, { entity_alias: name })(name);
    },
    'POST /auth/token/renew': renewal(({ client_token: token }) => root('POST', 'auth/token/renew', { token })),
    'POST /auth/token/renew-accessor': renewal(({ accessor }) =>
      root('POST', 'auth/token/renew-accessor', { accessor }),
    ),
    'POST /auth/token/renew-self': renewal(({ client_token: token }) => as(token, 'POST', 'auth/token/renew-self', {})),
    'POST /auth/token/revoke': revocation(({ client_token: token }) => root('POST', 'auth/token/revoke', { token })),
    'POST /auth/token/revoke-accessor': revocation(({ accessor }) =>
      root('POST', 'auth/token/revoke-accessor', { accessor }),
    ),
    'POST /auth/token/revoke-orphan': revocation(
      ({ client_token: token }) => root('POST', 'auth/token/revoke-orphan', { token }),
      true,
    ),
    'POST /auth/token/revoke-self': revocation(({ client_token: token }) =>
      as(token, 'POST', 'auth/token/revoke-self', {}),
    ),
    'POST /auth/token/roles/{role_name}': world.makes('POST', (name) => `auth/token/roles/${name}`, {
      allowed_policies: 'default',
    }),
    'DELETE /auth/token/roles/{role_name}': world.removes((name) => `auth/token/roles/${name}`, {
      allowed_policies: 'default',
    }),
    'POST /cubbyhole/{path}': async () => {
      const { client_token: token } = await newToken();
      return {
        send: () => as(token, 'POST', 'cubbyhole/a/b', { x: 1 }),
        done: async () => (await as(token, 'GET', 'cubbyhole/a/b')).status === 200,
      };
    },
    'DELETE /cubbyhole/{path}': async () => {
      const { client_token: token } = await newToken();
      await as(token, 'POST', 'cubbyhole/a/b', { x: 1 });
      return {
        send: () => as(token, 'DELETE', 'cubbyhole/a/b'),
        done: async () => (await as(token, 'GET', 'cubbyhole/a/b')).status === 404,
      };
    },
  };
}
