import { expect } from 'vitest';
import type { Engine, Lease, Mount } from '../../../src/core/index.ts';
import type { Json } from '../../../src/lib/index.ts';
import { openMemoryStore, type TableName } from '../../../src/store/index.ts';
import { FaultyStore } from '../../harness/faulty-store.ts';
import { type CallAnswer, startServer, type TestServer } from '../../harness/server.ts';

/** A write that is ready to be sent, and whether what it is for is so. */
export interface Write {
  readonly send: () => Promise<CallAnswer>;
  /** False before the write, true after it, whatever failed in between: nothing third. */
  readonly done: () => Promise<boolean>;
}

/** Makes what a write starts from, under a name of its own. */
export type Prepare = (name: string) => Promise<Write>;
/** `METHOD /path` of the API document; after ` : ` what is meant, where one route does several things. */
export type Writes = Readonly<Record<string, Prepare>>;

/** Hands out leases; there is no engine of ours that does so without more. */
const leasing: Engine = {
  type: 'leasing',
  kind: 'secret',
  description: 'hands out leases',
  routes: [],
  revokeLease: async () => undefined,
};

export const password = 'correct horse';
const allRights = '"create", "read", "update", "delete", "list", "sudo"';

/** A server whose store fails when told to, with every engine mounted under the name the API document has for it. */
export class World {
  readonly store = new FaultyStore(openMemoryStore());
  #server: TestServer | undefined;

  get server(): TestServer {
    if (!this.#server) throw new Error('not started');
    return this.#server;
  }

  async start(): Promise<void> {
    this.#server = await startServer({ store: this.store });
    for (const type of ['pki', 'api-keys', 'pats', 'kv-v1']) await this.root('POST', `sys/mounts/${type}`, { type });
    for (const type of ['userpass', 'cert']) await this.made('POST', `sys/auth/${type}`, { type });
    (this.server.core.engines as Map<string, Engine>).set('secret:leasing', leasing);
    await this.made('POST', 'sys/mounts/lend', { type: 'leasing' });
    await this.made('POST', 'sys/policies/acl/all', { policy: `path "*" { capabilities = [${allRights}] }` });
    const person = { allowed_policies: 'all', allowed_entity_aliases: '*', orphan: true };
    await this.made('POST', 'auth/token/roles/person', person);
    await this.made('POST', 'pki/root/generate/internal', { common_name: 'Root', key_type: 'ec', ttl: '700h' });
    await this.made('POST', 'pki/roles/r', { allow_any_name: true, key_type: 'ec', ttl: '1h' });
  }

  readonly root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
    this.server.root(method, path, body as Json);

  readonly as = (token: string, method: string, path: string, body?: object): Promise<CallAnswer> =>
    this.server.call(method, path, { token, body: body as Json });

  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  readonly made = async (method: string, path: string, body?: object): Promise<any> => {
    const answer = await this.root(method, path, body);
    expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
    return answer.json?.auth ?? answer.json?.data ?? answer.json;
  };

  readonly newToken = async (body: object = {}): Promise<{ client_token: string; accessor: string }> =>
    this.made('POST', 'auth/token/create', { policies: ['all'], ttl: '1h', ...body });

  /** A user with a log-in; answers the token. */
  readonly logIn = async (name: string): Promise<string> => {
    await this.made('POST', `auth/userpass/users/${name}`, { password, token_policies: 'all' });
    const answer = await this.server.call('POST', `auth/userpass/login/${name}`, { body: { password } });
    expect(answer.status, answer.text).toBe(200);
    return answer.json.auth.client_token;
  };

  /** A token with an identity, without the time a password costs. */
  readonly newPerson = async (name: string): Promise<string> =>
    (await this.made('POST', 'auth/token/create/person', { entity_alias: name, ttl: '1h' })).client_token;

  readonly lend = async (path: string): Promise<Lease> => {
    const { core } = this.server;
    const mount = core.mounts.byPath('secret', 'lend/') as Mount;
    const { lease, changes } = core.leases.draft({
      mount,
      path: `lend/${path}`,
      token: null,
      ttlSeconds: 3_600,
      maxTtlSeconds: 7_200,
      renewable: true,
      internal: {},
    });
    await core.store.commit(changes);
    return lease;
  };

  /** Whether something is there. */
  readonly has = async (path: string): Promise<boolean> => (await this.root('GET', path)).status === 200;

  readonly lives = async (token: string): Promise<boolean> =>
    (await this.server.core.tokens.find('root', token)) !== undefined;

  /** Whether a table has grown since now. */
  readonly grows = async (table: TableName, where: object = {}): Promise<() => Promise<boolean>> => {
    const count = (): Promise<number> => Promise.resolve(this.store.count(table, where as never));
    const before = await count();
    return async () => (await count()) > before;
  };

  /** A request of root, done when something is there. */
  readonly makes =
    (
      method: string,
      path: (name: string) => string,
      body: object | ((name: string) => object),
      read?: string,
    ): Prepare =>
    async (name) => ({
      send: () => this.root(method, path(name), typeof body === 'function' ? body(name) : body),
      done: () => this.has(read === undefined ? path(name) : read.replace('NAME', name)),
    });

  /** A DELETE of what was made. */
  readonly removes =
    (path: (name: string) => string, body: object, makeAt?: (name: string) => string): Prepare =>
    async (name) => {
      await this.made('POST', (makeAt ?? path)(name), body);
      return { send: () => this.root('DELETE', path(name)), done: async () => !(await this.has(path(name))) };
    };

  /** A change of one field of what was made. */
  readonly changes =
    (
      method: string,
      path: (name: string) => string,
      make: object,
      change: object,
      read?: (name: string) => string,
    ): Prepare =>
    async (name) => {
      await this.made('POST', path(name), make);
      const [[field, value]] = Object.entries(change) as [[string, unknown]];
      return {
        send: () => this.root(method, path(name), change),
        done: async () => {
          const { data } = (await this.root('GET', (read ?? path)(name))).json;
          return JSON.stringify(data[field]) === JSON.stringify(value);
        },
      };
    };
}
