import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

/** Lists that every request of a credential is held against are short, whoever writes them. */

let server: TestServer;
let certificate: string;
beforeAll(async () => {
  server = await startServer();
  await server.root('POST', 'sys/mounts/pki', { type: 'pki' });
  const ca = { common_name: 'CA', key_type: 'ec', ttl: '100h' };
  certificate = (await server.root('POST', 'pki/root/generate/internal', ca)).json.data.certificate;
  for (const type of ['userpass', 'cert']) await server.root('POST', `sys/auth/${type}`, { type });
  for (const type of ['api-keys', 'pats']) await server.root('POST', `sys/mounts/${type}`, { type });
});
afterAll(() => server.stop());

const post = (path: string, body: object): Promise<CallAnswer> => server.root('POST', path, body as never);
const blocks = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}`);

it.each([
  ['auth/token/create', 'bound_cidrs', {}],
  ['auth/token/roles/r', 'token_bound_cidrs', {}],
  ['auth/token/roles/r', 'bound_cidrs', {}],
  ['auth/userpass/users/u', 'token_bound_cidrs', { password: 'correct horse' }],
  ['auth/userpass/users/u', 'bound_cidrs', { password: 'correct horse' }],
  ['auth/cert/certs/c', 'token_bound_cidrs', {}],
  ['api-keys/keys', 'bound_cidrs', { name: 'k', owner: 'o' }],
  ['api-keys/spaces/s', 'bound_cidrs', {}],
  ['pats/rules', 'bound_cidrs', {}],
])('%s takes 256 address blocks as %s, and not one more', async (path, field, more) => {
  const body = { ...more, ...(path.includes('/cert/') && { certificate }) };
  expect((await post(path, { ...body, [field]: blocks(256) })).status).toBeLessThan(300);
  const refused = await post(path, { ...body, [field]: blocks(257) });
  expect([refused.status, refused.json.errors, refused.json.code]).toEqual([
    400,
    ['too many address blocks'],
    'invalid_field',
  ]);
  expect(refused.json.hint).toMatch(/256/);
});

it.each([
  ['auth/token/create', 'policies', {}],
  ['auth/token/roles/r', 'allowed_policies', {}],
  ['auth/token/roles/r', 'disallowed_policies', {}],
  ['auth/token/roles/r', 'allowed_policies_glob', {}],
  ['auth/token/roles/r', 'allowed_entity_aliases', {}],
  ['auth/userpass/users/u', 'token_policies', { password: 'correct horse' }],
  ['auth/userpass/users/u/policies', 'policies', {}],
  ['auth/cert/certs/c', 'token_policies', {}],
  ['identity/entity', 'policies', { name: 'e' }],
  ['api-keys/keys', 'policies', { name: 'k', owner: 'o' }],
])('%s takes 256 names as %s, and not one more', async (path, field, more) => {
  const body = { ...more, ...(path.includes('/cert/') && { certificate }) };
  const taken = await post(path, { ...body, [field]: names(256) });
  expect(taken.status, taken.text).toBeLessThan(300);
  const refused = await post(path, { ...body, [field]: names(257) });
  expect([refused.status, refused.json.code]).toEqual([400, 'invalid_field']);
  expect(refused.json.hint).toMatch(/256/);
});
