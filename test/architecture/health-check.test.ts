import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../deploy/health-check.mjs', import.meta.url));
let asked = '';
let status = 200;
const server = createServer((request, answer) => {
  asked = request.url ?? '';
  answer.writeHead(status).end('{}');
});
let address = '';

const check = (at: string) =>
  new Promise<{ exitCode: number; said: string }>((resolve) => {
    const child = execFile(process.execPath, [script], { env: { STRONGROOM_ADDR: at } }, (_error, _out, said) =>
      resolve({ exitCode: child.exitCode ?? -1, said }),
    );
  });

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('the health check of the image', () => {
  it('calls a server alive that answers, sealed or not', async () => {
    status = 200;
    expect(await check(address)).toEqual({ exitCode: 0, said: '' });
    expect(asked).toBe('/v1/sys/health?standbyok=true&sealedcode=200&uninitcode=200');
  });

  it('calls a server dead that answers with an error', async () => {
    status = 500;
    expect(await check(address)).toEqual({ exitCode: 1, said: `${address}: status 500\n` });
  });

  it('calls a server dead that is not there', async () => {
    const gone = await check('http://127.0.0.1:1');
    expect(gone.exitCode).toBe(1);
    expect(gone.said).toContain('ECONNREFUSED');
  });
});
