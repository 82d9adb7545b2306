import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '../harness/server-process.ts';

const program = fileURLToPath(new URL('../../.runtime/clients/python/bin/bao', import.meta.url));
const deadlineMillis = 60_000;

interface Said {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

let server: ServerProcess;
let shares: string[] = [];
let rootToken = '';

/** Runs `bao` as an operator at a terminal would; `input` is its standard input. */
async function run(args: readonly string[], { input = '', token = '' } = {}): Promise<Said> {
  const child = spawn(program, args, {
    // The token of a log-in is kept in the home folder.
    env: {
      PATH: process.env['PATH'],
      HOME: server.folder,
      BAO_ADDR: server.address,
      BAO_CACERT: server.caFile,
      ...(token !== '' && { BAO_TOKEN: token }),
    },
    timeout: deadlineMillis,
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdin.on('error', () => undefined).end(input);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, out: out.trimEnd(), err: err.trimEnd() };
}

/** What it prints where it succeeds; words are parted by single spaces, since columns are as wide as their longest. */
async function bao(line: string, options: { input?: string; token?: string } = {}): Promise<string> {
  const said = await run(line.split(' '), options);
  expect(said.exitCode, `bao ${line}: ${said.out}${said.err}`).toBe(0);
  return said.out.replaceAll(/ +/g, ' ');
}

/** The same as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
async function baoJson(line: string, options: { input?: string; token?: string } = {}): Promise<any> {
  const [command = '', ...rest] = line.split(' -- ');
  return JSON.parse(await bao([`${command} -format=json`, ...rest].join(' '), options));
}

/** What it says on standard error where it ends with 2, as it does for every refusal of a server. */
async function refused(line: string, options: { input?: string; token?: string } = {}): Promise<string> {
  const said = await run(line.split(' '), options);
  expect(said.exitCode, `bao ${line}: ${said.out}${said.err}`).toBe(2);
  return said.err;
}

beforeAll(async () => {
  if (!existsSync(program)) throw new Error('bao is not installed: run scripts/setup --for=test');
  server = await ServerProcess.start();
});
afterAll(() => server?.stop());

describe('bao, the command line of OpenBao, led through a server from its first start to its seal', () => {
  it('status of a new server: exit code 2, not initialised, sealed', async () => {
    const { exitCode, out } = await run(['status', '-format=json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ type: 'shamir', initialized: false, sealed: true });
    expect((await run(['operator', 'init', '-status'])).exitCode).toBe(2);
  });

  it('operator init gives five shares and a root token, once', async () => {
    const made = await baoJson('operator init -- -key-shares=5 -key-threshold=3');
    expect(made.unseal_keys_b64).toHaveLength(5);
    shares = made.unseal_keys_b64;
    rootToken = made.root_token;
    expect(await refused('operator init')).toContain('Vault is already initialized');
    await bao('operator init -status');
  });

  it('operator unseal: a share that is none is refused, three open', async () => {
    expect(await bao(`operator unseal ${shares[0]}`)).toContain('Unseal Progress 1/3');
    expect(await bao('operator unseal -reset')).toContain('Unseal Progress 0/3');
    await refused('operator unseal AAAAAAAA');
    for (const share of shares.slice(0, 2)) await bao(`operator unseal ${share}`);
    expect(await baoJson(`operator unseal -- ${shares[2]}`)).toMatchObject({ sealed: false, t: 3, n: 5 });
    expect(await bao('status')).toMatch(/^Sealed false$/m);
  });

  it('login: a wrong token is refused, the root token is kept for what follows', async () => {
    expect(await refused('login -', { input: 'wrong' })).toContain('permission denied');
    expect(await bao('login -', { input: rootToken })).toContain('Success! You are now authenticated');
    expect(statSync(join(server.folder, '.vault-token')).mode & 0o077).toBe(0);
    expect((await baoJson('token lookup')).data).toMatchObject({ policies: ['root'], path: 'auth/token/root' });
  });

  it('policy: written from standard input, read, listed, deleted', async () => {
    const text = 'path "secret/data/app/*" {\n  capabilities = ["read"]\n}\n';
    expect(await bao('policy write app -', { input: text })).toContain('Success! Uploaded policy: app');
    expect(await bao('policy read app')).toContain('path "secret/data/app/*"');
    expect(await bao('policy list')).toBe('app\ndefault\nroot');
    expect(await refused('policy write bad -', { input: 'path "x" { capabilities = ["fly"] }' })).toContain('fly');
    await bao('policy write gone -', { input: text });
    await bao('policy delete gone');
    expect(await refused('policy read gone')).toContain('No policy named: gone');
  });

  it('token: created, looked up, renewed, asked for what it may, revoked', async () => {
    const { auth } = await baoJson('token create -- -policy=app -ttl=1h -display-name=ada -metadata=team=one');
    const [token, accessor] = [auth.client_token, auth.accessor];
    expect(auth).toMatchObject({ policies: ['app', 'default'], lease_duration: 3600, metadata: { team: 'one' } });
    expect((await baoJson('token lookup', { token })).data).toMatchObject({ display_name: 'token-ada' });
    const found = await bao(`token lookup -accessor ${accessor}`);
    expect(found).toMatch(/^id n\/a$/m);
    expect(await bao(`token renew -increment=30m ${token}`)).toMatch(/^token_duration 30m$/m);
    expect(await bao(`token capabilities ${token} secret/data/app/one`)).toBe('read');
    expect(await bao('token capabilities sys/mounts', { token })).toBe('deny');
    expect(await refused('secrets list', { token })).toContain('Code: 403');
    await bao(`token revoke -accessor ${accessor}`);
    expect(await refused('token lookup', { token })).toContain('Code: 403');
    expect(await bao('token create -ttl=5m -field=token')).toMatch(/^\S+$/);
  });

  it('auth: userpass enabled, tuned and listed; a user logs in, and a wrong password is refused', async () => {
    await bao('auth enable -description=people userpass');
    await bao('auth tune -max-lease-ttl=4h userpass');
    expect((await baoJson('auth list'))['userpass/']).toMatchObject({ type: 'userpass', description: 'people' });
    await bao('write auth/userpass/users/ada password=- policies=app', { input: 'correct horse' });
    const logIn = 'login -method=userpass -no-store -token-only username=ada password=-';
    expect(await refused(logIn, { input: 'wrong' })).toContain('Code: 400');
    const token = await bao(logIn, { input: 'correct horse' });
    expect((await baoJson('token lookup', { token })).data).toMatchObject({
      path: 'auth/userpass/login/ada',
      policies: ['app', 'default'],
      meta: { username: 'ada' },
    });
    await bao('lease revoke -prefix auth/userpass/login/ada');
    await refused('token lookup', { token });
    expect(await bao('auth disable userpass')).toContain('Success! Disabled the auth method');
  });

  it('secrets: engines enabled, tuned, listed, moved and disabled', async () => {
    await bao('secrets enable -path=secret kv-v2');
    await bao('secrets enable -path=plain kv');
    expect((await baoJson('secrets list'))['secret/']).toMatchObject({ type: 'kv', options: { version: '2' } });
    await bao('secrets tune -max-lease-ttl=4h plain');
    expect(await bao('read -field=max_lease_ttl sys/mounts/plain/tune')).toBe('14400');
    await bao('secrets move plain moved');
    await bao('secrets disable moved');
    expect(await bao('secrets list')).not.toContain('moved/');
    expect(await refused('secrets enable kw')).toContain('plugin not found in the catalog: kw');
  });

  it('kv: put, get, patch and list; check-and-set is kept, and what is not there is no value', async () => {
    expect(await bao('kv put -mount=secret app/one a=1 b=-', { input: 'two' })).toMatch(/^version 1$/m);
    expect(await bao('kv put -cas=1 secret/app/one a=2')).toMatch(/^version 2$/m);
    expect(await refused('kv put -cas=1 secret/app/one a=3')).toContain('check-and-set');
    await bao('kv patch secret/app/one c=3');
    await bao('kv patch -method=rw secret/app/one d=4');
    expect((await baoJson('kv get -- secret/app/one')).data.data).toEqual({ a: '2', c: '3', d: '4' });
    expect(await bao('kv get -version=1 -field=b secret/app/one')).toBe('two');
    expect(await bao('kv list secret')).toBe('Keys\n----\napp/');
    expect(await refused('kv get secret/none')).toContain('No value found at secret/data/none');
  });

  it('kv: deleted, undeleted, rolled back, destroyed, and the metadata says so', async () => {
    await bao('kv delete secret/app/one');
    // It shows the metadata of what is gone, and calls that a success.
    const gone = await baoJson('kv get -- secret/app/one');
    expect(gone.data).toMatchObject({ data: null, metadata: { version: 4, destroyed: false } });
    expect(gone.data.metadata.deletion_time).not.toBe('');
    await bao('kv undelete -versions=4 secret/app/one');
    expect(await bao('kv rollback -version=1 secret/app/one')).toMatch(/^version 5$/m);
    await bao('kv destroy -versions=2 secret/app/one');
    await bao('kv metadata put -max-versions=7 -custom-metadata=owner=ada secret/app/one');
    const { data } = await baoJson('kv metadata get -- secret/app/one');
    expect(data).toMatchObject({ current_version: 5, max_versions: 7, custom_metadata: { owner: 'ada' } });
    expect(data.versions['2'].destroyed).toBe(true);
    await bao('kv put secret/lasting value=stays');
    await bao('kv metadata delete secret/app/one');
    await refused('kv metadata get secret/app/one');
  });

  it('read, write, list and delete by path, in every format', async () => {
    await bao('write cubbyhole/a b=c');
    expect((await baoJson('read -- cubbyhole/a')).data).toEqual({ b: 'c' });
    expect(await bao('read -format=yaml cubbyhole/a')).toContain('b: c');
    expect(await bao('list cubbyhole')).toBe('Keys\n----\na');
    await bao('delete cubbyhole/a');
    expect(await refused('read cubbyhole/a')).toBe('No value found at cubbyhole/a');
    expect(await refused('write none/a b=c')).toContain('no handler for route');
  });

  it('pki: a root, a role and a certificate; an intermediate by `pki issue`, which `pki verify-sign` finds sound', async () => {
    for (const path of ['ca', 'issuing']) {
      await bao(`secrets enable -path=${path} pki`);
      await bao(`secrets tune -max-lease-ttl=87600h ${path}`);
    }
    await bao('write ca/root/generate/internal common_name=Root issuer_name=top key_type=ec ttl=87600h');
    const sound = ['key_id_match', 'path_match', 'signature_match', 'subject_match', 'trust_match'];
    const verdict = Object.fromEntries(sound.map((name) => [name, true]));
    expect(await baoJson('pki verify-sign -- ca/issuer/top ca/issuer/top')).toEqual(verdict);
    await bao('pki issue --issuer_name=mid ca/issuer/top issuing common_name=Mid key_type=ec key_bits=256 ttl=9000h');
    expect(await baoJson('pki verify-sign -- ca/issuer/top issuing/issuer/mid')).toEqual(verdict);
    expect(await bao('pki list-intermediates ca/issuer/top')).toMatch(/^issuing\/issuer\/\S+ true$/m);

    await bao('write issuing/roles/web allowed_domains=example.test allow_subdomains=true key_type=ec max_ttl=72h');
    expect((await baoJson('read -- issuing/roles/web')).data).toMatchObject({ key_type: 'ec', key_bits: 256 });
    expect(await refused('write issuing/issue/web common_name=a.other.test')).toContain('not allowed by this role');
    const { data } = await baoJson('write -- issuing/issue/web common_name=a.example.test ttl=24h');
    expect(await bao(`read -field=certificate issuing/cert/${data.serial_number}`)).toBe(data.certificate);
    expect(await bao('list issuing/certs')).toContain(data.serial_number);
    expect(await bao(`write issuing/revoke serial_number=${data.serial_number}`)).toMatch(/^state revoked$/m);
  });

  it('lease: looked up, listed below its prefix, and revoked', async () => {
    await bao('write issuing/roles/lent allow_any_name=true generate_lease=true key_type=ec');
    const issue = '-- issuing/issue/lent common_name=a.example.test ttl=1h';
    const { lease_id: lease } = await baoJson(`write ${issue}`);
    expect(await bao(`lease lookup ${lease}`)).toContain(`id ${lease}`);
    expect(await bao('list sys/leases/lookup/issuing/issue/lent')).toContain(lease.split('/').at(-1));
    await bao(`lease revoke -sync ${lease}`);
    expect(await refused(`lease lookup ${lease}`)).toContain('invalid lease');
    const { lease_id: second } = await baoJson(`write ${issue}`);
    await bao('lease revoke -prefix -sync issuing/issue/lent');
    await refused(`lease lookup ${second}`);
  });

  it('what an operator looks at: the audit log, plugins, help, the keyring', async () => {
    expect((await baoJson('audit list'))['file/']).toMatchObject({ type: 'file' });
    expect(await refused('audit enable file file_path=/dev/null')).toContain('Code: 400');
    expect(await bao('plugin list secret')).toMatch(/^pki /m);
    expect(await bao('path-help secret')).toContain('Reads a secret');
    expect(await bao('path-help issuing/issue/web')).toContain('common_name');
    expect(await refused('path-help none')).toContain('Code: 404');
    expect(await bao('operator rotate')).toMatch(/^Key Term 2$/m);
    expect(await bao('operator key-status')).toMatch(/^Key Term 2$/m);
    expect(await bao('operator members')).toContain(server.address);
  });

  it('operator seal closes; unsealed again, what was written is there', async () => {
    expect(await bao('operator seal')).toBe('Success! Vault is sealed.');
    expect((await run(['status'])).exitCode).toBe(2);
    expect(await refused('kv get secret/lasting')).toContain('Code: 503');
    for (const share of shares.slice(2)) await bao(`operator unseal ${share}`);
    expect(await bao('kv get -field=value secret/lasting')).toBe('stays');
    expect(await server.stop(), server.log).toBe(0);
  });
});
