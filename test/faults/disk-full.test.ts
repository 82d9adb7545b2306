import { afterEach, expect, test } from 'vitest';
import { ServerProcess } from '../harness/server-process.ts';

let server: ServerProcess | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const large = 'x'.repeat(50_000);

test('STO-12: with a full disk writes are refused, what was acknowledged is read, and with room it goes on by itself', async () => {
  server = await ServerProcess.start({
    audit: 'audit "file" "nowhere" { file_path = "discard" }',
    fileLimitBytes: 6_000_000,
  });
  const started = server;
  const { rootToken: token } = await started.initialise();
  await started.call('POST', 'sys/mounts/secret', { token, body: { type: 'kv', options: { version: '2' } } });
  const write = (name: string) =>
    started.call('POST', `secret/data/${name}`, { token, body: { data: { name, large } } });
  const acknowledged: string[] = [];
  let refused: Awaited<ReturnType<typeof write>> | undefined;
  for (let count = 0; count < 400 && refused === undefined; count += 1) {
    const answer = await write(`n${count}`);
    if (answer.status === 200) acknowledged.push(`n${count}`);
    else refused = answer;
  }
  expect([refused?.status, refused?.json.code]).toEqual([503, 'store_full']);
  expect(refused?.json.hint).toMatch(/disk/);
  expect(acknowledged.length).toBeGreaterThan(20);
  const readAll = async (): Promise<void> => {
    for (const name of acknowledged) {
      const read = await started.call('GET', `secret/data/${name}`, { token });
      expect(read.json.data.data.name, name).toBe(name);
    }
  };
  await readAll();
  expect((await started.call('GET', 'sys/health')).status).toBe(200);
  await started.liftFileLimit();
  await expect.poll(async () => (await write('again')).status, { timeout: 10_000 }).toBe(200);
  await readAll();
});

test('with no room for the audit log nothing is answered, and with room it goes on by itself', async () => {
  server = await ServerProcess.start({ fileLimitBytes: 1_500_000 });
  const started = server;
  const { rootToken: token } = await started.initialise();
  let refused: Awaited<ReturnType<typeof started.call>> | undefined;
  for (let count = 0; count < 2_000 && refused === undefined; count += 1) {
    const answer = await started.call('GET', 'auth/token/lookup-self', { token });
    if (answer.status !== 200) refused = answer;
  }
  expect([refused?.status, refused?.json.code]).toEqual([500, 'audit_unavailable']);
  // Not one more: no record, no answer.
  expect((await started.call('GET', 'auth/token/lookup-self', { token })).json.data ?? null).toBeNull();
  await started.liftFileLimit();
  const lookUp = async () => (await started.call('GET', 'auth/token/lookup-self', { token })).status;
  await expect.poll(lookUp, { timeout: 15_000 }).toBe(200);
  expect(started.readAudit()).toMatch(/"type":"recovered"/);
});
