import type { Prepare, World, Writes } from './world.ts';

/** Writes of API keys and PATs. */
export function credentialWrites(world: World): Writes {
  return { ...keyWrites(world), ...patWrites(world) };
}

const owned = (name: string): string => `api-keys/keys?owner=${name}`;

function keyWrites(world: World): Writes {
  const { root, made } = world;
  const newKey = (name: string, more: object = {}) => made('POST', 'api-keys/keys', { name, owner: name, ...more });
  const count = async (name: string): Promise<number> =>
    (await root('LIST', owned(name))).json?.data?.keys?.length ?? 0;
  const onKey =
    (
      method: string,
      suffix: string,
      body: object,
      isDone: (key: Record<string, unknown> | undefined) => boolean,
      first?: string,
    ): Prepare =>
    async (name) => {
      const { id } = await newKey(name);
      if (first !== undefined) await made('POST', `api-keys/keys/${id}/${first}`, {});
      return {
        send: () => root(method, `api-keys/keys/${id}${suffix}`, body),
        done: async () => isDone((await root('GET', `api-keys/keys/${id}`)).json?.data),
      };
    };
  const use =
    (path: string, body: (key: string) => object): Prepare =>
    async (name) => {
      const { key, id } = await newKey(name, { credits: 100 });
      return {
        send: () => root('POST', path, body(key)),
        done: async () => (await made('GET', `api-keys/keys/${id}`)).credits_left < 100,
      };
    };
  return {
    'POST /api-keys/keys': async (name) => ({
      send: () => root('POST', 'api-keys/keys', { name, owner: name, credits: 3 }),
      done: async () => (await count(name)) > 0,
    }),
    'POST /api-keys/keys/{id}': onKey('POST', '', { name: 'other' }, (key) => key?.['name'] === 'other'),
    'PATCH /api-keys/keys/{id}': onKey('PATCH', '', { name: 'other' }, (key) => key?.['name'] === 'other'),
    'DELETE /api-keys/keys/{id}': onKey('DELETE', '', {}, (key) => key === undefined || key['state'] === 'revoked'),
    'POST /api-keys/keys/{id}/disable': onKey('POST', '/disable', {}, (key) => key?.['state'] === 'disabled'),
    'POST /api-keys/keys/{id}/enable': onKey('POST', '/enable', {}, (key) => key?.['state'] === 'active', 'disable'),
    'POST /api-keys/keys/{id}/revoke': onKey('POST', '/revoke', {}, (key) => key?.['state'] === 'revoked'),
    'POST /api-keys/keys/{id}/rotate': async (name) => {
      const { id } = await newKey(name);
      return {
        send: () => root('POST', `api-keys/keys/${id}/rotate`, { overlap: '1h' }),
        done: async () => (await count(name)) > 1,
      };
    },
    'POST /api-keys/rotate-self': async (name) => {
      const { key } = await newKey(name, { policies: ['all'] });
      return {
        send: () => world.as(key, 'POST', 'api-keys/rotate-self', { overlap: '1h' }),
        done: async () => (await count(name)) > 1,
      };
    },
    'POST /api-keys/spaces/{space}': world.makes('POST', (name) => `api-keys/spaces/${name}`, {}),
    'DELETE /api-keys/spaces/{space}': world.removes((name) => `api-keys/spaces/${name}`, {}),
    'POST /api-keys/verify': use('api-keys/verify', (key) => ({ key })),
    'POST /api-keys/verify/batch': use('api-keys/verify/batch', (key) => ({ items: [{ key }] })),
    'POST /sys/credentials/revoke': async (name) => {
      const ids = [await newKey(name), await newKey(name), await newKey(name)].map(({ id }) => id);
      return {
        send: () => root('POST', 'sys/credentials/revoke', { owner: name }),
        done: async () => {
          const keys = await Promise.all(ids.map((id) => made('GET', `api-keys/keys/${id}`)));
          return keys.every(({ state }) => state === 'revoked');
        },
      };
    },
  };
}

function patWrites(world: World): Writes {
  const { root, as, newPerson } = world;
  const grants = 'path "x" { capabilities = ["read"] }';
  interface Owner {
    readonly token: string;
    readonly id: string;
    readonly entity: string;
  }
  const newPat = async (name: string): Promise<Owner> => {
    const token = await newPerson(name);
    const entity = (await as(token, 'GET', 'auth/token/lookup-self')).json.data.entity_id;
    return { token, entity, id: (await as(token, 'POST', 'pats/self', { name, grants })).json.data.id };
  };
  const onPat =
    (
      send: (owner: Owner) => ReturnType<typeof root>,
      isDone: (pat: Record<string, unknown> | undefined) => boolean,
    ): Prepare =>
    async (name) => {
      const owner = await newPat(name);
      return {
        send: () => send(owner),
        done: async () => isDone((await root('GET', `pats/tokens/${owner.id}`)).json?.data),
      };
    };
  const isRevoked = (pat: Record<string, unknown> | undefined): boolean =>
    pat === undefined || pat['state'] === 'revoked';
  return {
    'POST /pats/self': async (name) => {
      const token = await newPerson(name);
      return {
        send: () => as(token, 'POST', 'pats/self', { name, grants }),
        done: await world.grows('credentials', { kind: 'pat' }),
      };
    },
    'POST /pats/self/{id}': onPat(
      ({ token, id }) => as(token, 'POST', `pats/self/${id}`, { name: 'other' }),
      (pat) => pat?.['name'] === 'other',
    ),
    'DELETE /pats/self/{id}': onPat(({ token, id }) => as(token, 'DELETE', `pats/self/${id}`), isRevoked),
    'POST /pats/self/{id}/revoke': onPat(({ token, id }) => as(token, 'POST', `pats/self/${id}/revoke`, {}), isRevoked),
    'POST /pats/self/{id}/rotate': async (name) => {
      const { token, id } = await newPat(name);
      return {
        send: () => as(token, 'POST', `pats/self/${id}/rotate`, {}),
        done: await world.grows('credentials', { kind: 'pat' }),
      };
    },
    'POST /pats/tokens/{id}/revoke': onPat(({ id }) => root('POST', `pats/tokens/${id}/revoke`, {}), isRevoked),
    'POST /pats/revoke': onPat(({ entity }) => root('POST', 'pats/revoke', { entity_id: entity }), isRevoked),
    'POST /pats/rules': world.changes('POST', () => 'pats/rules', { max_ttl: '100h' }, { max_ttl: 720_000 }),
  };
}
