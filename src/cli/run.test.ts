import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder, type RunOptions, type RunResult, runInProcess } from '../../test/cli/in-process.ts';
import { envelope, type Handler, type ReceivedRequest, refusal, startResponder } from '../../test/cli/responder.ts';
import { commandGroups } from './command-groups.ts';

interface Ran extends RunResult {
  readonly requests: readonly ReceivedRequest[];
}

/** Runs a command line against a responder. */
async function run(args: readonly string[], handler: Handler, options: RunOptions = {}): Promise<Ran> {
  await using server = await startResponder(handler);
  const env = { VAULT_ADDR: server.address, VAULT_TOKEN: 'srs.own', ...options.env };
  const result = await runInProcess(args, { ...options, env });
  return { ...result, requests: server.requests };
}

describe('usage', () => {
  it('an unknown flag ends with 1, names the nearest and does not repeat its value', async () => {
    const result = await runInProcess(['token', 'create', '-polcy=web', '-ttl=1h']);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('--policy');
    for (const args of [
      ['login', '-tokn=CANARY'],
      ['status', '-policy=CANARY'],
      ['kv', 'get', '-scope=CANARY', 'x'],
    ]) {
      const wrong = await runInProcess(args);
      expect(wrong.code).toBe(1);
      expect(wrong.stderr).not.toContain('CANARY');
    }
  });

  it.each([
    ['a wrong command', ['sttaus']],
    ['no subcommand', ['kv']],
    ['a missing argument', ['read']],
    ['too many arguments', ['status', 'now']],
    ['a wrong format', ['version', '-format=xml']],
    ['a number that is none', ['token', 'create', '-use-limit=few', '-address=http://127.0.0.1:1']],
    ['a pair that is none', ['token', 'create', '-metadata=x', '-address=http://127.0.0.1:1']],
    ['a value that is no pair', ['write', 'a', 'b', '-address=http://127.0.0.1:1']],
    ['an address without a scheme', ['status', '-address=127.0.0.1:8200']],
    ['nothing to write', ['write', 'a', '-address=http://127.0.0.1:1']],
    ['a server without configuration', ['server']],
    ['a log-in method nobody knows', ['login', '-method=ldap']],
    [
      'a wrong truth value in the environment',
      ['status', '-address=http://127.0.0.1:1'],
      { VAULT_SKIP_VERIFY: 'maybe' },
    ],
  ])('%s ends with 1 and says why in a line or two', async (_title, args, env: Record<string, string> = {}) => {
    const result = await runInProcess(args, { env });
    expect(result.code).toBe(1);
    expect(result.stderr.trim()).not.toBe('');
    expect(result.stderr).not.toMatch(/\bat .*\.ts:/);
  });

  it.each(commandGroups.filter(({ name }) => name !== 'demo').map(({ name }) => name))(
    '%s and each command below it explain themselves, with an example',
    async (name) => {
      for (const args of [
        [name, '-h'],
        ['help', name],
      ])
        expect((await runInProcess(args)).code).toBe(0);
      const words = [[name]];
      for (let command = words.pop(); command; command = words.pop()) {
        const { code, stdout, stderr } = await runInProcess([...command, '--help']);
        expect([code, stderr], command.join(' ')).toEqual([0, '']);
        expect(stdout).toContain(`Usage: strongroom ${command.join(' ')}`);
        expect(stdout, command.join(' ')).toMatch(/\nExamples?:\n {2}.*strongroom /);
        const below = /\nCommands:\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? '';
        for (const [, word] of below.matchAll(/^ {2}([a-z-]+)/gm)) {
          if (word !== undefined && word !== 'help') words.push([...command, word]);
        }
      }
    },
  );
});

describe('settings', () => {
  it('STRONGROOM_ wins over VAULT_, flags win over both', async () => {
    await using server = await startResponder(() => envelope({ keys: ['a'] }));
    const env = {
      VAULT_ADDR: 'http://127.0.0.1:1',
      STRONGROOM_ADDR: server.address,
      VAULT_TOKEN: 'vaults',
      STRONGROOM_TOKEN: 'ours',
      VAULT_NAMESPACE: 'v',
      STRONGROOM_NAMESPACE: 's',
      VAULT_FORMAT: 'json',
    };
    const first = await runInProcess(['list', 'x'], { env });
    expect(first).toMatchObject({ code: 0, stdout: '[\n  "a"\n]\n' });
    const second = await runInProcess(['list', '-format=table', 'x', '-ns=flag'], { env });
    expect(second.stdout).toBe('Keys\n----\na\n');
    expect(server.requests.map(({ headers }) => [headers['x-vault-token'], headers['x-vault-namespace']])).toEqual([
      ['ours', 's'],
      ['ours', 'flag'],
    ]);
  });

  it('warns of an unencrypted address that is not this machine', async () => {
    const result = await runInProcess(['list', 'x', '-address=http://192.0.2.1.invalid:1']);
    expect(result.stderr).toContain('not encrypted');
    expect((await run(['list', 'x'], () => envelope({ keys: [] }))).stderr).toBe('');
  });
});

describe('output', () => {
  const answer = () => envelope({ b: 'x\u001b[31m', a: [1, 2], n: null }, { warnings: ['mind the gap'] });

  it('is a table of keys and values, with warnings on standard error', async () => {
    const result = await run(['read', 'x'], answer);
    expect(result.stdout).toBe('Key    Value\n---    -----\nb      x\\u001b[31m\na      [1, 2]\nn      n/a\n');
    expect(result.stderr).toBe('warning: mind the gap\n');
  });

  it('as json and yaml is what the server sent', async () => {
    const json = await run(['read', '-format=json', 'x'], answer);
    expect(JSON.parse(json.stdout)).toMatchObject({ data: { a: [1, 2], n: null }, warnings: ['mind the gap'] });
    const yaml = await run(['read', 'x', '-format', 'yaml'], answer);
    expect(yaml.stdout).toContain('  a:\n    - 1\n    - 2\n');
  });

  it('of one field is the value alone, with a line break for a terminal only', async () => {
    expect((await run(['read', '-field=b', 'x'], answer)).stdout).toBe('x\u001b[31m');
    expect((await run(['read', '-field=a', 'x'], answer, { stdoutIsTerminal: true })).stdout).toBe('[1,2]\n');
    const missing = await run(['read', '-field=zz', 'x'], answer);
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toBe('warning: mind the gap\nerror: the answer has no field "zz"\nhint: it has: b, a, n\n');
    const nothing = await run(['read', '-field=zz', 'x'], () => ({ status: 204 }));
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining('hint: it has no fields at all\n') });
    expect((await run(['read', '-field=constructor', 'x'], answer)).code).toBe(1);
  });

  it('of a new token shows the token to the one who asked, in all forms', async () => {
    const auth = {
      client_token: 'srs.new',
      accessor: 'acc',
      policies: ['web'],
      lease_duration: 5400,
      metadata: { a: 'b' },
    };
    const handler = () => envelope(null, { auth });
    const table = await run(['token', 'create', '-policy=web'], handler);
    expect(table.stdout).toMatch(/^token {2,}srs\.new$/m);
    expect(table.stdout).toMatch(/^token_duration {2,}1h30m$/m);
    expect(table.stdout).toMatch(/^token_meta_a {2,}b$/m);
    expect((await run(['token', 'create', '-field=token'], handler)).stdout).toBe('srs.new');
    expect((await run(['token', 'create', '-format=json'], handler)).stdout).toContain('"client_token": "srs.new"');
  });
});

describe('errors', () => {
  it('are a line of what, a line of hint and the request id, with 2', async () => {
    const result = await run(['read', 'x'], () =>
      refusal(403, 'permission_denied', 'permission\ndenied\u001b[1m', 'ask for a policy'),
    );
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toBe(
      'error: permission denied\\u001b[1m (403, GET /v1/x)\nhint: ask for a policy\nrequest: 7a1fbb6d-1111-4222-8333-944455556666\n',
    );
  });

  it('of what is not there name the path once, with the hint', async () => {
    const missing: Handler = () => ({ status: 404, body: { errors: [], hint: 'nothing is stored here' } });
    for (const format of ['table', 'json']) {
      const result = await run(['read', 'secret/data/a', `-format=${format}`], missing);
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toBe('error: no value found at secret/data/a\nhint: nothing is stored here\n');
    }
  });

  it('of a list of nothing are {} for a program, with 2; not so where the path itself is wrong', async () => {
    const nothing: Handler = () => ({ status: 404, body: { errors: [] } });
    for (const args of [
      ['list', 'a'],
      ['policy', 'list'],
      ['cert', 'list'],
    ]) {
      const json = await run([...args, '-format=json'], nothing);
      expect(json).toMatchObject({ code: 2, stdout: '{}\n', stderr: '' });
      expect(await run([...args, '-format=yaml'], nothing)).toMatchObject({ code: 2, stdout: '{}\n', stderr: '' });
      const table = await run(args, nothing);
      expect(table).toMatchObject({ code: 2, stdout: '' });
      expect(table.stderr).toMatch(/^error: no value found at /);
    }
    const wrong = await run(['list', 'a', '-format=json'], () => refusal(404, 'not_found', 'no handler for route'));
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('no handler for route');
  });

  it('with the token of the examples say "root" where they mean the policy', async () => {
    const handler: Handler = () => refusal(400, 'invalid_request', 'cannot delete "root" policy');
    const result = await run(['policy', 'delete', 'root'], handler, { env: { VAULT_TOKEN: 'root' } });
    expect(result.stderr).toContain('cannot delete "root" policy');
  });

  it('of a namespace say that there is the root one alone', async () => {
    const handler: Handler = () => refusal(404, 'namespace_not_found', 'namespace not found', 'leave the header out');
    const result = await run(['read', '-namespace=team', 'x'], handler, { env: { VAULT_TOKEN: 'root' } });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^hint: this server has only the root namespace: leave out -namespace/m);
  });

  it('without a token say how to get one', async () => {
    const result = await run(['read', 'x'], () => refusal(403, 'unauthenticated', 'permission denied'), {
      env: { VAULT_TOKEN: '' },
    });
    expect(result.stderr).toContain('strongroom login');
  });

  it('AUD-12: show neither token nor secret, even when the server echoes both', async () => {
    const handler: Handler = (request) => ({
      status: 400,
      body: {
        errors: [`${request.headers['x-vault-token']} ${request.body}`],
        hint: request.body,
        request_id: 'srs.CANARY-token',
      },
    });
    const env = { VAULT_TOKEN: 'srs.CANARY-token' };
    const calls: readonly (readonly [readonly string[], string])[] = [
      [['write', 'a', 'password=-'], 'CANARY-password'],
      [['token', 'lookup', '-'], 'CANARY-other-token'],
      [['key', 'verify'], 'CANARY-api-key'],
      [['operator', 'unseal', '-'], 'CANARY-share'],
      [['login', '-method=userpass', 'username=anna'], 'CANARY-password'],
      [['login'], 'CANARY-token-2'],
      [['kv', 'put', 'secret/a', 'x=-'], 'CANARY-value'],
    ];
    for (const [args, stdin] of calls) {
      const result = await run(args, handler, { env, stdin });
      expect(result.code).toBe(2);
      expect(result.stdout + result.stderr).not.toContain('CANARY');
    }
  });
});

describe('status', () => {
  const status = (sealed: boolean) => () => ({
    body: { type: 'shamir', initialized: true, sealed, t: 3, n: 5, progress: 0 },
  });

  it('ends with 0 unsealed, 2 sealed, 1 without an answer', async () => {
    expect((await run(['status'], status(false))).code).toBe(0);
    const sealed = await run(['operator', 'status'], status(true));
    expect(sealed.code).toBe(2);
    expect(sealed.stdout).toMatch(/^sealed {2,}true$/m);
    expect((await run(['status'], () => refusal(500, 'internal', 'internal error'))).code).toBe(1);
    expect((await runInProcess(['status', '-address=http://127.0.0.1:1'])).code).toBe(1);
  });

  it('is told without a token', async () => {
    expect((await run(['status'], status(false))).requests[0]?.headers['x-vault-token']).toBeUndefined();
  });
});

describe('login', () => {
  const auth = {
    client_token: 'srs.new',
    accessor: 'acc',
    policies: ['default'],
    lease_duration: 3600,
    metadata: null,
  };
  const handler: Handler = (request) =>
    request.url.includes('login/')
      ? envelope(null, { auth })
      : envelope({ id: request.headers['x-vault-token'], ttl: 60 });

  it('asks for the token without echo, checks it, keeps it and does not print it', async () => {
    const home = makeFolder();
    const result = await run(['login'], handler, { home, typed: 'srs.typedX\u007f\r' });
    expect(result).toMatchObject({ code: 0, rawModes: [true, false] });
    expect(result.requests[0]).toMatchObject({
      url: '/v1/auth/token/lookup-self',
      headers: { 'x-vault-token': 'srs.typed' },
    });
    expect(readFileSync(join(home, '.strongroom-token'), 'utf8')).toBe('srs.typed');
    expect(statSync(join(home, '.strongroom-token')).mode & 0o777).toBe(0o600);
    expect(result.stdout + result.stderr).not.toContain('srs.typed');
  });

  it('with a password takes it from standard input, and keeps the token for the next command', async () => {
    const home = makeFolder();
    const result = await run(['login', '-method=userpass', 'username=anna'], handler, { home, stdin: 'pässword\n' });
    expect(result.requests[0]).toMatchObject({ url: '/v1/auth/userpass/login/anna', body: '{"password":"pässword"}' });
    expect(result.stderr).toBe('');
    const next = await run(['token', 'lookup'], handler, { home, env: { VAULT_TOKEN: '' } });
    expect(next.requests[0]?.headers['x-vault-token']).toBe('srs.new');
  });

  it('asks for no token that it could not keep, and says how to go on', async () => {
    const home = join(makeFolder(), 'missing');
    const result = await run(['login', '-method=userpass', 'username=a'], handler, { home, stdin: 'pw' });
    expect(result).toMatchObject({ code: 2, stdout: '', requests: [] });
    expect(result.stderr).toMatch(/^error: the token cannot be kept: .*there is no such folder\nhint: .*-no-store/);
    const other = ['login', '-method=userpass', 'username=a', '-no-store', '-field=token'];
    expect(await run(other, handler, { home, stdin: 'pw' })).toMatchObject({ code: 0, stdout: 'srs.new' });
  });

  it('warns when a token or a password was written on the command line', async () => {
    const result = await run(['login', 'srs.argv'], handler);
    expect(result.stderr).toContain('warning: the token was given on the command line');
    const second = await run(['login', '-method=userpass', 'username=a', 'password=p4ss'], handler);
    expect(second.stderr).toContain('warning: the password');
    expect(result.stderr + second.stderr).not.toMatch(/srs\.argv|p4ss/);
  });

  it('-token-only prints the token alone and keeps nothing', async () => {
    const home = makeFolder();
    const result = await run(['login', '-method=userpass', '-token-only', 'username=a'], handler, { home, stdin: 'p' });
    expect(result.stdout).toBe('srs.new');
    expect(() => statSync(join(home, '.strongroom-token'))).toThrow();
  });

  it('keeps nothing when the token is refused', async () => {
    const home = makeFolder();
    const result = await run(['login', '-'], () => refusal(403, 'permission_denied', 'bad token'), {
      home,
      stdin: 'srs.bad',
    });
    expect(result.code).toBe(2);
    expect(() => statSync(join(home, '.strongroom-token'))).toThrow();
  });

  it('Ctrl-C while asked leaves the terminal as it was', async () => {
    const result = await run(['login'], handler, { typed: 'srs.\u0003' });
    expect(result).toMatchObject({ code: 1, rawModes: [true, false], requests: [] });
  });

  it('STO-02: a kept token others may read is refused by every command', async () => {
    const home = makeFolder();
    writeFileSync(join(home, '.strongroom-token'), 'srs.kept', { mode: 0o644 });
    const result = await run(['read', 'x'], handler, { home, env: { VAULT_TOKEN: '' } });
    expect(result).toMatchObject({ code: 2, requests: [] });
    expect(result.stderr).toContain('chmod 600');
  });
});
