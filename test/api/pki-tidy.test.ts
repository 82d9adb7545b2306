import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCrl } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const ok = async (method: string, path: string, body?: object): Promise<CallAnswer> => {
  const answer = await root(method, path, body);
  expect(answer.status, `${path}: ${answer.json?.errors?.join()}`).toBeLessThan(300);
  return answer;
};

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const plain = (serial: string): string => serial.replaceAll(':', '');
let mounts = 0;
async function authority(): Promise<string> {
  mounts += 1;
  const mount = `tidy-${mounts}`;
  await ok('POST', `sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '87600h' } });
  await ok('POST', `${mount}/root/generate/internal`, { common_name: 'Root', key_type: 'ec', ttl: '20000h' });
  await ok('POST', `${mount}/roles/any`, { key_type: 'ec', allow_any_name: true, max_ttl: '1000h' });
  return mount;
}
const issue = async (mount: string, ttl: string): Promise<string> =>
  (await ok('POST', `${mount}/issue/any`, { common_name: 'a.test', ttl })).json.data.serial_number;
const revoke = (mount: string, serial: string) => ok('POST', `${mount}/revoke`, { serial_number: serial });
const isStored = async (mount: string, serial: string): Promise<boolean> =>
  (await root('GET', `${mount}/cert/${serial}`)).status === 200;
const status = async (mount: string) => (await ok('GET', `${mount}/tidy-status`)).json.data;

/** Tidies and waits for the end. */
async function tidy(mount: string, body: object) {
  const answer = await root('POST', `${mount}/tidy`, body);
  expect(answer.status, answer.json?.errors?.join()).toBe(202);
  expect(answer.json.warnings[0]).toContain('started');
  await expect.poll(async () => (await status(mount)).state).not.toBe('Running');
  return status(mount);
}

/** One certificate of each kind: over or not, revoked or not. */
async function each(mount: string) {
  const [over, overRevoked] = [await issue(mount, '1h'), await issue(mount, '1h')];
  const [live, liveRevoked] = [await issue(mount, '1000h'), await issue(mount, '1000h')];
  await revoke(mount, overRevoked);
  await revoke(mount, liveRevoked);
  server.clock.advanceSeconds(3 * 3_600);
  await ok('GET', `${mount}/crl/rotate`);
  const left = async () => Promise.all([over, overRevoked, live, liveRevoked].map((serial) => isStored(mount, serial)));
  return { overRevoked, liveRevoked, left };
}

describe('PKI-14: tidying does what its flags say, and no more', () => {
  it('nothing at all without one', async () => {
    const mount = await authority();
    const { left } = await each(mount);
    for (const body of [{}, { safety_buffer: '1s' }, { tidy_cert_store: false }]) {
      const answer = await root('POST', `${mount}/tidy`, body);
      expect([answer.status, answer.json.warnings[0]]).toEqual([202, expect.stringContaining('No targets')]);
    }
    expect([await left(), (await status(mount)).state]).toEqual([[true, true, true, true], 'Inactive']);
  });

  it('certificates, within the safety buffer', async () => {
    const mount = await authority();
    const { left } = await each(mount);
    expect((await tidy(mount, { tidy_cert_store: true })).cert_store_deleted_count).toBe(0);
    expect((await tidy(mount, { tidy_cert_store: true, safety_buffer: '3h' })).cert_store_deleted_count).toBe(0);
    expect(await left()).toEqual([true, true, true, true]);
    const after = await tidy(mount, { tidy_cert_store: true, safety_buffer: '1h' });
    expect([after.state, after.cert_store_deleted_count, after.revoked_cert_deleted_count]).toEqual(['Finished', 1, 0]);
    expect([after.tidy_cert_store, after.tidy_revoked_certs, after.safety_buffer]).toEqual([true, false, 3_600]);
    expect(await left()).toEqual([false, true, true, true]);
  });

  it('revoked certificates, never one that is not over', async () => {
    const mount = await authority();
    const { left, liveRevoked } = await each(mount);
    const after = await tidy(mount, { tidy_revoked_certs: true, safety_buffer: '1s' });
    expect([after.cert_store_deleted_count, after.revoked_cert_deleted_count]).toEqual([0, 1]);
    expect([after.current_cert_store_count, after.current_revoked_cert_count]).toEqual([4, 1]);
    expect(await left()).toEqual([true, false, true, true]);
    await ok('GET', `${mount}/crl/rotate`);
    const list = parseCrl((await server.call('GET', `${mount}/crl/pem`)).text);
    expect([...list.revoked.keys()]).toEqual([plain(liveRevoked)]);
  });

  it('a revoked one stays until it was on a list that was made after its end', async () => {
    const mount = await authority();
    await ok('POST', `${mount}/config/crl`, { expiry: '1000h' });
    const serial = await issue(mount, '1h');
    await revoke(mount, serial);
    server.clock.advanceSeconds(3 * 3_600);
    await tidy(mount, { tidy_revoked_certs: true, safety_buffer: '1s' });
    expect(await isStored(mount, serial)).toBe(true);
    await ok('GET', `${mount}/crl/rotate`);
    await tidy(mount, { tidy_revoked_certs: true, safety_buffer: '1s' });
    expect(await isStored(mount, serial)).toBe(false);
  });

  it('expired issuers but the default, after their own buffer', async () => {
    const mount = await authority();
    const ids: string[] = [];
    for (const ttl of ['1h', '2000h', '20000h']) {
      const fields = { common_name: 'Other', key_type: 'ec', ttl };
      ids.push((await ok('POST', `${mount}/root/generate/internal`, fields)).json.data.issuer_id);
    }
    await ok('POST', `${mount}/config/issuers`, { default: ids[1] });
    server.clock.advanceSeconds(2_100 * 3_600);
    expect((await tidy(mount, { tidy_expired_issuers: true })).expired_issuers_deleted_count).toBe(0);
    const body = { tidy_expired_issuers: true, issuer_safety_buffer: '1h' };
    expect((await tidy(mount, body)).expired_issuers_deleted_count).toBe(1);
    const left = (await ok('LIST', `${mount}/issuers`)).json.data.keys;
    expect([left.length, left.includes(ids[0]), left.includes(ids[1])]).toEqual([3, false, true]);
  });

  it('is refused for what there is none of, and for buffers and pauses out of range', async () => {
    const mount = await authority();
    const { left } = await each(mount);
    const all = { tidy_cert_store: true, tidy_revoked_certs: true, tidy_expired_issuers: true };
    for (const more of [
      { tidy_acme: true },
      { tidy_move_legacy_ca_bundle: true },
      { tidy_invalid_certs: true },
      { safety_buffer: 0 },
      { safety_buffer: '-1s' },
      { safety_buffer: -1 },
      { safety_buffer: 1e18 },
      { safety_buffer: '99999999999999h' },
      { issuer_safety_buffer: 0 },
      { issuer_safety_buffer: -5 },
      { pause_duration: '2h' },
      { pause_duration: -1 },
      { pause_duration: 'soon' },
      { tidy_cert_store: 'perhaps' },
    ]) {
      const answer = await root('POST', `${mount}/tidy`, { ...all, ...more });
      expect([answer.status, (answer.json.errors?.[0] ?? '').length > 0], JSON.stringify(more)).toEqual([400, true]);
    }
    await tidy(mount, { ...all, safety_buffer: 9_000_000_000, issuer_safety_buffer: 9_000_000_000 });
    expect(await left()).toEqual([true, true, true, true]);
  });
});

describe('a run with pauses', () => {
  it('is one at a time, is cancelled, and ends when the server or the mount does', async () => {
    const mount = await authority();
    const { certificates } = server.core;
    const cleanUp = certificates.cleanUp.bind(certificates);
    // As with more than one batch of certificates.
    server.core.certificates.cleanUp = (before, _limit, only) => cleanUp(before, 1, only);
    const commit = server.store.commit.bind(server.store);
    server.store.commit = async (changes) => {
      const counts = await commit(changes);
      return changes[0]?.kind === 'deleteWhere' && counts[0] === 1 ? [1_000] : counts;
    };
    try {
      for (let count = 0; count < 3; count += 1) await issue(mount, '1h');
      server.clock.advanceSeconds(3 * 3_600);
      const body = { tidy_cert_store: true, safety_buffer: '1s', pause_duration: '1h' };
      await ok('POST', `${mount}/tidy`, body);
      await expect.poll(async () => (await status(mount)).cert_store_deleted_count).toBe(1_000);
      expect([(await status(mount)).state, (await status(mount)).pause_duration]).toEqual(['Running', '1h0m0s']);
      expect((await ok('POST', `${mount}/tidy`, body)).json.warnings[0]).toContain('in progress');
      await ok('POST', `${mount}/tidy-cancel`);
      await expect.poll(async () => (await status(mount)).state).toBe('Cancelled');
      expect((await status(mount)).current_cert_store_count).toBe(3);
      expect((await ok('POST', `${mount}/tidy-cancel`)).json.warnings[0]).toContain('cannot be cancelled');
      await ok('POST', `${mount}/tidy`, body);
      await expect.poll(async () => (await status(mount)).cert_store_deleted_count).toBe(1_000);
      await ok('DELETE', `sys/mounts/${mount}`);
      expect((await root('GET', `${mount}/tidy-status`)).status).toBe(404);
    } finally {
      server.store.commit = commit;
      server.core.certificates.cleanUp = cleanUp;
    }
  });

  it('who may not read or cancel it, may not', async () => {
    const mount = await authority();
    const { client_token: token } = (await ok('POST', 'auth/token/create', { policies: ['default'] })).json.auth;
    for (const [method, path] of [
      ['POST', 'tidy'],
      ['GET', 'tidy-status'],
      ['POST', 'tidy-cancel'],
    ] as const)
      expect((await server.call(method, `${mount}/${path}`, { token })).status).toBe(403);
  });
});
