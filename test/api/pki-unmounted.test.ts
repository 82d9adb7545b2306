import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePem, parseCrl } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const ok = async (method: string, path: string, body?: object): Promise<CallAnswer> => {
  const answer = await server.root(method, path, body as never);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer;
};

beforeAll(async () => {
  server = await startServer();
  await ok('POST', 'sys/auth/cert', { type: 'cert' });
});
afterAll(() => server.stop());

interface Client {
  readonly chain: readonly Buffer[];
  readonly serial: string;
  readonly lease: string;
}

/** A CA at a mount of its own, trusted by a log-in role of the same name. */
async function trusted(mount: string, role: object = {}): Promise<void> {
  await ok('POST', `sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '8760h' } });
  const fields = { common_name: mount, key_type: 'ec', ttl: '8000h' };
  const { certificate } = (await ok('POST', `${mount}/root/generate/internal`, fields)).json.data;
  await ok('POST', `${mount}/roles/client`, { key_type: 'ec', allow_any_name: true, max_ttl: '720h', ...role });
  await ok('POST', `auth/cert/certs/${mount}`, { certificate, token_policies: ['default'], token_ttl: '1h' });
}

async function client(mount: string, ttl = '48h'): Promise<Client> {
  const { json } = await ok('POST', `${mount}/issue/client`, { common_name: 'a.test', ttl });
  const chain = decodePem(json.data.certificate).map(({ der }) => der as Buffer);
  return { chain, serial: json.data.serial_number, lease: json.lease_id };
}

/** What the background sweep does to certificates. */
const sweep = () =>
  server.store.commit([server.core.certificates.cleanUp(server.clock.nowMillis() - 72 * 3_600_000, 500)]);

const logIn = async (who: Client, name: string): Promise<number> =>
  (await server.call('POST', 'auth/cert/login', { body: { name }, clientCertificates: who.chain })).status;

describe('PKI-14: what was revoked stays revoked when its mount goes', () => {
  it('removed, and mounted anew at the same path', async () => {
    await trusted('gone');
    const [bad, good] = [await client('gone'), await client('gone')];
    await ok('POST', 'gone/revoke', { serial_number: bad.serial });
    expect([await logIn(bad, 'gone'), await logIn(good, 'gone')]).toEqual([400, 200]);
    await ok('DELETE', 'sys/mounts/gone');
    expect([await logIn(bad, 'gone'), await logIn(good, 'gone')]).toEqual([400, 200]);
    await ok('POST', 'sys/mounts/gone', { type: 'pki' });
    expect([await logIn(bad, 'gone'), await logIn(good, 'gone')]).toEqual([400, 200]);
  });

  it('moved to another path', async () => {
    await trusted('before');
    const bad = await client('before');
    await ok('POST', 'before/revoke', { serial_number: bad.serial });
    await ok('POST', 'sys/remount', { from: 'before', to: 'behind' });
    expect(await logIn(bad, 'before')).toBe(400);
  });

  it('what is revoked by the removal itself, since it had a lease', async () => {
    await trusted('leased', { generate_lease: true });
    const who = await client('leased');
    expect([who.lease === '', await logIn(who, 'leased')]).toEqual([false, 200]);
    await ok('DELETE', 'sys/mounts/leased');
    expect(await logIn(who, 'leased')).toBe(400);
  });

  it('is forgotten when the certificate is over, and keeps nothing else of the mount', async () => {
    await trusted('short');
    const bad = await client('short', '1h');
    await client('short');
    await ok('POST', 'short/revoke', { serial_number: bad.serial });
    const { id } = server.core.mounts.byPath('secret', 'short/') as { id: string };
    await ok('DELETE', 'sys/mounts/short');
    const left = () => server.store.count('certificates', { mount: id });
    expect(await left()).toBe(1);
    await sweep();
    expect(await left()).toBe(1);
    server.clock.advanceSeconds(80 * 3_600);
    await sweep();
    expect(await left()).toBe(0);
  });

  it('is still shown among what was issued, and what is left can be revoked together', async () => {
    await trusted('owned');
    const bad = await client('owned');
    await ok('POST', 'owned/revoke', { serial_number: bad.serial });
    await ok('DELETE', 'sys/mounts/owned');
    const serial = bad.serial.replaceAll(':', '');
    const revoked = (await ok('LIST', 'sys/credentials?kind=certificate&state=revoked&limit=1000')).json.data.keys;
    expect(revoked).toContain(serial);
    await ok('POST', 'sys/credentials/revoke', { owner: 'root', kind: 'certificate', dry_run: false });
  });
});

describe('PKI-15: an authority that comes from another mount', () => {
  it('brings what was revoked there, whether that mount still is or not', async () => {
    const exported = async (mount: string): Promise<string> => {
      await ok('POST', `sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '8760h' } });
      const fields = { common_name: mount, key_type: 'ec', ttl: '8000h' };
      const { certificate, private_key } = (await ok('POST', `${mount}/root/generate/exported`, fields)).json.data;
      await ok('POST', `${mount}/roles/client`, { key_type: 'ec', allow_any_name: true, max_ttl: '720h' });
      return `${certificate}\n${private_key}`;
    };
    const number = async (mount: string) => parseCrl((await server.call('GET', `${mount}/crl/pem`)).text).number;
    const listed = async (mount: string, issuer = 'default') =>
      [...parseCrl((await server.call('GET', `${mount}/issuer/${issuer}/crl/pem`)).text).revoked.keys()].sort();
    const plain = (...clients: Client[]) => clients.map(({ serial }) => serial.replaceAll(':', '')).sort();
    const bundle = await exported('first');
    const foreign = await exported('foreign');
    const [one, two, over] = [await client('first'), await client('first'), await client('first', '1h')];
    for (const { serial } of [one, over]) await ok('POST', 'first/revoke', { serial_number: serial });
    await ok('POST', 'foreign/revoke', { serial_number: (await client('foreign')).serial });
    server.clock.advanceSeconds(2 * 3_600);
    const numberBefore = (await number('first')) as bigint;
    await ok('POST', 'sys/mounts/second', { type: 'pki' });
    await ok('POST', 'second/issuers/import/bundle', { pem_bundle: bundle });
    expect(await listed('second')).toEqual(plain(one));
    const numberAfter = (await number('second')) as bigint;
    expect(numberAfter).toBeGreaterThan(numberBefore);
    await ok('GET', 'second/crl/rotate');
    expect(await number('second')).toBe(numberAfter + 1n);
    expect((await ok('GET', `second/cert/${one.serial}`)).json.data.revocation_time).toBeLessThan(
      server.clock.nowMillis() / 1000 - 3_600,
    );
    // Once more, when its list is known already.
    await ok('POST', 'first/revoke', { serial_number: two.serial });
    await ok('DELETE', 'sys/mounts/first');
    server.clock.advanceSeconds(60);
    await ok('POST', 'second/issuers/import/bundle', { pem_bundle: bundle });
    expect(await listed('second')).toEqual(plain(one, two));
    const imported = await ok('POST', 'second/issuers/import/bundle', { pem_bundle: foreign });
    expect(await listed('second', imported.json.data.imported_issuers[0])).toHaveLength(1);
    expect(await listed('second')).toEqual(plain(one, two));
  });
});
