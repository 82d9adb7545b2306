import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRequestListener } from '../../src/http/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'strongroom-beside-'));
const filePath = join(folder, 'audit.log');
let server: TestServer;
const listener = createServer((incoming, outgoing) => listen(incoming, outgoing));
let listen: ReturnType<typeof createRequestListener>;

beforeAll(async () => {
  server = await startServer({ auditSinks: [{ path: 'file/', config: { target: { kind: 'file', filePath } } }] });
  listen = createRequestListener(server.node.handle);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  listener.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const call = (method: string, path: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const { port } = listener.address() as AddressInfo;
    request({ port, host: '127.0.0.1', method, path, agent: false }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });

it.each([
  ['GET', '/'],
  ['GET', '/v1'],
  ['GET', '/V1/sys/mounts'],
  ['POST', '//v1/sys/mounts'],
  ['DELETE', '/v2/x?token=query-value'],
  ['GET', '/ui/'],
])('%s %s, which is not below /v1/, is refused with code, hint and id, and recorded', async (method, path) => {
  const { status, text } = await call(method, path);
  const { code, hint, request_id: id } = JSON.parse(text);
  expect([404, 400]).toContain(status);
  expect([code, hint].every((word) => typeof word === 'string' && word !== '')).toBe(true);
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  await expect.poll(() => readFileSync(filePath, 'utf8').split(id).length - 1).toBe(2);
  expect(readFileSync(filePath, 'utf8')).not.toContain('query-value');
});
