import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const help = (path: string, token = server.rootToken) => server.call('GET', `${path}?help=1`, { token });

it('explains a path whatever verb it takes, without doing anything', async () => {
  for (const [path, id] of [
    ['auth/token/create', 'token.token.create'],
    ['auth/token/lookup-self', 'token.self.lookup'],
    ['sys/credentials/revoke', 'sys.credentials.revoke'],
    ['secret/data/x', 'kv.secret'],
  ] as const) {
    const answer = await help(path);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.help, path).toContain('## DESCRIPTION');
    if (path !== 'auth/token/lookup-self') expect(answer.json.help).toContain(id);
  }
  expect((await server.root('GET', 'secret/data/x')).status).toBe(404);
});

it('names the paths of a mount', async () => {
  for (const mount of ['sys', 'secret', 'auth/token']) {
    const answer = await help(mount);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.help).toContain(`${mount}/`);
  }
  expect((await help('sys')).json.help).toContain('sys/audit/query');
});

it('is for those who are logged in, and says nothing of paths that are not there', async () => {
  for (const path of ['sys', 'secret', 'auth/token/create']) {
    expect((await server.call('GET', `${path}?help=1`)).status, path).toBe(403);
  }
  expect((await help('nowhere/x')).status).toBe(404);
  expect((await help('sys/nothing/here')).status).toBe(404);
});
