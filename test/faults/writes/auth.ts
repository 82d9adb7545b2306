import { decodePem } from '../../../src/x509/index.ts';
import { type Prepare, password, type World, type Writes } from './world.ts';

/** Writes of log-in methods and of identities. */
export function authWrites(world: World): Writes {
  return { ...userpassWrites(world), ...certWrites(world), ...identityWrites(world) };
}

function userpassWrites(world: World): Writes {
  const { root, made, logIn, lives, server } = world;
  const user = (name: string): string => `auth/userpass/users/${name}`;
  return {
    'POST /auth/userpass/users/{username}': world.makes('POST', user, { password }),
    'POST /auth/userpass/users/{username} : another password': async (name) => {
      const token = await logIn(name);
      return {
        send: () => root('POST', user(name), { password: 'other horse' }),
        done: async () => !(await lives(token)),
      };
    },
    'DELETE /auth/userpass/users/{username}': async (name) => {
      const token = await logIn(name);
      return {
        send: () => root('DELETE', user(name)),
        done: async () => !(await world.has(user(name))) && !(await lives(token)),
      };
    },
    'POST /auth/userpass/users/{username}/password': async (name) => {
      const token = await logIn(name);
      return {
        send: () => root('POST', `${user(name)}/password`, { password: 'other horse' }),
        done: async () => !(await lives(token)),
      };
    },
    'POST /auth/userpass/users/{username}/policies': async (name) => {
      await made('POST', user(name), { password });
      return {
        send: () => root('POST', `${user(name)}/policies`, { policies: 'all' }),
        done: async () => (await root('GET', user(name))).json.data.token_policies.includes('all'),
      };
    },
    'POST /auth/userpass/login/{username}': async (name) => {
      await made('POST', user(name), { password });
      return {
        send: () => server.call('POST', `auth/userpass/login/${name}`, { body: { password } }),
        done: await world.grows('tokens'),
      };
    },
  };
}

function certWrites(world: World): Writes {
  const { root, made, server } = world;
  const role = (name: string): string => `auth/cert/certs/${name}`;
  const list = (name: string): string => `auth/cert/crls/${name}`;
  const authority = async (): Promise<string> => (await made('GET', 'pki/cert/ca')).certificate;
  const crl = async (): Promise<string> => (await made('GET', 'pki/cert/crl')).certificate;
  return {
    'POST /auth/cert/certs/{name}': async (name) => {
      const certificate = await authority();
      return { send: () => root('POST', role(name), { certificate }), done: () => world.has(role(name)) };
    },
    'DELETE /auth/cert/certs/{name}': async (name) => world.removes(role, { certificate: await authority() })(name),
    'POST /auth/cert/config': world.changes(
      'POST',
      () => 'auth/cert/config',
      { disable_binding: false },
      { disable_binding: true },
    ),
    'POST /auth/cert/crls/{name}': async (name) => {
      const text = await crl();
      return { send: () => root('POST', list(name), { crl: text }), done: () => world.has(list(name)) };
    },
    'DELETE /auth/cert/crls/{name}': async (name) => world.removes(list, { crl: await crl() })(name),
    'POST /auth/cert/login': async (name) => {
      await made('POST', role(name), { certificate: await authority(), allowed_common_names: `${name}.test` });
      const issued = await made('POST', 'pki/issue/r', { common_name: `${name}.test` });
      const clientCertificates = decodePem(issued.certificate).map(({ der }) => der as Buffer);
      return {
        send: () => server.call('POST', 'auth/cert/login', { body: { name }, clientCertificates }),
        done: await world.grows('tokens'),
      };
    },
  };
}

function identityWrites(world: World): Writes {
  const { root, made, newPerson, lives, server } = world;
  const byName = (name: string): string => `identity/entity/name/${name}`;
  const newEntity = async (name: string): Promise<string> => (await made('POST', 'identity/entity', { name })).id;
  /** Of somebody who is logged in and has a PAT. */
  const removal =
    (path: (id: string, name: string) => string): Prepare =>
    async (name) => {
      const token = await newPerson(name);
      const entity = (await server.call('GET', 'auth/token/lookup-self', { token })).json.data.entity_id;
      await made('POST', `identity/entity/id/${entity}`, { name });
      const grants = 'path "x" { capabilities = ["read"] }';
      expectMade(await world.as(token, 'POST', 'pats/self', { name, grants }));
      return {
        send: () => root('DELETE', path(entity, name)),
        done: async () => !(await world.has(`identity/entity/id/${entity}`)) && !(await lives(token)),
      };
    };
  const accessor = async (): Promise<string> => (await made('GET', 'sys/auth'))['userpass/'].accessor;
  return {
    'POST /identity/entity': world.makes(
      'POST',
      () => 'identity/entity',
      (name) => ({ name }),
      byName('NAME'),
    ),
    'POST /identity/entity/id/{id}': async (name) => {
      const id = await newEntity(name);
      return {
        send: () => root('POST', `identity/entity/id/${id}`, { name: `${name}-new` }),
        done: () => world.has(byName(`${name}-new`)),
      };
    },
    'DELETE /identity/entity/id/{id}': removal((id) => `identity/entity/id/${id}`),
    'POST /identity/entity/name/{name}': world.makes('POST', byName, { policies: 'all' }),
    'DELETE /identity/entity/name/{name}': removal((_id, name) => byName(name)),
    'POST /identity/entity-alias': async (name) => {
      const body = { name, canonical_id: await newEntity(name), mount_accessor: await accessor() };
      return {
        send: () => root('POST', 'identity/entity-alias', body),
        done: async () => (await made('GET', byName(name))).aliases.length === 1,
      };
    },
    'POST /identity/entity-alias : with a new entity': async (name) => {
      const body = { name, mount_accessor: await accessor() };
      return { send: () => root('POST', 'identity/entity-alias', body), done: await world.grows('entities') };
    },
    'DELETE /identity/entity-alias/id/{id}': async (name) => {
      const body = { name, canonical_id: await newEntity(name), mount_accessor: await accessor() };
      const { id } = await made('POST', 'identity/entity-alias', body);
      const path = `identity/entity-alias/id/${id}`;
      return { send: () => root('DELETE', path), done: async () => !(await world.has(path)) };
    },
  };
}

function expectMade({ status, text }: { status: number; text: string }): void {
  if (status >= 300) throw new Error(text);
}
