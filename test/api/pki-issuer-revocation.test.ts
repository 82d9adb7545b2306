import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePem, parseCrl } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const ok = async (method: string, path: string, body?: object): Promise<CallAnswer> => {
  const answer = await root(method, path, body);
  expect(answer.status, answer.json?.errors?.join()).toBeLessThan(300);
  return answer;
};

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

interface Tree {
  readonly mount: string;
  readonly top: string;
  readonly topPem: string;
  readonly below: string;
  readonly belowPem: string;
  readonly belowSerial: string;
}

let mounts = 0;
/** A root and an intermediate below it, both in one mount; the root is the default. */
async function tree(): Promise<Tree> {
  mounts += 1;
  const mount = `tree-${mounts}`;
  await ok('POST', `sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '87600h' } });
  const fields = { common_name: `Root ${mounts}`, key_type: 'ec', ttl: '3000h' };
  const made = (await ok('POST', `${mount}/root/generate/internal`, fields)).json.data;
  const { csr } = (
    await ok('POST', `${mount}/intermediate/generate/internal`, { common_name: 'Below', key_type: 'ec' })
  ).json.data;
  const signed = (await ok('POST', `${mount}/root/sign-intermediate`, { csr, common_name: 'Below', ttl: '2000h' })).json
    .data;
  const set = await ok('POST', `${mount}/intermediate/set-signed`, { certificate: signed.certificate });
  await ok('POST', `${mount}/roles/any`, { key_type: 'ec', allow_any_name: true, max_ttl: '100h' });
  return {
    mount,
    top: made.issuer_id,
    topPem: made.certificate,
    below: set.json.data.imported_issuers[0],
    belowPem: signed.certificate,
    belowSerial: signed.serial_number.replaceAll(':', ''),
  };
}

const issueBy = (mount: string, issuer: string): Promise<CallAnswer> =>
  root('POST', `${mount}/issuer/${issuer}/issue/any`, { common_name: 'a.test' });
const listOf = async (mount: string, issuer: string) =>
  parseCrl((await server.call('GET', `${mount}/issuer/${issuer}/crl/pem`)).text);

describe('PKI-14: a revoked issuer', () => {
  it('issues nothing more, is on the list of the issuer above, and says since when', async () => {
    const { mount, top, below, belowSerial } = await tree();
    const leaf = (await issueBy(mount, below)).json.data.serial_number;
    const { data } = (await ok('POST', `${mount}/issuer/${below}/revoke`)).json;
    expect([data.issuer_id, data.revoked, data.usage]).toEqual([below, true, 'crl-signing,ocsp-signing,read-only']);
    expect(data.revocation_time).toBe(Math.floor(server.clock.nowMillis() / 1000));
    for (const path of ['issue/any', 'sign-verbatim', 'sign-intermediate']) {
      const csr = (await ok('POST', `${mount}/intermediate/generate/internal`, { common_name: 'x', key_type: 'ec' }))
        .json.data.csr;
      const body = path.startsWith('issue') ? { common_name: 'a.test' } : { csr };
      const answer = await root('POST', `${mount}/issuer/${below}/${path}`, body);
      expect([answer.status, answer.json.errors], path).toEqual([400, [expect.stringContaining('revoked')]]);
    }
    expect([...(await listOf(mount, top)).revoked.keys()]).toEqual([belowSerial]);
    expect((await ok('GET', `${mount}/cert/${belowSerial}`)).json.data.revocation_time).toBe(data.revocation_time);
    // What it issued is revoked on its own list as before.
    await ok('POST', `${mount}/revoke`, { serial_number: leaf });
    expect([...(await listOf(mount, below)).revoked.keys()]).toEqual([leaf.replaceAll(':', '')]);
    // Others go on.
    expect((await issueBy(mount, top)).status).toBe(200);
  });

  it('a second time answers the first', async () => {
    const { mount, top, below } = await tree();
    const first = (await ok('POST', `${mount}/issuer/${below}/revoke`)).json.data;
    server.clock.advanceSeconds(60);
    const [second, third] = await Promise.all([1, 2].map(() => ok('POST', `${mount}/issuer/${below}/revoke`)));
    expect([second?.json.data, third?.json.data]).toEqual([first, first]);
    expect((await listOf(mount, top)).revoked.size).toBe(1);
  });

  it('does not get the right to issue back: not by its settings, not by being imported again', async () => {
    const { mount, top, below, belowPem, belowSerial } = await tree();
    await ok('POST', `${mount}/issuer/${below}/revoke`);
    const asked = await root('PATCH', `${mount}/issuer/${below}`, { usage: 'issuing-certificates' });
    expect([asked.status, asked.json.errors[0]]).toEqual([400, expect.stringContaining('revoked')]);
    await ok('POST', `${mount}/issuer/${below}`, { issuer_name: 'below' });
    expect((await ok('GET', `${mount}/issuer/${below}`)).json.data.usage).not.toContain('issuing');
    expect((await issueBy(mount, below)).status).toBe(400);
    await ok('DELETE', `${mount}/issuer/${below}`);
    const again = (await ok('POST', `${mount}/issuers/import/cert`, { pem_bundle: belowPem })).json.data
      .imported_issuers[0];
    expect((await ok('GET', `${mount}/issuer/${again}`)).json.data.revoked).toBe(true);
    expect((await issueBy(mount, again)).status).toBe(400);
    expect([...(await listOf(mount, top)).revoked.keys()]).toEqual([belowSerial]);
  });

  it('imported, its certificate is listed all the same, and refused at log-in with all below it', async () => {
    const { mount, topPem, belowPem, below, belowSerial } = await tree();
    await ok('POST', 'sys/mounts/other', { type: 'pki', config: { max_lease_ttl: '87600h' } });
    const imported = (await ok('POST', 'other/issuers/import/cert', { pem_bundle: belowPem })).json.data
      .imported_issuers[0];
    const leaf = decodePem((await issueBy(mount, below)).json.data.certificate)[0]?.der as Buffer;
    await ok('POST', 'sys/auth/cert', { type: 'cert' });
    await ok('POST', 'auth/cert/certs/tree', { certificate: topPem, token_policies: ['default'] });
    const chain = [leaf, decodePem(belowPem)[0]?.der as Buffer];
    const logIn = async () =>
      (await server.call('POST', 'auth/cert/login', { body: { name: 'tree' }, clientCertificates: chain })).status;
    expect(await logIn()).toBe(200);
    const answer = await ok('POST', `other/issuer/${imported}/revoke`);
    expect(answer.json.warnings[0]).toContain('is not in this mount');
    expect((await ok('GET', `other/cert/${belowSerial}`)).json.data.revocation_time).toBeGreaterThan(0);
    expect(await logIn()).toBe(400);
    await ok('DELETE', 'sys/mounts/other');
    expect(await logIn()).toBe(400);
  });

  it('self-signed, is on no list, as the answer warns, and issues nothing more', async () => {
    const { mount, top } = await tree();
    const answer = await ok('POST', `${mount}/issuer/${top}/revoke`);
    expect(answer.json.warnings[0]).toContain('self-signed');
    expect((await listOf(mount, top)).revoked.size).toBe(0);
    expect((await issueBy(mount, 'default')).status).toBe(400);
  });

  it('self-signed, logs nobody in any more, wherever it is known and when it is gone', async () => {
    const { mount, top, topPem } = await tree();
    const leafPem = (await issueBy(mount, top)).json.data.certificate;
    const leaf = decodePem(leafPem)[0]?.der as Buffer;
    const method = `cert-${mount}`;
    await ok('POST', `sys/auth/${method}`, { type: 'cert' });
    await ok('POST', `auth/${method}/certs/top`, { certificate: topPem, token_policies: ['default'] });
    const logIn = async () =>
      (await server.call('POST', `auth/${method}/login`, { clientCertificates: [leaf] })).status;
    expect(await logIn()).toBe(200);
    await ok('POST', `${mount}/issuer/${top}/revoke`);
    expect(await logIn()).toBe(400);
    expect((await listOf(mount, top)).revoked.size).toBe(0);
    // The issuer goes and comes back, here and in another mount: revoked, and on no list of its own.
    await ok('DELETE', `${mount}/issuer/${top}`);
    const again = (await ok('POST', `${mount}/issuers/import/cert`, { pem_bundle: topPem })).json.data
      .imported_issuers[0];
    expect((await ok('GET', `${mount}/issuer/${again}`)).json.data.revoked).toBe(true);
    const serial = (await ok('POST', `${mount}/revoke`, { certificate: leafPem })).json.data;
    expect(serial.state).toBe('revoked');
    expect((await listOf(mount, again)).revoked.size).toBe(1);
    await ok('DELETE', `sys/mounts/${mount}`);
    expect(await logIn()).toBe(400);
  });

  it('while it signs, issues nothing', async () => {
    const { mount, below } = await tree();
    const home = server.core.keys.software;
    const { sign } = home;
    home.sign = async (...asked) => {
      home.sign = sign;
      const signature = await sign.apply(home, asked);
      await ok('POST', `${mount}/issuer/${below}/revoke`);
      return signature;
    };
    expect((await issueBy(mount, below)).status).toBe(400);
  });

  it('that does not exist is refused, and who may not, may not', async () => {
    const { mount, below } = await tree();
    expect((await root('POST', `${mount}/issuer/nobody/revoke`)).status).toBe(400);
    await ok('POST', 'sys/policies/acl/issues', { policy: `path "${mount}/issue/*" { capabilities = ["update"] }` });
    const { client_token: token } = (await ok('POST', 'auth/token/create', { policies: ['issues'] })).json.auth;
    expect((await server.call('POST', `${mount}/issuer/${below}/revoke`, { token })).status).toBe(403);
    expect((await ok('GET', `${mount}/issuer/${below}`)).json.data.revoked).toBe(false);
  });
});

it('PKI-15: OpenSSL finds every list good, and refuses what they name', async () => {
  const { mount, top, topPem, below, belowPem } = await tree();
  const folder = mkdtempSync(join(tmpdir(), 'lists-'));
  const openssl = (...words: string[]): string => {
    const { stdout, stderr } = spawnSync('openssl', words, { cwd: folder, encoding: 'utf8' });
    return stdout + stderr;
  };
  const save = async (): Promise<void> => {
    const lists = await Promise.all([top, below].map((id) => server.call('GET', `${mount}/issuer/${id}/crl/pem`)));
    writeFileSync(join(folder, 'lists.pem'), lists.map(({ text }) => `${text}\n`).join(''));
    for (const [name, list] of [
      ['top', lists[0]],
      ['below', lists[1]],
    ] as const)
      writeFileSync(join(folder, `${name}.crl`), list?.text ?? '');
  };
  const at = String(Math.floor(server.clock.nowMillis() / 1000));
  const check = (): string =>
    openssl(
      ...['verify', '-attime', at, '-crl_check_all', '-CRLfile', 'lists.pem', '-CAfile', 'top.pem'],
      ...['-untrusted', 'below.pem', 'leaf.pem'],
    );
  try {
    writeFileSync(join(folder, 'top.pem'), topPem);
    writeFileSync(join(folder, 'below.pem'), belowPem);
    const leaf = (await issueBy(mount, below)).json.data;
    writeFileSync(join(folder, 'leaf.pem'), leaf.certificate);
    await save();
    expect(check()).toContain('leaf.pem: OK');
    for (const name of ['top', 'below'])
      expect(openssl('crl', '-in', `${name}.crl`, '-CAfile', `${name}.pem`, '-noout', '-verify')).toContain(
        'verify OK',
      );
    await ok('POST', `${mount}/revoke`, { serial_number: leaf.serial_number });
    await save();
    expect(check()).toMatch(/error 23 at 0 depth lookup: certificate revoked/);
    writeFileSync(join(folder, 'leaf.pem'), (await issueBy(mount, below)).json.data.certificate);
    expect(check()).toContain('leaf.pem: OK');
    await ok('POST', `${mount}/issuer/${below}/revoke`);
    await save();
    expect(check()).toMatch(/error 23 at 1 depth lookup: certificate revoked/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
