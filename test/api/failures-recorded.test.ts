import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let folder: string;
let file: string;
let server: TestServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-failures-'));
  file = join(folder, 'audit.log');
  server = await startServer({ auditSinks: [{ path: 'file/', config: { target: { kind: 'file', filePath: file } } }] });
  await server.root('POST', 'sys/auth/userpass', { type: 'userpass' });
  await server.root('POST', 'auth/userpass/users/anna', { password: 'long enough 1' });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

interface Line {
  readonly type: string;
  readonly outcome?: string;
  readonly error?: string;
  readonly request?: { readonly id?: string; readonly path?: string; readonly remote_address?: string };
}

/** The lines that were written since `from` characters, without those about the log itself. */
function linesSince(from: number): Line[] {
  return readFileSync(file, 'utf8')
    .slice(from)
    .trimEnd()
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Line)
    .filter(({ request }) => request !== undefined);
}

it.each<[string, string, string, object]>([
  ['a wrong password', 'POST', 'auth/userpass/login/anna', { body: { password: 'a canary password' } }],
  ['a user who is not there', 'POST', 'auth/userpass/login/nobody', { body: { password: 'a canary password' } }],
  ['no credential', 'GET', 'secret/data/x', {}],
  ['an unknown token', 'GET', 'secret/data/x', { token: 'srs.canary-token' }],
  ['a path nobody serves', 'GET', 'nowhere/x', { token: 'ROOT' }],
  ['a body that is no JSON', 'POST', 'secret/data/x', { token: 'ROOT', raw: '{"canary' }],
  ['a field that is missing', 'POST', 'auth/token/lookup-accessor', { token: 'ROOT', body: {} }],
])(
  'AUD-13, AUD-10: %s is recorded with where from and why, and answered without a word from inside',
  async (_, method, path, sent) => {
    const from = readFileSync(file, 'utf8').length;
    const { token, ...rest } = sent as { token?: string };
    const shown = token === 'ROOT' ? server.rootToken : token;
    const answer = await server.call(method, path, {
      ...rest,
      ...(shown !== undefined && { token: shown }),
      address: '198.51.100.7',
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toMatch(/canary|\bat .*\.ts|node_modules|SQLITE|Error:/);
    const lines = linesSince(from);
    expect(lines.map(({ type }) => type)).toEqual(['request', 'response']);
    const closing = lines[1];
    expect(closing?.request).toMatchObject({ path, remote_address: '198.51.100.7' });
    expect(closing?.outcome).toBe(answer.json.code);
    expect(closing?.request?.id).toBe(answer.json.request_id);
    expect(readFileSync(file, 'utf8').slice(from)).not.toContain('canary');
  },
);

it('AUD-10: of a path that is refused as it stands, the values of its query are not in the log', async () => {
  const from = readFileSync(file, 'utf8').length;
  for (const path of ['secret//data/x?token=canary', `secret/${'y'.repeat(5_000)}?token=canary`, '?token=canary']) {
    expect((await server.call('GET', path, { token: server.rootToken })).status).toBeGreaterThanOrEqual(400);
  }
  expect(linesSince(from)).toHaveLength(6);
  expect(linesSince(from)[0]?.request?.path).toBe('/v1/secret//data/x');
  expect(readFileSync(file, 'utf8').slice(from)).not.toContain('canary');
});
