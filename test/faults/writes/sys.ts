import { type Prepare, password, type World, type Writes } from './world.ts';

/** Writes of the server itself. */
export function systemWrites(world: World): Writes {
  return { ...mountWrites(world), ...leaseWrites(world), ...policyWrites(world) };
}

function mountWrites(world: World): Writes {
  const { root, made, server } = world;
  const mount = (name: string): string => `sys/mounts/${name}`;
  const method = (name: string): string => `sys/auth/${name}`;
  return {
    'POST /sys/mounts/{path}': world.makes('POST', mount, { type: 'kv', options: { version: '2' } }),
    'POST /sys/mounts/{path} : settings': async (name) => {
      await made('POST', mount(name), { type: 'kv' });
      return {
        send: () => root('POST', `${mount(name)}/tune`, { description: 'changed' }),
        done: async () => (await made('GET', mount(name))).description === 'changed',
      };
    },
    'POST /sys/mounts/{path} : upgrade of kv': async (name) => {
      await made('POST', mount(name), { type: 'kv' });
      for (const path of ['a', 'b/c']) await made('POST', `${name}/${path}`, { path });
      return {
        send: () => root('POST', `${mount(name)}/tune`, { options: { version: '2' } }),
        done: async () => {
          const isUpgraded = (await made('GET', mount(name))).options?.version === '2';
          const read = await made('GET', isUpgraded ? `${name}/data/b/c` : `${name}/b/c`);
          if ((isUpgraded ? read.data : read).path !== 'b/c') throw new Error('the secret is not what it was');
          return isUpgraded;
        },
      };
    },
    'DELETE /sys/mounts/{path}': async (name) => {
      await made('POST', mount(name), { type: 'kv', options: { version: '2' } });
      await made('POST', `${name}/data/a`, { data: { x: 1 } });
      return { send: () => root('DELETE', mount(name)), done: async () => !(await world.has(mount(name))) };
    },
    'POST /sys/auth/{path}': world.makes('POST', method, { type: 'userpass' }),
    'POST /sys/auth/{path} : settings': async (name) => {
      await made('POST', method(name), { type: 'userpass' });
      return {
        send: () => root('POST', `${method(name)}/tune`, { description: 'changed' }),
        done: async () => (await made('GET', method(name))).description === 'changed',
      };
    },
    'DELETE /sys/auth/{path}': async (name) => {
      const token = await userOf(world, name);
      return {
        send: () => root('DELETE', method(name)),
        done: async () => !(await world.has(method(name))) && !(await world.lives(token)),
      };
    },
    'POST /sys/remount': async (name) => {
      await made('POST', mount(name), { type: 'kv' });
      await made('POST', `${name}/a`, { x: 1 });
      const records = await world.grows('records', { collection: 'remounts' });
      return {
        send: () => root('POST', 'sys/remount', { from: name, to: `${name}-moved` }),
        done: async () => {
          const isMoved = await world.has(`${name}-moved/a`);
          if (isMoved === (await world.has(`${name}/a`))) throw new Error('there twice, or not at all');
          if (isMoved !== (await records())) throw new Error('moved without a record, or the other way round');
          return isMoved;
        },
      };
    },
    'POST /sys/remount : of a log-in method': async (name) => {
      const token = await userOf(world, name);
      return {
        send: () => root('POST', 'sys/remount', { from: `auth/${name}`, to: `auth/${name}-moved` }),
        done: async () => (await world.has(method(`${name}-moved`))) && !(await world.lives(token)),
      };
    },
    'POST /sys/locked-users/{mount_accessor}/unlock/{alias_identifier}': async (name) => {
      await made('POST', `auth/userpass/users/${name}`, { password });
      const { accessor } = (await made('GET', 'sys/auth'))['userpass/'];
      for (let count = 0; count < 5; count += 1)
        await server.call('POST', `auth/userpass/login/${name}`, { body: { password: 'wrong' } });
      return {
        send: () => root('POST', `sys/locked-users/${accessor}/unlock/${name}`),
        done: async () => !JSON.stringify((await root('GET', 'sys/locked-users')).json.data).includes(`"${name}"`),
      };
    },
  };
}

/** A log-in method of its own with a user; answers the user's token. */
async function userOf({ made, server }: World, name: string): Promise<string> {
  await made('POST', `sys/auth/${name}`, { type: 'userpass' });
  await made('POST', `auth/${name}/users/ann`, { password });
  return (await server.call('POST', `auth/${name}/login/ann`, { body: { password } })).json.auth.client_token;
}

function leaseWrites(world: World): Writes {
  const { root, lend } = world;
  const renewal =
    (path: (id: string) => string, named: boolean): Prepare =>
    async (name) => {
      const { id } = await lend(name);
      const { core } = world.server;
      return {
        send: () => root('POST', path(id), { ...(!named && { lease_id: id }), increment: '90m' }),
        done: async () => ((await core.leases.find('root', id))?.body.lastRenewedMillis ?? 0) > 0,
      };
    };
  const revocation =
    (path: (id: string, name: string) => string, inBody = false): Prepare =>
    async (name) => {
      const leases = [await lend(name), ...(inBody ? [] : [await lend(`${name}/deeper`)])];
      const first = leases[0]?.id ?? '';
      const { core } = world.server;
      const wanted = path(first, name).endsWith(first) || inBody ? leases.slice(0, 1) : leases;
      return {
        send: () => root('POST', path(first, name), inBody ? { lease_id: first } : {}),
        // Dead is done: what is dead is taken back by the sweep at the latest.
        done: async () => {
          const live = await Promise.all(wanted.map(({ id }) => core.leases.find('root', id)));
          return live.every((lease) => lease === undefined);
        },
      };
    };
  const both = (noun: string, prepare: (root: string) => Writes): Writes => ({
    ...prepare(`sys/leases/${noun}`),
    ...prepare(`sys/${noun}`),
  });
  return {
    ...both('renew', (path) => ({
      [`POST /${path}`]: renewal(() => path, false),
      [`POST /${path}/{lease_id}`]: renewal((id) => `${path}/${id}`, true),
    })),
    ...both('revoke', (path) => ({
      [`POST /${path}`]: revocation(() => path, true),
      [`POST /${path}/{lease_id}`]: revocation((id) => `${path}/${id}`),
    })),
    ...both('revoke-prefix', (path) => ({
      [`POST /${path}/{prefix}`]: revocation((_id, name) => `${path}/lend/${name}`),
    })),
    ...both('revoke-force', (path) => ({
      [`POST /${path}/{prefix}`]: revocation((_id, name) => `${path}/lend/${name}`),
    })),
    'POST /sys/leases/tidy': async (name) => {
      const lease = await lend(name);
      const { core } = world.server;
      await core.leases.expireNow(lease);
      return {
        send: () => root('POST', 'sys/leases/tidy'),
        done: async () => (await core.leases.stored('root', lease.id)) === undefined,
      };
    },
  };
}

function policyWrites(world: World): Writes {
  const { root, made } = world;
  const policy = { policy: 'path "x" { capabilities = ["read"] }' };
  const old = (name: string): string => `sys/policy/${name}`;
  const acl = (name: string): string => `sys/policies/acl/${name}`;
  return {
    'POST /sys/policies/acl/{name}': world.makes('POST', acl, policy),
    'DELETE /sys/policies/acl/{name}': world.removes(acl, policy),
    'POST /sys/policy/{name}': world.makes('POST', old, policy),
    'DELETE /sys/policy/{name}': world.removes(old, policy),
    ...Object.fromEntries(
      ['sys/rotate', 'sys/rotate/keyring'].map((path): [string, Prepare] => [
        `POST /${path}`,
        async (name) => {
          const { term } = await made('GET', 'sys/key-status');
          await made('POST', `secret/data/${name}`, { data: { before: true } });
          return {
            send: () => root('POST', path),
            done: async () => {
              // Whatever failed: what was written before and what is written now both open.
              await made('POST', `secret/data/${name}-now`, { data: { now: true } });
              await made('GET', `secret/data/${name}`);
              return (await made('GET', 'sys/key-status')).term > term;
            },
          };
        },
      ]),
    ),
  };
}
