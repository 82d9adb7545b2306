import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SealedTable } from '../../src/core/seal/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await server.root('POST', 'sys/mounts/v1', { type: 'kv' });
});
afterAll(() => server.stop());

const root = (method: string, path: string, body?: object) => server.root(method, path, body as never);
let count = 0;
const fresh = (): string => {
  count += 1;
  return `s${count}`;
};

async function tokenWith(policy: string): Promise<string> {
  const name = fresh();
  await root('POST', `sys/policies/acl/${name}`, { policy });
  const answer = await root('POST', 'auth/token/create', { policies: [name], no_default_policy: true });
  return answer.json.auth.client_token;
}

describe('kv version 2', () => {
  it('keeps versions and reads any of them', async () => {
    const path = fresh();
    for (const value of ['a', 'b']) {
      const written = await root('POST', `secret/data/${path}`, { data: { value } });
      expect(written.json.data).toMatchObject({ deletion_time: '', destroyed: false, custom_metadata: null });
    }
    expect((await root('GET', `secret/data/${path}`)).json.data).toMatchObject({
      data: { value: 'b' },
      metadata: { version: 2 },
    });
    expect((await root('GET', `secret/data/${path}?version=1`)).json.data.data).toEqual({ value: 'a' });
    const missing = await root('GET', `secret/data/${path}?version=3`);
    expect([missing.status, missing.json.errors]).toEqual([404, []]);
    expect((await root('GET', 'secret/data/nothing')).json.errors).toEqual([]);
  });

  it('answers 404 with metadata for a deleted and for a destroyed version', async () => {
    const path = fresh();
    await root('POST', `secret/data/${path}`, { data: { value: 'a' } });
    expect((await root('DELETE', `secret/data/${path}`)).status).toBe(204);
    const deleted = await root('GET', `secret/data/${path}`);
    expect(deleted.status).toBe(404);
    expect(deleted.json.data).toMatchObject({ data: null, metadata: { version: 1, destroyed: false } });
    expect(deleted.json.data.metadata.deletion_time).not.toBe('');
    await root('POST', `secret/undelete/${path}`, { versions: [1] });
    expect((await root('GET', `secret/data/${path}`)).json.data.data).toEqual({ value: 'a' });
    await root('POST', `secret/destroy/${path}`, { versions: '1' });
    expect((await root('GET', `secret/data/${path}`)).json.data).toMatchObject({
      data: null,
      metadata: { destroyed: true },
    });
    await root('POST', `secret/undelete/${path}`, { versions: [1] });
    expect((await root('GET', `secret/data/${path}`)).status).toBe(404);
    expect((await root('POST', `secret/destroy/${path}`, {})).json.errors).toEqual(['No version number provided']);
  });

  it('STO-10: what was destroyed is in no answer, and no longer in the store', async () => {
    const path = fresh();
    const canary = 'gone-for-good-7f3a';
    await root('POST', `secret/data/${path}`, { data: { value: canary } });
    await root('POST', `secret/data/${path}`, { data: { value: 'second' } });
    const table = new SealedTable<'records', unknown>('records', () => server.core.seal.sealer);
    const holding = async (): Promise<number> => {
      const rows = await server.store.list('records', { where: {}, limit: 10_000 });
      return rows.filter((row) => JSON.stringify(table.open(row)).includes(canary)).length;
    };
    expect(await holding()).toBe(1);
    expect((await root('POST', `secret/destroy/${path}`, { versions: [1] })).status).toBe(204);
    const reads = [
      await root('GET', `secret/data/${path}?version=1`),
      await root('GET', `secret/data/${path}`),
      await root('GET', `secret/metadata/${path}`),
      await root('GET', `secret/subkeys/${path}?version=1`),
      await root('LIST', 'secret/metadata'),
      await root('PATCH', `secret/data/${path}`, { data: { other: 1 }, options: { cas: 1 } }),
      await root('POST', `secret/undelete/${path}`, { versions: [1] }),
      await root('GET', `secret/data/${path}?version=1`),
    ];
    for (const answer of reads) expect(answer.text).not.toContain(canary);
    expect(reads[0]?.json.data.metadata.destroyed).toBe(true);
    expect(await holding()).toBe(0);
  });

  it('check-and-set lets one of many writers in, and counts a deleted version', async () => {
    const path = fresh();
    const write = (cas: unknown) => root('POST', `secret/data/${path}`, { data: { v: 1 }, options: { cas } });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => write(0)));
    expect(outcomes.filter((answer) => answer.status === 200)).toHaveLength(1);
    const refused = outcomes.find((answer) => answer.status === 400);
    expect(refused?.json.errors).toEqual(['check-and-set parameter did not match the current version']);
    await root('DELETE', `secret/data/${path}`);
    expect((await write(0)).status).toBe(400);
    expect((await write('1')).status).toBe(200);
    expect((await write('x')).status).toBe(400);
    await root('POST', `secret/metadata/${path}`, { cas_required: true });
    const without = await root('POST', `secret/data/${path}`, { data: { v: 1 } });
    expect(without.json.errors).toEqual(['check-and-set parameter required for this call']);
  });

  it('STO-13: loses no version when many write at once', async () => {
    const path = fresh();
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, v) => root('POST', `secret/data/${path}`, { data: { v } })),
    );
    expect(answers.map((answer) => answer.json.data.version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 64 }, (_, index) => index + 1),
    );
    const metadata = (await root('GET', `secret/metadata/${path}`)).json.data;
    expect(metadata).toMatchObject({ current_version: 64, oldest_version: 55 });
    expect(Object.keys(metadata.versions)).toHaveLength(10);
    expect((await root('GET', `secret/data/${path}?version=54`)).status).toBe(404);
  });

  it('patches by merging: null removes, what is deleted answers 404', async () => {
    const path = fresh();
    await root('POST', `secret/data/${path}`, { data: { keep: 1, drop: 2, inner: { a: 1, b: 2 } } });
    const patched = await root('PATCH', `secret/data/${path}`, { data: { drop: null, inner: { b: null, c: 3 } } });
    expect(patched.json.data.version, patched.text).toBe(2);
    expect((await root('GET', `secret/data/${path}`)).json.data.data).toEqual({ keep: 1, inner: { a: 1, c: 3 } });
    await root('DELETE', `secret/data/${path}`);
    expect((await root('PATCH', `secret/data/${path}`, { data: { a: 1 } })).status).toBe(404);
    expect((await root('PATCH', `secret/data/${fresh()}`, { data: { a: 1 } })).status).toBe(404);
  });

  it('lists names and folders in byte order, and 404 where there is nothing', async () => {
    const folder = fresh();
    for (const name of ['b', 'a', 'a/x', 'C']) await root('POST', `secret/data/${folder}/${name}`, { data: { v: 1 } });
    const listed = await root('LIST', `secret/metadata/${folder}`);
    expect(listed.json.data.keys).toEqual(['C', 'a', 'a/', 'b']);
    expect((await root('GET', `secret/metadata/${folder}?list=true&after=a&limit=1`)).json.data.keys).toEqual(['a/']);
    expect((await root('SCAN', `secret/metadata/${folder}`)).json.data.keys).toEqual(['C', 'a', 'a/x', 'b']);
    expect((await root('LIST', `secret/metadata/${folder}/b`)).status).toBe(404);
  });

  it('deletes versions by themselves, at their time', async () => {
    const path = fresh();
    await root('POST', `secret/metadata/${path}`, { delete_version_after: '1h' });
    await root('POST', `secret/data/${path}`, { data: { v: 1 } });
    const shown = (await root('GET', `secret/metadata/${path}`)).json.data;
    expect(shown.delete_version_after).toBe('1h0m0s');
    expect((await root('GET', `secret/data/${path}`)).status).toBe(200);
    server.clock.advanceSeconds(3_600);
    expect((await root('GET', `secret/data/${path}`)).status).toBe(404);
  });

  it('shows subkeys without values', async () => {
    const path = fresh();
    await root('POST', `secret/data/${path}`, { data: { a: { b: 'CANARY', c: {} }, d: ['CANARY'] } });
    const answer = await root('GET', `secret/subkeys/${path}`);
    expect(answer.json.data.subkeys).toEqual({ a: { b: null, c: null }, d: null });
    expect(answer.text).not.toContain('CANARY');
  });

  it.each([
    ['no data', {}, 'no data provided'],
    ['text as data', { data: 'x' }, 'data must be an object'],
    ['a list as data', { data: [1] }, 'data must be an object'],
  ])('refuses %s', async (_title, body, text) => {
    const answer = await root('POST', `secret/data/${fresh()}`, body);
    expect([answer.status, answer.json.errors]).toEqual([400, [text]]);
    expect(answer.json.hint).toBeTruthy();
  });

  it('refuses custom metadata beyond its limits', async () => {
    const path = fresh();
    const write = (custom_metadata: unknown) => root('POST', `secret/metadata/${path}`, { custom_metadata });
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 'v']));
    for (const bad of [many, { ['k'.repeat(129)]: 'v' }, { k: 'v'.repeat(513) }, { k: '' }, { k: 1 }, 'x']) {
      expect((await write(bad)).status, JSON.stringify(bad).slice(0, 40)).toBe(400);
    }
    expect((await write({ k: 'v' })).status).toBe(204);
    expect((await root('PATCH', `secret/metadata/${path}`, { custom_metadata: { k: null, l: 'w' } })).status).toBe(204);
    expect((await root('GET', `secret/metadata/${path}`)).json.data.custom_metadata).toEqual({ l: 'w' });
  });

  it('settings of a secret are taken back by null, and without custom metadata there is null as at first', async () => {
    const path = 'metadata/taken-back';
    const patch = (body: object) => root('PATCH', `secret/${path}`, body as never);
    const read = async () => (await root('GET', `secret/${path}`)).json.data;
    const unset = { max_versions: 0, cas_required: false, delete_version_after: '0s', custom_metadata: null };
    const set = { max_versions: 5, cas_required: true, delete_version_after: '1h', custom_metadata: { k: 'v' } };
    expect((await root('POST', `secret/${path}`, set)).status).toBe(204);
    expect((await patch({ custom_metadata: { k: null } })).status).toBe(204);
    expect(await read()).toMatchObject({ max_versions: 5, custom_metadata: null });
    const nothing = { max_versions: null, cas_required: null, delete_version_after: null, custom_metadata: null };
    expect((await patch(nothing)).status).toBe(204);
    expect(await read()).toMatchObject(unset);
    expect((await root('POST', `secret/${path}`, { ...set })).status).toBe(204);
    // To POST a null is as if it were absent, but for the map, which it replaces as a whole.
    expect((await root('POST', `secret/${path}`, { max_versions: null, custom_metadata: {} })).status).toBe(204);
    expect(await read()).toMatchObject({ max_versions: 5, custom_metadata: null });
    expect((await patch({ max_versions: 'many' })).status).toBe(400);
  });

  it('HTTP-04: names that are object internals are ordinary names', async () => {
    const path = '__proto__';
    const body = '{"data":{"__proto__":{"x":1},"constructor":"c"}}';
    const answer = await server.call('POST', `secret/data/${path}`, { token: server.rootToken, raw: body });
    expect(answer.status, answer.text).toBeLessThan(500);
    expect(({} as { x?: number }).x).toBeUndefined();
    if (answer.status === 200) expect((await root('GET', `secret/data/${path}`)).text).toContain('"__proto__":{"x":1}');
  });

  it('says what a path outside the known ones most likely means', async () => {
    const answer = await root('GET', 'secret/foo');
    expect([answer.status, answer.json.code]).toEqual([404, 'unsupported_path']);
    expect(answer.json.hint).toContain('data/');
  });

  it('ACL-20: each right reaches its own call and no other', async () => {
    const path = fresh();
    await root('POST', `secret/data/${path}`, { data: { v: 'CANARY' } });
    const calls: readonly (readonly [string, string, string, object?])[] = [
      ['read', 'GET', `secret/data/${path}`],
      ['update', 'POST', `secret/data/${path}`, { data: { v: 2 } }],
      ['patch', 'PATCH', `secret/data/${path}`, { data: { w: 2 } }],
      ['delete', 'DELETE', `secret/data/${path}`],
    ];
    for (const [right] of calls) {
      const token = await tokenWith(`path "secret/data/*" { capabilities = ["${right}"] }`);
      for (const [needed, method, target, body] of calls) {
        await root('POST', `secret/data/${path}`, { data: { v: 'CANARY' } });
        const answer = await server.call(method, target, { token, body: body as never });
        expect(answer.status === 403, `${right} ${method}`).toBe(needed !== right);
        if (needed === 'patch') expect(answer.text).not.toContain('CANARY');
      }
      for (const other of ['metadata', 'delete', 'undelete', 'destroy', 'subkeys']) {
        const answer = await server.call('POST', `secret/${other}/${path}`, { token, body: { versions: [1] } });
        expect(answer.status, other).toBe(403);
      }
    }
  });

  it('a right to create alone writes what is new and changes nothing that is there', async () => {
    const token = await tokenWith('path "secret/data/*" { capabilities = ["create"] }');
    const path = fresh();
    const write = () => server.call('POST', `secret/data/${path}`, { token, body: { data: { v: 1 } } });
    expect((await write()).status).toBe(200);
    expect((await write()).status).toBe(403);
  });

  it('ACL-24: without a right, what is there and what is not look the same', async () => {
    const path = fresh();
    await root('POST', `secret/data/${path}`, { data: { v: 1 } });
    const token = await tokenWith('path "other/*" { capabilities = ["read"] }');
    const look = async (method: string, target: string, body?: object) => {
      const answer = await server.call(method, target, { token, body: body as never });
      const { request_id: _id, ...rest } = answer.json;
      return JSON.stringify([answer.status, rest, [...answer.headers.keys()]]);
    };
    for (const method of ['GET', 'DELETE', 'LIST']) {
      expect(await look(method, `secret/data/${path}`)).toBe(await look(method, 'secret/data/missing'));
    }
    const cas = { data: { v: 1 }, options: { cas: 0 } };
    expect(await look('POST', `secret/data/${path}`, cas)).toBe(await look('POST', 'secret/data/missing', cas));
  });
});

describe('kv version 1', () => {
  it('reads back what was written, with the lifetime readers look for', async () => {
    expect((await root('POST', 'v1/a/b', { user: 'x', ttl: '90s' })).status).toBe(204);
    const answer = await root('GET', 'v1/a/b');
    expect(answer.json).toMatchObject({
      data: { user: 'x', ttl: '90s' },
      lease_duration: 90,
      lease_id: '',
      renewable: false,
    });
    expect((await root('LIST', 'v1/a')).json.data.keys).toEqual(['b']);
    expect((await root('LIST', 'v1')).json.data.keys).toEqual(['a/']);
    expect((await root('DELETE', 'v1/a/b')).status).toBe(204);
    expect((await root('GET', 'v1/a/b')).status).toBe(404);
    expect((await root('POST', 'v1/a/b', {})).json.errors).toEqual(['missing data fields']);
  });

  it('takes a path that version 2 would read otherwise as it is', async () => {
    await root('POST', 'v1/data/x', { v: 1 });
    expect((await root('GET', 'v1/data/x')).json.data).toEqual({ v: 1 });
  });

  it('is upgraded in place, and never downgraded', async () => {
    await root('POST', 'sys/mounts/old', { type: 'kv', options: { version: '1' } });
    for (let index = 0; index < 250; index += 1) await root('POST', `old/k${index}`, { index });
    const tuned = await root('POST', 'sys/mounts/old/tune', { options: { version: '2' } });
    expect(tuned.status, tuned.text).toBe(200);
    expect(tuned.json.warnings[0]).toContain('Upgrading mount');
    expect((await root('GET', 'old/data/k249')).json.data).toMatchObject({
      data: { index: 249 },
      metadata: { version: 1 },
    });
    expect((await root('POST', 'sys/mounts/old/tune', { options: { version: '1' } })).status).toBe(400);
  });
});

describe('cubbyhole', () => {
  it('belongs to one token: nobody else reads it, root included, and it dies with the token', async () => {
    const { client_token: token } = (await root('POST', 'auth/token/create', { policies: ['default'] })).json.auth;
    const call = (method: string, path: string, body?: object) =>
      server.call(method, path, { token, body: body as never });
    expect((await call('POST', 'cubbyhole/a/b', { v: 1 })).status).toBe(204);
    expect((await call('GET', 'cubbyhole/a/b')).json.data).toEqual({ v: 1 });
    expect((await call('LIST', 'cubbyhole/a')).json.data.keys).toEqual(['b']);
    expect((await root('GET', 'cubbyhole/a/b')).status).toBe(404);
    expect((await root('LIST', 'cubbyhole')).status).toBe(404);
    const before = await server.store.count('records', { collection: 'cubbyhole' });
    await root('POST', 'auth/token/revoke', { token });
    expect(await server.store.count('records', { collection: 'cubbyhole' })).toBe(before - 1);
  });

  it('is refused to batch tokens', async () => {
    const { client_token: token } = (await root('POST', 'auth/token/create', { policies: ['default'], type: 'batch' }))
      .json.auth;
    const answer = await server.call('POST', 'cubbyhole/a', { token, body: { v: 1 } });
    expect(answer.status).toBe(400);
  });
});

it('only the mount may have a negative delete_version_after', async () => {
  expect((await root('POST', 'secret/metadata/negative', { delete_version_after: '-1s' })).status).toBe(400);
  expect((await root('POST', 'secret/config', { delete_version_after: '-1s' })).status).toBe(204);
  await root('POST', 'secret/config', { delete_version_after: 0 });
});
