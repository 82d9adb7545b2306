import type { Prepare, World, Writes } from './world.ts';

/** Writes of both versions of kv. */
export function kvWrites(world: World): Writes {
  const { root, made } = world;
  const data = (name: string): string => `secret/data/${name}`;
  const metadata = (name: string): string => `secret/metadata/${name}`;
  const versions = async (name: string): Promise<Record<string, { deletion_time: string; destroyed: boolean }>> =>
    (await made('GET', metadata(name))).versions;
  /** Of a secret with two versions, about the first of which something is asked. */
  const onVersion =
    (
      send: (name: string) => ReturnType<typeof root>,
      isDone: (version: { deletion_time: string; destroyed: boolean }, name: string) => boolean,
      number = '1',
      start: (name: string) => Promise<unknown> = async () => undefined,
    ): Prepare =>
    async (name) => {
      for (const count of [1, 2]) await made('POST', data(name), { data: { count } });
      await start(name);
      return {
        send: () => send(name),
        done: async () => {
          const version = (await versions(name))[number];
          return version !== undefined && isDone(version, name);
        },
      };
    };
  return {
    'POST /kv-v1/{path}': world.makes('POST', (name) => `kv-v1/a/${name}`, { x: 1 }),
    'DELETE /kv-v1/{path}': world.removes((name) => `kv-v1/a/${name}`, { x: 1 }),
    // Of a mount of its own: these settings hold for every secret.
    'POST /secret/config': async (name) => {
      await made('POST', `sys/mounts/${name}`, { type: 'kv', options: { version: '2' } });
      return {
        send: () => root('POST', `${name}/config`, { max_versions: 8 }),
        done: async () => (await made('GET', `${name}/config`)).max_versions === 8,
      };
    },
    'POST /secret/data/{path}': world.makes('POST', data, { data: { a: 1 } }),
    'POST /secret/data/{path} : one version more than are kept': async (name) => {
      await made('POST', metadata(name), { max_versions: 1 });
      await made('POST', data(name), { data: { count: 1 } });
      return {
        send: () => root('POST', data(name), { data: { count: 2 } }),
        done: async () =>
          (await made('GET', data(name))).data.count === 2 && !(await world.has(`${data(name)}?version=1`)),
      };
    },
    'PATCH /secret/data/{path}': async (name) => {
      await made('POST', data(name), { data: { a: 1 } });
      return {
        send: () => root('PATCH', data(name), { data: { b: 2 } }),
        done: async () => (await made('GET', data(name))).data.b === 2,
      };
    },
    'DELETE /secret/data/{path}': onVersion(
      (name) => root('DELETE', data(name)),
      ({ deletion_time }) => deletion_time !== '',
      '2',
    ),
    'POST /secret/delete/{path}': onVersion(
      (name) => root('POST', `secret/delete/${name}`, { versions: [1] }),
      ({ deletion_time }) => deletion_time !== '',
    ),
    'POST /secret/undelete/{path}': onVersion(
      (name) => root('POST', `secret/undelete/${name}`, { versions: [1] }),
      ({ deletion_time }) => deletion_time === '',
      '1',
      (name) => made('POST', `secret/delete/${name}`, { versions: [1] }),
    ),
    'POST /secret/destroy/{path}': onVersion(
      (name) => root('POST', `secret/destroy/${name}`, { versions: [1] }),
      ({ destroyed }) => destroyed,
    ),
    'POST /secret/metadata/{path}': world.makes('POST', metadata, { max_versions: 3 }),
    'PATCH /secret/metadata/{path}': world.changes(
      'PATCH',
      metadata,
      { custom_metadata: { a: '1' } },
      { custom_metadata: { a: '2' } },
    ),
    'DELETE /secret/metadata/{path}': async (name) => {
      for (const count of [1, 2]) await made('POST', data(name), { data: { count } });
      return { send: () => root('DELETE', metadata(name)), done: async () => !(await world.has(metadata(name))) };
    },
  };
}
