import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../src/lib/index.ts';
import { openMemoryStore } from '../../src/store/index.ts';
import { type FaultMoment, FaultyStore } from '../harness/faulty-store.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';
import { findInconsistencies } from './store-consistency.ts';

const maxCommits = 12;

let store: FaultyStore;
let server: TestServer;
let issuer: string;

const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as Json);
// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
async function made(method: string, path: string, body?: object): Promise<any> {
  const answer = await root(method, path, body);
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
  return answer.json?.data ?? answer.json;
}

beforeAll(async () => {
  store = new FaultyStore(openMemoryStore());
  server = await startServer({ store });
  await made('POST', 'sys/mounts/pki', { type: 'pki' });
  const ca = { common_name: 'Root', key_type: 'ec', ttl: '700h' };
  issuer = (await made('POST', 'pki/root/generate/internal', ca)).issuer_id;
  await made('POST', 'pki/roles/r', { allow_any_name: true, key_type: 'ec', ttl: '1h' });
  await made('POST', 'sys/mounts/v1', { type: 'kv' });
  await made('POST', 'sys/auth/people', { type: 'userpass' });
  await made('POST', 'sys/policies/acl/self', {
    policy: 'path "pats/self*" { capabilities = ["create", "read", "update", "list", "delete"] }',
  });
});
afterAll(() => server.stop());

const logIn = async (name: string): Promise<string> => {
  await made('POST', `auth/people/users/${name}`, { password: 'correct horse', token_policies: 'self' });
  const answer = await server.call('POST', `auth/people/login/${name}`, { body: { password: 'correct horse' } });
  return answer.json.auth.client_token;
};
const newKey = (name: string) => made('POST', 'api-keys/keys', { name, owner: name });
const newCertificate = (name: string) => made('POST', 'pki/issue/r', { common_name: `${name}.test` });

/** Makes what a write starts from, under a name of its own, and answers the write. */
type Story = (name: string) => Promise<() => Promise<CallAnswer>>;

const plain =
  (method: string, path: (name: string) => string, body: (name: string) => object = () => ({})): Story =>
  async (name) =>
  () =>
    root(method, path(name), body(name));

const stories: Readonly<Record<string, Story>> = {
  'a token': plain(
    'POST',
    () => 'auth/token/create',
    () => ({ ttl: '1h' }),
  ),
  'a child token': async () => {
    const parent = (await root('POST', 'auth/token/create', { ttl: '1h' })).json.auth.client_token;
    return () => server.call('POST', 'auth/token/create', { token: parent, body: { ttl: '30m' } });
  },
  'renewal of a token': async () => {
    const token = (await root('POST', 'auth/token/create', { ttl: '1h' })).json.auth.client_token;
    return () => server.call('POST', 'auth/token/renew-self', { token });
  },
  'revocation of a tree of tokens': async () => {
    const parent = (await root('POST', 'auth/token/create', { ttl: '1h' })).json.auth.client_token;
    for (let count = 0; count < 3; count += 1) {
      const child = (await server.call('POST', 'auth/token/create', { token: parent, body: { ttl: '30m' } })).json.auth;
      await server.call('POST', 'cubbyhole/x', { token: child.client_token, body: { a: 1 } });
    }
    return () => root('POST', 'auth/token/revoke', { token: parent });
  },
  'a token role': plain(
    'POST',
    (name) => `auth/token/roles/${name}`,
    () => ({ allowed_policies: 'default' }),
  ),
  'a user': plain(
    'POST',
    (name) => `auth/people/users/${name}`,
    () => ({ password: 'correct horse' }),
  ),
  'a log-in that makes an identity': async (name) => {
    await made('POST', `auth/people/users/${name}`, { password: 'correct horse' });
    return () => server.call('POST', `auth/people/login/${name}`, { body: { password: 'correct horse' } });
  },
  'another password': async (name) => {
    await logIn(name);
    return () => root('POST', `auth/people/users/${name}/password`, { password: 'another horse' });
  },
  'the end of a user': async (name) => {
    await logIn(name);
    return () => root('DELETE', `auth/people/users/${name}`);
  },
  'a policy': plain(
    'POST',
    (name) => `sys/policies/acl/${name}`,
    () => ({ policy: 'path "x" { capabilities = ["read"] }' }),
  ),
  'an entity': plain(
    'POST',
    () => 'identity/entity',
    (name) => ({ name }),
  ),
  'the end of an entity': async (name) => {
    const token = await logIn(name);
    const id = (await server.call('GET', 'auth/token/lookup-self', { token })).json.data.entity_id;
    await server.call('POST', 'pats/self', { token, body: { name, grants: 'path "x" { capabilities = ["read"] }' } });
    return () => root('DELETE', `identity/entity/id/${id}`);
  },
  'a mount': plain(
    'POST',
    (name) => `sys/mounts/${name}`,
    () => ({ type: 'kv', options: { version: '2' } }),
  ),
  'a mount that is moved': async (name) => {
    await made('POST', `sys/mounts/${name}`, { type: 'kv' });
    await made('POST', `${name}/a`, { x: 1 });
    return () => root('POST', 'sys/remount', { from: name, to: `${name}-moved` });
  },
  'the end of a mount': async (name) => {
    await made('POST', `sys/mounts/${name}`, { type: 'kv', options: { version: '2' } });
    await made('POST', `${name}/data/a`, { data: { x: 1 } });
    return () => root('DELETE', `sys/mounts/${name}`);
  },
  'the end of a CA mount with certificates': async (name) => {
    await made('POST', `sys/mounts/${name}`, { type: 'pki' });
    await made('POST', `${name}/root/generate/internal`, { common_name: 'Gone', key_type: 'ec', ttl: '100h' });
    return () => root('DELETE', `sys/mounts/${name}`);
  },
  'the end of a log-in method': async (name) => {
    await made('POST', `sys/auth/${name}`, { type: 'userpass' });
    await made('POST', `auth/${name}/users/ann`, { password: 'correct horse' });
    await server.call('POST', `auth/${name}/login/ann`, { body: { password: 'correct horse' } });
    return () => root('DELETE', `sys/auth/${name}`);
  },
  'the settings of a mount': async (name) => {
    await made('POST', `sys/mounts/${name}`, { type: 'kv' });
    return () => root('POST', `sys/mounts/${name}/tune`, { description: 'changed' });
  },
  'a secret': plain(
    'POST',
    (name) => `secret/data/${name}`,
    () => ({ data: { a: 1 } }),
  ),
  'a further version of a secret': async (name) => {
    await made('POST', `secret/metadata/${name}`, { max_versions: 1 });
    await made('POST', `secret/data/${name}`, { data: { a: 1 } });
    return () => root('POST', `secret/data/${name}`, { data: { a: 2 } });
  },
  'the destruction of a version': async (name) => {
    await made('POST', `secret/data/${name}`, { data: { a: 1 } });
    return () => root('POST', `secret/destroy/${name}`, { versions: [1] });
  },
  'the end of a secret': async (name) => {
    for (let count = 0; count < 3; count += 1) await made('POST', `secret/data/${name}`, { data: { count } });
    return () => root('DELETE', `secret/metadata/${name}`);
  },
  'a space of keys': plain('POST', (name) => `api-keys/spaces/${name}`),
  'an API key': plain(
    'POST',
    () => 'api-keys/keys',
    (name) => ({ name, owner: name, credits: 3 }),
  ),
  'a check of an API key': async (name) => {
    const { key } = await made('POST', 'api-keys/keys', { name, owner: name, credits: 100 });
    return () => root('POST', 'api-keys/verify', { key });
  },
  'a rotation of an API key': async (name) => {
    const { id } = await newKey(name);
    return () => root('POST', `api-keys/keys/${id}/rotate`, { overlap: '1h' });
  },
  'the revocation of an API key': async (name) => {
    const { id } = await newKey(name);
    return () => root('POST', `api-keys/keys/${id}/revoke`, { reason: 'test' });
  },
  'a PAT': async (name) => {
    const token = await logIn(name);
    const body = { name, grants: 'path "x" { capabilities = ["read"] }' };
    return () => server.call('POST', 'pats/self', { token, body });
  },
  'a rotation of a PAT': async (name) => {
    const token = await logIn(name);
    const body = { name, grants: 'path "x" { capabilities = ["read"] }' };
    const { id } = (await server.call('POST', 'pats/self', { token, body })).json.data;
    return () => server.call('POST', `pats/self/${id}/rotate`, { token, body: {} });
  },
  'a CA': async (name) => {
    await made('POST', `sys/mounts/${name}`, { type: 'pki' });
    return () => root('POST', `${name}/root/generate/internal`, { common_name: name, key_type: 'ec', ttl: '100h' });
  },
  'a role of a CA': plain(
    'POST',
    (name) => `pki/roles/${name}`,
    () => ({ allow_any_name: true }),
  ),
  'a certificate': plain(
    'POST',
    () => 'pki/issue/r',
    (name) => ({ common_name: `${name}.test` }),
  ),
  'the revocation of a certificate': async (name) => {
    const { serial_number } = await newCertificate(name);
    return () => root('POST', 'pki/revoke', { serial_number });
  },
  'a change of an issuer': plain(
    'POST',
    () => `pki/issuer/${issuer}`,
    (name) => ({ issuer_name: name }),
  ),
  'the end of an issuer and of its key': async (name) => {
    await made('POST', `sys/mounts/${name}`, { type: 'pki' });
    await made('POST', `${name}/root/generate/internal`, { common_name: name, key_type: 'ec', ttl: '100h' });
    return () => root('DELETE', `${name}/root`);
  },
  'the revocation of all that one owner has': async (name) => {
    for (let count = 0; count < 3; count += 1) await newKey(name);
    return () => root('POST', 'sys/credentials/revoke', { owner: name });
  },
  'another key of the keyring': plain('POST', () => 'sys/rotate'),
};

/** Refuses for good reasons: it was done the first time, and said so to nobody. */
const doneBefore = [400, 403, 404];

test.each(Object.entries(stories))(
  'STO-05: %s is there whole or not at all, whichever commit fails',
  async (title, story) => {
    const label = title.replaceAll(/[^a-zA-Z]+/g, '-').toLowerCase();
    let struck = 0;
    for (const moment of ['before', 'after'] satisfies FaultMoment[]) {
      for (let commit = 1; commit <= maxCommits; commit += 1) {
        const write = await story(`${label}-${moment}-${commit}`);
        store.arm(commit, moment);
        const first = await write();
        const hit = store.disarm();
        expect(await findInconsistencies(store, server.core), `${moment} commit ${commit}: ${first.status}`).toEqual(
          [],
        );
        if (!hit) {
          expect(first.status, first.text).toBeLessThan(300);
          break;
        }
        struck += 1;
        expect(commit, 'more commits than this test looks at').toBeLessThan(maxCommits);
        const again = await write();
        if (!doneBefore.includes(again.status))
          expect(again.status, `${moment} ${commit}: ${again.text}`).toBeLessThan(300);
        else expect(moment === 'after' || commit > 1, `${moment} ${commit}: ${again.text}`).toBe(true);
        expect(await findInconsistencies(store, server.core), `repeated ${moment} commit ${commit}`).toEqual([]);
      }
    }
    expect(struck).toBeGreaterThan(0);
  },
);

test('STO-05: a server that starts on what is left reads all of it', async () => {
  const next = await startServer({ store, initialize: false, clock: server.clock });
  await next.call('POST', 'sys/unseal', { body: { key: server.shares[0] as string } });
  const { core } = next;
  expect(await findInconsistencies(store, core)).toEqual([]);
  const read = async (method: string, path: string): Promise<CallAnswer> =>
    next.call(method, path, { token: server.rootToken });
  for (const path of ['sys/mounts', 'sys/auth', 'sys/policy']) expect((await read('GET', path)).status).toBe(200);
  for (const list of [
    'pki/issuers',
    'pki/keys',
    'pki/certs',
    'api-keys/keys',
    'auth/token/accessors',
    'secret/metadata',
  ]) {
    expect((await read('LIST', list)).status, list).toBe(200);
  }
  await next.stop();
});
