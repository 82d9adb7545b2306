import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
let rootRef = '';
let leafOfRoot = '';
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const ok = async (method: string, path: string, body?: object): Promise<CallAnswer> => {
  const answer = await root(method, path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer;
};

/** An issuing CA whose root is in its mount by its certificate alone, as clients set one up. */
beforeAll(async () => {
  server = await startServer();
  for (const mount of ['above', 'issuing']) await ok('POST', `sys/mounts/${mount}`, { type: 'pki' });
  await ok('POST', 'above/root/generate/internal', { common_name: 'Root', key_type: 'ec', ttl: '700h' });
  await ok('POST', 'above/roles/any', { key_type: 'ec', allow_any_name: true, no_store: true });
  leafOfRoot = (await ok('POST', 'above/issue/any', { common_name: 'a.test', ttl: '1h' })).json.data.certificate;
  const { csr } = (await ok('POST', 'issuing/intermediate/generate/internal', { common_name: 'I', key_type: 'ec' }))
    .json.data;
  const signed = (await ok('POST', 'above/root/sign-intermediate', { csr, common_name: 'I', ttl: '600h' })).json.data;
  const bundle = [signed.certificate, signed.issuing_ca].join('\n');
  const { mapping } = (await ok('POST', 'issuing/intermediate/set-signed', { certificate: bundle })).json.data;
  rootRef = Object.keys(mapping).find((id) => mapping[id] === '') as string;
});
afterAll(() => server.stop());

describe('an issuer whose key is not in the mount', () => {
  it('has no list here: 404, with why, and clients that look at every issuer go on', async () => {
    for (const path of ['crl', 'crl/pem', 'crl/der']) {
      const answer = await server.call('GET', `issuing/issuer/${rootRef}/${path}`);
      expect([answer.status, answer.json.errors], path).toEqual([404, []]);
      expect(answer.json.hint).toContain('key');
    }
    expect((await server.call('GET', 'issuing/crl')).status).toBe(200);
  });

  it('hinders no revocation of what it signed, which says that no list here tells of it', async () => {
    const leaf = await ok('POST', 'issuing/revoke', { certificate: leafOfRoot });
    expect(leaf.json.data.state).toBe('revoked');
    expect(leaf.json.warnings[0]).toContain('revoke it there too');
    const issuer = await ok('POST', 'issuing/issuer/default/revoke');
    expect(issuer.json.data.revoked).toBe(true);
    expect(issuer.json.warnings[0]).toContain('revoke its certificate there too');
  });
});
