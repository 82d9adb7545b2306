import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemRandom } from '../../src/crypto/index.ts';
import { MemoryMaterialStore, SoftwareKeyProvider } from '../../src/keys/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const hsm = new SoftwareKeyProvider({ store: new MemoryMaterialStore(), random: systemRandom });
  server = await startServer({ hsm });
  server.node.startJobs();
});
afterEach(async () => {
  vi.useRealTimers();
  await server.stop();
});

const isSealed = async (): Promise<boolean> => (await server.call('GET', 'sys/seal-status')).json.sealed;
const minute = () => vi.advanceTimersByTimeAsync(60_000);

it('what an operator sealed stays sealed, though the HSM that could unseal it is there', async () => {
  expect((await server.root('POST', 'sys/seal')).status).toBe(204);
  await minute();
  expect(await isSealed()).toBe(true);
  const refused = await server.root('GET', 'sys/mounts');
  expect([refused.status, refused.json.hint]).toEqual([503, expect.stringContaining('restart')]);
  const { status, json } = await server.call('POST', 'sys/unseal', { body: { key: 'ab'.repeat(16) } });
  expect([status, json.hint]).toEqual([400, expect.stringContaining('restart')]);
});

it('what was sealed for want of its audit log unseals by itself', async () => {
  await server.node.seal();
  expect(await isSealed()).toBe(true);
  await minute();
  await vi.waitFor(async () => expect(await isSealed()).toBe(false));
});
