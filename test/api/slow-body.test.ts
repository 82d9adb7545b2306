import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../../src/lib/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

/** Sends a request whose body is on its way while `meanwhile` happens. */
async function postSlowly(path: string, body: Json, meanwhile: () => Promise<unknown> | unknown) {
  const incoming = new IncomingMessage(new Socket());
  incoming.method = 'POST';
  incoming.url = `/v1/${path}`;
  incoming.headers['x-vault-token'] = server.rootToken;
  const text = JSON.stringify(body);
  incoming.push(text.slice(0, 1));
  const answer = server.node.handle(incoming);
  await nextTurn();
  await meanwhile();
  incoming.push(text.slice(1));
  incoming.push(null);
  incoming.complete = true;
  const { status, body: bytes } = await answer;
  return { status, json: bytes === null ? undefined : JSON.parse(Buffer.from(bytes).toString('utf8')) };
}

it('a key that ends while its check is on its way has ended', async () => {
  const made = await server.root('POST', 'api-keys/keys', { name: 'short', owner: 'anna', ttl: '60s' });
  const verify = (meanwhile: () => unknown) =>
    postSlowly('api-keys/verify', { key: made.json.data.key }, async () => meanwhile());
  expect((await verify(() => server.clock.advanceSeconds(30))).json.data.code).toBe('ok');
  expect((await verify(() => server.clock.advanceSeconds(30))).json.data.code).toBe('expired');
});

it('what is written to a mount that goes while the body is on its way is refused, and stays nowhere', async () => {
  await server.root('POST', 'sys/mounts/gone', { type: 'kv' });
  const answer = await postSlowly('gone/a', { a: '1' }, () => server.root('DELETE', 'sys/mounts/gone'));
  expect(answer.status).toBe(404);
  const rows = await server.store.list('records', { where: { namespace: 'root' }, limit: 10_000 });
  const orphans = rows.filter(({ mount }) => mount !== 'system' && server.core.mounts.byId(mount) === undefined);
  expect(orphans).toEqual([]);
});
