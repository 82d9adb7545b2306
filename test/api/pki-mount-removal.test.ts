import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const logged: string[] = [];
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);

beforeAll(async () => {
  server = await startServer({ log: (level, _fields, message) => logged.push(`${level}: ${message}`) });
});
afterAll(() => server.stop());

async function authority(mount: string): Promise<void> {
  expect((await root('POST', `sys/mounts/${mount}`, { type: 'pki' })).status).toBe(204);
  const made = await root('POST', `${mount}/root/generate/internal`, { common_name: 'Root', key_type: 'ec' });
  expect(made.status, made.text).toBe(200);
  await root('POST', `${mount}/roles/any`, { key_type: 'ec', allow_any_name: true, ttl: '1h' });
}

const issue = async (mount: string): Promise<number> =>
  (await root('POST', `${mount}/issue/any`, { common_name: 'a.test' })).status;

/** Ids of keys that were destroyed while `work` ran. */
async function destroyedBy(work: () => Promise<unknown>): Promise<string[]> {
  const home = server.core.keys.software;
  const { destroy } = home;
  const ids: string[] = [];
  home.destroy = async (id) => {
    ids.push(String(id));
    return destroy.call(home, id);
  };
  await work().finally(() => {
    home.destroy = destroy;
  });
  return ids;
}

describe('a mount with authorities that is removed', () => {
  it('keeps its keys when the removal cannot be stored, and goes with them when it can', async () => {
    await authority('kept');
    const { store } = server;
    const { commit } = store;
    store.commit = async (changes) => {
      if (changes.some((one) => one.kind === 'delete' && one.table === 'mounts')) throw new Error('disk full');
      return commit.call(store, changes);
    };
    let status = 0;
    const lost = await destroyedBy(async () => {
      status = (await root('DELETE', 'sys/mounts/kept')).status;
    }).finally(() => {
      store.commit = commit;
    });
    expect([status, lost]).toEqual([500, []]);
    expect(await issue('kept')).toBe(200);
    const gone = await destroyedBy(async () => {
      status = (await root('DELETE', 'sys/mounts/kept')).status;
    });
    expect([status, gone.length]).toEqual([204, 1]);
    expect(await issue('kept')).toBe(404);
  });

  it('stays whole while the home of its keys is out of reach', async () => {
    await authority('far');
    const home = server.core.keys.software;
    const { describe: look } = home;
    home.describe = async () => {
      throw new Error('out of reach');
    };
    const lost = await destroyedBy(async () => expect((await root('DELETE', 'sys/mounts/far')).status).toBe(500));
    home.describe = look;
    expect(lost).toEqual([]);
    expect(await issue('far')).toBe(200);
  });

  it('says which key is left over where its home fails after that', async () => {
    await authority('failing');
    const home = server.core.keys.software;
    const { destroy } = home;
    home.destroy = async () => {
      throw new Error('out of reach');
    };
    const { status } = await root('DELETE', 'sys/mounts/failing');
    home.destroy = destroy;
    expect(status).toBe(204);
    expect(logged).toContain('error: a key of a removed mount was left over');
    expect(await issue('failing')).toBe(404);
  });
});
