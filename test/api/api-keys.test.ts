import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

it('a key is valid from its creation to its revocation, and another secret never is', async () => {
  const created = await server.root('POST', 'api-keys/keys', { name: 'checkout' });
  expect(created.status).toBe(200);
  const { key, id } = created.json.data;
  const verify = async (sent: string) => (await server.root('POST', 'api-keys/verify', { key: sent })).json.data.valid;
  expect(await verify(key)).toBe(true);
  expect(await verify(`${key}x`)).toBe(false);
  expect(JSON.stringify((await server.root('GET', `api-keys/keys/${id}`)).json)).not.toContain(key);
  expect((await server.root('POST', `api-keys/keys/${id}/revoke`)).status).toBeLessThan(300);
  expect(await verify(key)).toBe(false);
});
