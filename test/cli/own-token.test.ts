import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServerProcess } from '../harness/server-process.ts';

const run = promisify(execFile);
const strongroom = fileURLToPath(new URL('../../bin/strongroom', import.meta.url));

let server: ServerProcess;
let home: string;
let token: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'strongroom-home-'));
  server = await ServerProcess.start();
  const { rootToken } = await server.initialise();
  const made = await server.call('POST', 'auth/token/create', { token: rootToken, body: { policies: ['default'] } });
  token = made.json.auth.client_token;
});

afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

test('a token with no more than the policy "default" logs in, and looks itself up', async () => {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    STRONGROOM_ADDR: server.address,
    STRONGROOM_CACERT: server.caFile,
  };
  const login = run(strongroom, ['login', '-'], { env });
  login.child.stdin?.end(token);
  expect((await login).stdout).toContain('[default]');
  expect(readFileSync(join(home, '.strongroom-token'), 'utf8')).toBe(token);
  const { stdout } = await run(strongroom, ['token', 'lookup', '-field=policies'], { env });
  expect(JSON.parse(stdout)).toEqual(['default']);
});
