import { describe, expect, it } from 'vitest';
import { runInProcess } from '../../../test/cli/in-process.ts';
import { envelope } from '../../../test/cli/responder.ts';
import { run } from '../../../test/cli/run-command.ts';

describe('flags that take one of a few words', () => {
  it.each([
    [['key', 'list', '-state=CANARY'], /one of: active, disabled, revoked, expired, not_yet_valid, rotated, exhausted/],
    [['key', 'list', '-sort=CANARY'], /one of: created_time, -created_time/],
    [['key', 'verify', '-scope-mode=CANARY', '-'], /one of: all, any/],
    [['pat', 'list', '-all', '-state=CANARY'], /one of: active, /],
    [['credentials', 'list', '-state=CANARY'], /one of: active, /],
    [['credentials', 'revoke', '-yes', '-kind=CANARY'], /one of: token, api_key, pat, certificate, lease/],
    [['token', 'create', '-type=CANARY'], /one of: service, batch/],
    [['token', 'revoke', '-mode=CANARY', '-'], /one of: orphan/],
    [['secrets', 'enable', '-listing-visibility=CANARY', 'kv'], /one of: unauth, hidden/],
    [['login', '-method=CANARY'], /one of: token, userpass, cert/],
    [['server', '-dev', '-log-level=CANARY'], /one of: trace, debug, info, warn, error/],
  ])('%j is refused with the words there are, and nothing is sent', async (args, words) => {
    const result = await run(args, undefined, { stdin: 'x' });
    expect(result).toMatchObject({ code: 1, stdout: '', sent: [] });
    expect(result.stderr).toMatch(words);
    expect(result.stderr).not.toContain('CANARY');
  });

  it.each([
    [['token', 'create', '-policy=']],
    [['token', 'create', '-policy=web', '-policy=,']],
    [['token', 'create', '-policy=web', '-ttl=']],
    [['token', 'create', '-policy=web', '-bound-cidr', ' ']],
    [['token', 'revoke', '-accessor=']],
    [['key', 'create', '-expire-time=']],
    [['key', 'list', '-owner=']],
    [['pat', 'create', '-name=n', '-policy=']],
    [['credentials', 'revoke', '-kind=token', '-owner=', '-yes']],
    [['kv', 'get', '-mount=', 'a']],
  ])('%j: an empty value is refused, since what was meant to narrow would not', async (args) => {
    const result = await run(args);
    expect(result).toMatchObject({ code: 1, stdout: '', sent: [] });
    expect(result.stderr).toMatch(/^error: -[a-z-]+ is empty\nhint: .*shell variable/);
  });

  it('an empty text is taken where it means something', async () => {
    expect((await run(['key', 'revoke', 'k', '-reason='])).code).toBe(0);
    expect((await run(['read', '-namespace=', 'a'])).code).toBe(0);
  });

  it('a filter that would be passed over is refused', async () => {
    expect(await run(['pat', 'list', '-state=active'])).toMatchObject({ code: 1, sent: [] });
  });

  it('help shows the flags of the command alone', async () => {
    expect((await runInProcess(['auth', 'enable', '-h'])).stdout).not.toContain('--version');
    expect((await runInProcess(['secrets', 'enable', '-h'])).stdout).toContain('--version');
    expect(await run(['auth', 'enable', '-version=2', 'userpass'])).toMatchObject({ code: 1, sent: [] });
  });

  it('a switch with a value that is none is refused by name, rather than the value taken for a word', async () => {
    for (const args of [
      ['read', '-tls-skip-verify=CANARY', 'a'],
      ['server', '-dev=CANARY'],
    ]) {
      const result = await run(args);
      expect(result).toMatchObject({ code: 1, sent: [] });
      expect(result.stderr).toMatch(/^error: -(tls-skip-verify|dev) takes true or false\nhint: /);
    }
  });
});

describe('durations', () => {
  const data = { default_lease_ttl: 2_764_800, user_lockout_duration: 900, token_period: 0, max_ttl: '72h', tttl: 5 };

  it('are one form in tables and numbers in JSON', async () => {
    const table = await run(['read', 'sys/auth/token/tune'], () => envelope(data));
    expect(table.stdout.split('\n').map((line) => line.split(/ +/)[1])).toEqual([
      'Value',
      '-----',
      '768h',
      '15m',
      '0s',
      '72h',
      '5',
      undefined,
    ]);
    const json = await run(['read', 'sys/auth/token/tune', '-format=json'], () => envelope(data));
    expect(JSON.parse(json.stdout)).toMatchObject({ data });
    expect((await run(['read', '-field=default_lease_ttl', 'x'], () => envelope(data))).stdout).toBe('2764800');
    const auth = { client_token: 'srs.new', accessor: 'a', policies: [], lease_duration: 2_764_800, metadata: null };
    const login = ['login', '-method=userpass', '-no-store', 'username=a'];
    expect((await run(login, () => envelope(null, { auth }), { stdin: 'pw' })).stdout).toMatch(
      /^token_duration +768h$/m,
    );
    const mounts = { 'a/': { type: 'kv', config: { default_lease_ttl: 0, max_lease_ttl: 7200 } } };
    expect((await run(['secrets', 'list', '-detailed'], () => envelope(mounts))).stdout).toMatch(/ system +2h/);
  });
});

describe('the parser', () => {
  it('what the parser refuses has a hint as all else, and flags in front of the command are told where they stand', async () => {
    for (const args of [['sttaus'], ['token', 'crate'], ['read'], ['read', '-nope', 'x']]) {
      expect((await runInProcess(args)).stderr).toMatch(/^error: .*\n(\(Did you mean .*\)\n)?hint: add --help .*\n$/);
    }
    const early = await runInProcess(['-address=CANARY', 'read', 'x']);
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toBe('error: flags stand behind the command\nhint: as in: strongroom status -address…\n');
  });
});

describe('what a server is started with', () => {
  it.each([
    [['server'], 'a server needs -config=FILE'],
    [['server', '-dev', '-config=/nowhere/server.hcl'], '-dev and -config exclude each other'],
    [['server', '-config='], '-config is empty'],
    [['server', '-config=/nowhere/server.hcl', '-config='], '-config is empty'],
    [['server', '-config=/nowhere/server.hcl', '-dev-root-token-id=root'], 'go with -dev alone'],
  ])('%j is wrong usage, and nothing starts', async (args, words) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).toContain('hint: ');
  });
});
