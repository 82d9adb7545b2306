import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../../test/cli/in-process.ts';
import { envelope, type Handler, refusal } from '../../../test/cli/responder.ts';
import { run } from '../../../test/cli/run-command.ts';

describe('what each command sends', () => {
  it.each([
    ['read a/b version=2', 'GET a/b?version=2'],
    ['write a/b x=1 y=2 y=3 z=\\@v', 'POST a/b {"x":"1","y":["2","3"],"z":"@v"}'],
    ['write -f pki/tidy', 'POST pki/tidy {}'],
    ['patch a/b x=1', 'PATCH a/b {"x":"1"}'],
    ['list a/b limit=5', 'GET a/b?limit=5&list=true'],
    ['delete a/b versions=1 versions=2', 'DELETE a/b?versions=1&versions=2'],
    [
      'token create -policy=a,b -policy=c -ttl=1h -orphan -no-default-policy -renewable=false -metadata=k=v=w -use-limit=3',
      'POST auth/token/create {"policies":["a","b","c"],"ttl":"1h","num_uses":3,"no_parent":true,"no_default_policy":true,"renewable":false,"meta":{"k":"v=w"}}',
    ],
    ['token create -role=ci', 'POST auth/token/create/ci {}'],
    ['token lookup', 'GET auth/token/lookup-self'],
    ['token lookup -accessor=x', 'POST auth/token/lookup-accessor {"accessor":"x"}'],
    ['token renew -increment=2h', 'POST auth/token/renew-self {"increment":"2h"}'],
    ['token revoke -self', 'POST auth/token/revoke-self {}'],
    ['token revoke -accessor=x', 'POST auth/token/revoke-accessor {"accessor":"x"}'],
    ['token capabilities a/b', 'POST sys/capabilities-self {"paths":["a/b"]}'],
    [
      'key create -name=n -scope=a,b -credits=5 -bound-cidr=10.0.0.0/8',
      'POST api-keys/keys {"name":"n","scopes":["a","b"],"bound_cidrs":["10.0.0.0/8"],"credits":5}',
    ],
    ['key list -owner=o -unused-since=90d -limit=5', 'GET api-keys/keys?owner=o&unused_since=90d&limit=5&list=true'],
    ['key get k1 -mount=mine', 'GET mine/keys/k1'],
    ['key rotate k1 -overlap=1h', 'POST api-keys/keys/k1/rotate {"overlap":"1h"}'],
    ['key revoke k1 -reason=leak', 'POST api-keys/keys/k1/revoke {"reason":"leak"}'],
    ['key enable k1', 'POST api-keys/keys/k1/enable {}'],
    ['key disable k1', 'POST api-keys/keys/k1/disable {}'],
    ['pat create -name=n -ttl=30d', 'POST pats/self {"name":"n","ttl":"30d"}'],
    ['pat list', 'GET pats/self?list=true'],
    ['pat list -all -state=active', 'GET pats/tokens?state=active&list=true'],
    ['pat rotate p1', 'POST pats/self/p1/rotate {}'],
    ['pat revoke p1', 'POST pats/self/p1/revoke {}'],
    ['pat revoke -any p1', 'POST pats/tokens/p1/revoke {}'],
    [
      'cert issue web a.example -alt-names=b.example -ip-san=10.0.0.1 -ttl=72h',
      'POST pki/issue/web {"common_name":"a.example","alt_names":"b.example","ip_sans":["10.0.0.1"],"ttl":"72h"}',
    ],
    ['cert revoke 17:ab', 'POST pki/revoke {"serial_number":"17:ab"}'],
    ['cert list -mount=ca2', 'GET ca2/certs?list=true'],
    ['policy list', 'GET sys/policies/acl?list=true'],
    ['policy delete web', 'DELETE sys/policies/acl/web'],
    ['secrets enable -path=team -version=2 kv', 'POST sys/mounts/team {"type":"kv","options":{"version":"2"}}'],
    [
      'secrets enable -max-lease-ttl=87600h pki',
      'POST sys/mounts/pki {"type":"pki","config":{"max_lease_ttl":"87600h"}}',
    ],
    ['secrets disable team/', 'DELETE sys/mounts/team'],
    ['auth enable userpass', 'POST sys/auth/userpass {"type":"userpass"}'],
    ['auth disable userpass', 'DELETE sys/auth/userpass'],
    ['credentials list -kind=token -limit=5', 'GET sys/credentials?kind=token&limit=5&list=true'],
    ['operator seal', 'POST sys/seal'],
    ['operator key-status', 'GET sys/key-status'],
    ['operator unseal -reset', 'POST sys/unseal {"reset":true}'],
  ])('%s', async (line, expected) => {
    const result = await run(line.split(' '));
    expect(result.stderr).toBe('');
    expect(result).toMatchObject({ code: 0, sent: [expected] });
  });

  it('values come from files, standard input and JSON', async () => {
    const file = join(makeFolder(), 'v.txt');
    writeFileSync(file, 'line\n');
    expect((await run(['write', 'a', `x=@${file}`, 'y=-'], undefined, { stdin: 'in' })).sent).toEqual([
      'POST a {"x":"line\\n","y":"in"}',
    ]);
    expect((await run(['write', 'a', '-'], undefined, { stdin: '{"n":1,"__proto__":{"a":1}}' })).sent).toEqual([
      'POST a {"n":1,"__proto__":{"a":1}}',
    ]);
    expect((await run(['write', 'a', '-'], undefined, { stdin: '[1]' })).code).toBe(1);
    const broken = await run(['write', 'a', '-'], undefined, { stdin: '{"pin": CANARY' });
    expect(broken).toMatchObject({ code: 1, sent: [] });
    expect(broken.stderr).toMatch(/^error: standard input is not a JSON object\n/);
    expect(broken.stderr).not.toContain('CANARY');
    expect((await run(['write', 'a', 'x=-', 'y=-'], undefined, { stdin: 'in' })).code).toBe(1);
    expect((await run(['write', 'a', 'x=@/nonexistent'])).stderr).toContain('does not exist');
  });

  it('a secret written in the open is sent, and warned about', async () => {
    const result = await run(['write', 'auth/userpass/users/a', 'password=p4ss', 'policies=x']);
    expect(result.sent).toEqual(['POST auth/userpass/users/a {"password":"p4ss","policies":"x"}']);
    expect(result.stderr).toMatch(/^warning: password was given on the command line/);
    expect(result.stderr).not.toContain('p4ss');
    expect((await run(['write', 'a', 'client_token=x'])).stderr).toContain('client_token was given');
    expect((await run(['write', 'auth/userpass/users/a', 'token_policies=x', 'token_ttl=1h'])).stderr).toBe('');
  });
});

describe('credentials revoke', () => {
  it('that matches nothing is JSON all the same', async () => {
    const count = { token: 0 };
    const result = await run(['credentials', 'revoke', '-owner=x', '-yes', '-format=json'], () => envelope({ count }));
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ data: { count } });
  });
});

describe('lists', () => {
  it('show items as rows and the cursor of the next page', async () => {
    const key_info = {
      k1: { start: 'sr_live_ab', name: 'n', owner: 'o', space: 'default', state: 'active', expire_time: null },
    };
    const result = await run(['key', 'list'], () => envelope({ keys: ['k1'], key_info, next: 'cursor' }));
    expect(result.stdout).toMatch(/^Id {2,}Start .*\n-- .*\nk1 {4}sr_live_ab/);
    expect(result.stderr).toBe('more: add -after=cursor\n');
  });

  it('of mounts and audit devices show their paths', async () => {
    const mounts = { 'secret/': { type: 'kv', accessor: 'kv_1', description: 'd', config: { max_lease_ttl: 0 } } };
    expect((await run(['secrets', 'list'], () => envelope(mounts))).stdout).toMatch(/^secret\/ +kv +kv_1 +d$/m);
    const devices = { 'file/': { type: 'file', description: '', options: { file_path: '/x' } } };
    expect((await run(['audit', 'list'], () => envelope(devices))).stdout).toContain('{"file_path":"/x"}');
    expect(JSON.parse((await run(['auth', 'list', '-format=json'], () => envelope(mounts))).stdout)).toEqual(mounts);
  });
});

describe('key verify', () => {
  it('ends with 0 for a valid key and 2 for any other', async () => {
    const valid = await run(['key', 'verify', '-scope=a'], () => envelope({ valid: true, code: 'ok' }), {
      stdin: 'sr_live_x\n',
    });
    expect(valid).toMatchObject({ code: 0, sent: ['POST api-keys/verify {"key":"sr_live_x","scopes":["a"]}'] });
    expect(
      (await run(['key', 'verify', '-'], () => envelope({ valid: false, code: 'expired' }), { stdin: 'k' })).code,
    ).toBe(2);
    expect((await run(['key', 'verify', '-'], () => envelope({}), { stdin: 'k' })).code).toBe(2);
  });
});

describe('credentials revoke', () => {
  const handler: Handler = (request) =>
    envelope({ count: { token: 2, api_key: 1 }, ...(request.body.includes('dry_run') ? {} : { job_id: 'j' }) });

  it('says how many first and revokes nothing without a yes', async () => {
    const result = await run(['credentials', 'revoke', '-owner=o'], handler);
    expect(result).toMatchObject({ code: 1, sent: ['POST sys/credentials/revoke {"owner":"o","dry_run":true}'] });
    expect(result.stderr).toContain('matching credentials: 3 (2 token, 1 api_key)');
    expect(result.stderr).toContain('-yes');
  });

  it('revokes with -yes, or when the number is typed on a terminal', async () => {
    const revoked = [
      'POST sys/credentials/revoke {"owner":"o","dry_run":true}',
      'POST sys/credentials/revoke {"owner":"o","reason":"leak"}',
    ];
    const args = ['credentials', 'revoke', '-owner=o', '-reason=leak'];
    expect(await run([...args, '-yes'], handler)).toMatchObject({ code: 0, sent: revoked });
    expect(await run(args, handler, { typed: '3\n' })).toMatchObject({ code: 0, sent: revoked });
    for (const typed of ['yes\n', '2\n', '\n']) {
      expect(await run(args, handler, { typed })).toMatchObject({ code: 2, sent: revoked.slice(0, 1) });
    }
  });

  it('refuses an empty filter before asking the server, and stops when nothing matches or no number is told', async () => {
    expect(await run(['credentials', 'revoke', '-yes'], handler)).toMatchObject({ code: 1, sent: [] });
    const none = await run(['credentials', 'revoke', '-owner=o', '-yes'], () => envelope({ count: {} }));
    expect([none.code, none.sent.length]).toEqual([0, 1]);
    const unknown = await run(['credentials', 'revoke', '-owner=o', '-yes'], () => envelope({}));
    expect([unknown.code, unknown.sent.length]).toEqual([2, 1]);
  });
});

describe('operator', () => {
  const shares = { keys: ['aa', 'bb'], keys_base64: ['qg==', 'uw=='], root_token: 'srs.root' };
  const init =
    (type: string): Handler =>
    (request) => ({
      body: request.url.endsWith('seal-status') ? { type, sealed: true } : shares,
    });

  it('init prints the shares and the root token once', async () => {
    const result = await run(['operator', 'init', '-key-shares=2', '-key-threshold=2'], init('shamir'));
    expect(result.sent).toEqual(['GET sys/seal-status', 'POST sys/init {"secret_shares":2,"secret_threshold":2}']);
    expect(result.stdout).toMatch(/^Unseal Key 1: qg==\nUnseal Key 2: uw==\n\nInitial Root Token: srs\.root\n/);
    const json = await run(['operator', 'init', '-format=json'], init('shamir'));
    expect(JSON.parse(json.stdout)).toEqual(shares);
  });

  it('init asks for recovery shares where an HSM seals', async () => {
    expect((await run(['operator', 'init'], init('pkcs11'))).sent[1]).toBe(
      'POST sys/init {"recovery_shares":5,"recovery_threshold":3}',
    );
    expect((await run(['operator', 'init', '-key-shares=1'], init('pkcs11'))).code).toBe(1);
    expect((await run(['operator', 'init', '-recovery-shares=1'], init('shamir'))).code).toBe(1);
  });

  it('STO-02: init -out writes a new file of mode 0600 and shows no secret; a file in the way stops it before it starts', async () => {
    const out = join(makeFolder(), 'init.json');
    const result = await run(['operator', 'init', `-out=${out}`], init('shamir'));
    expect(result.code).toBe(0);
    expect(result.stdout + result.stderr).not.toMatch(/qg==|srs\.root/);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(shares);
    const again = await run(['operator', 'init', `-out=${out}`], init('shamir'));
    expect(again.code).toBe(1);
    expect(again.sent).not.toContainEqual(expect.stringContaining('sys/init'));
  });

  it('init -out leaves no empty file when the server refuses', async () => {
    const out = join(makeFolder(), 'init.json');
    const refuse: Handler = (request) =>
      request.url.endsWith('seal-status')
        ? { body: { type: 'shamir' } }
        : refusal(400, 'already_initialized', 'Vault is already initialized');
    expect((await run(['operator', 'init', `-out=${out}`], refuse)).code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  it('rotate answers what it made, as an object for programs', async () => {
    const data = { term: 2, install_time: '2026-01-01T00:00:00Z', encryptions: 0 };
    const handler: Handler = (request) => (request.method === 'POST' ? { status: 204 } : envelope(data));
    const json = await run(['operator', 'rotate', '-format=json'], handler);
    expect(json).toMatchObject({ code: 0, sent: ['POST sys/rotate', 'GET sys/key-status'] });
    expect(JSON.parse(json.stdout)).toMatchObject({ data });
    expect((await run(['operator', 'rotate', '-field=term'], handler)).stdout).toBe('2');
    expect((await run(['operator', 'rotate'], handler)).stdout).toMatch(/^rotated\nKey +Value\n/);
  });

  it('rotate by who may not read the status is done, and said to be', async () => {
    const handler: Handler = (request) =>
      request.method === 'POST' ? { status: 204 } : refusal(403, 'permission_denied', 'permission denied');
    const plain = await run(['operator', 'rotate'], handler);
    expect([plain.code, plain.stdout]).toEqual([0, 'rotated\n']);
    expect(plain.stderr).toContain('the key is rotated');
    // A program that asked for the status gets none, and is told what was done.
    const json = await run(['operator', 'rotate', '-format=json'], handler);
    expect([json.code, json.stdout]).toEqual([2, '']);
    expect(json.stderr).toContain('the key is rotated');
    const failed = await run(['operator', 'rotate'], () => refusal(403, 'permission_denied', 'permission denied'));
    expect(failed.code).toBe(2);
    expect(failed.stdout + failed.stderr).not.toContain('rotated');
  });

  it('init -status ends with 0 or 2', async () => {
    expect((await run(['operator', 'init', '-status'], () => ({ body: { initialized: true } }))).code).toBe(0);
    expect((await run(['operator', 'init', '-status'], () => ({ body: { initialized: false } }))).code).toBe(2);
  });

  it('unseal gives share after share until the server is open, and asks without echo', async () => {
    const handler: Handler = (_request, index) => ({ body: { sealed: index < 2, progress: index } });
    const many = await run(['operator', 'unseal', '-'], handler, { stdin: 'aa\nbb\ncc\n' });
    expect(many.sent).toEqual(['GET sys/seal-status', 'POST sys/unseal {"key":"aa"}', 'POST sys/unseal {"key":"bb"}']);
    const asked = await run(['operator', 'unseal'], handler, { typed: 'aa\r' });
    expect(asked).toMatchObject({ code: 0, rawModes: [true, false] });
    expect(asked.stderr).not.toContain('aa\n');
    expect((await run(['operator', 'unseal', 'aa'], handler)).stderr).toContain('warning: an unseal key');
  });
});

describe('kv', () => {
  const secret = { data: { user: 'u' }, metadata: { version: 3 } };
  const version2: Handler = (request) =>
    request.url.includes('/internal/') ? envelope({ path: 'secret/', options: { version: '2' } }) : envelope(secret);
  const version1: Handler = (request) =>
    request.url.includes('/internal/') ? envelope({ path: 'secret/', options: null }) : envelope({ user: 'u' });

  it('get shows data and metadata, or one field of the data', async () => {
    const result = await run(['kv', 'get', 'secret/app'], version2);
    expect(result.stdout).toMatch(/^Metadata\n[\s\S]*version {4}3\n\nData\n[\s\S]*user {4,}u\n$/);
    expect((await run(['kv', 'get', '-field=user', '-mount=secret', 'app'], version2)).stdout).toBe('u');
    expect((await run(['kv', 'get', '-field=user', 'secret/app'], version1)).stdout).toBe('u');
  });

  it('put, delete, list and metadata go where the version has them', async () => {
    const last = async (args: string, handler: Handler) => (await run(args.split(' '), handler)).sent.at(-1);
    expect(await last('kv put -cas=0 secret/app user=u', version2)).toBe(
      'POST secret/data/app {"data":{"user":"u"},"options":{"cas":0}}',
    );
    expect(await last('kv put secret/app user=u', version1)).toBe('POST secret/app {"user":"u"}');
    expect(await last('kv delete -versions=1,2 secret/app', version2)).toBe(
      'POST secret/delete/app {"versions":[1,2]}',
    );
    expect(await last('kv delete secret/app', version1)).toBe('DELETE secret/app');
    expect(await last('kv list secret/', version2)).toBe('GET secret/metadata/?list=true');
    expect(await last('kv metadata put -max-versions=5 -custom-metadata=a=b secret/app', version2)).toBe(
      'POST secret/metadata/app {"max_versions":5,"custom_metadata":{"a":"b"}}',
    );
    expect(await last('kv metadata delete secret/app', version2)).toBe('DELETE secret/metadata/app');
  });

  it('what version 1 cannot do is refused before it is asked for', async () => {
    for (const args of ['kv get -version=1 secret/a', 'kv put -cas=1 secret/a b=c', 'kv metadata get secret/a']) {
      expect(await run(args.split(' '), version1)).toMatchObject({
        code: 1,
        sent: [expect.stringContaining('/internal/')],
      });
    }
  });

  it('get of a deleted version ends with 2 and says when it was deleted', async () => {
    const deleted: Handler = (request, index) =>
      index === 0
        ? version2(request, index)
        : { ...envelope({ data: null, metadata: { deletion_time: '2026-01-01T00:00:00Z' } }), status: 404 };
    const result = await run(['kv', 'get', 'secret/app'], deleted);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('2026-01-01T00:00:00Z');
  });
});
