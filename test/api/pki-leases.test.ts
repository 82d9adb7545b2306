import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StrongroomError } from '../../src/lib/index.ts';
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

let mounts = 0;
async function authority(): Promise<string> {
  mounts += 1;
  const mount = `leased-${mounts}`;
  await ok('POST', `sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '87600h' } });
  await ok('POST', `${mount}/root/generate/internal`, { common_name: 'Root', key_type: 'ec', ttl: '2000h' });
  const role = { key_type: 'ec', allow_any_name: true, max_ttl: '100h', generate_lease: true };
  await ok('POST', `${mount}/roles/any`, role);
  return mount;
}
async function issue(mount: string, ttl = '100h'): Promise<{ serial: string; lease: string }> {
  const { json } = await ok('POST', `${mount}/issue/any`, { common_name: 'a.test', ttl });
  return { serial: json.data.serial_number.replaceAll(':', ''), lease: json.lease_id };
}
const listed = async (mount: string): Promise<string[]> => [
  ...parseCrl((await server.call('GET', `${mount}/crl/pem`)).text).revoked.keys(),
];
const revokedAt = async (mount: string, serial: string): Promise<number> =>
  (await ok('GET', `${mount}/cert/${serial}`)).json.data.revocation_time;

/** As when the HSM is out of reach. */
function takeKeysAway(): () => void {
  const home = server.core.keys.software;
  const { sign } = home;
  home.sign = async () => {
    throw new StrongroomError('keys_unavailable', 'gone', { hint: 'wait', retryAfterSeconds: 1 });
  };
  return () => {
    home.sign = sign;
  };
}

describe('the lease of a certificate', () => {
  it('that ends with it revokes nothing: what is over is on no list', async () => {
    const mount = await authority();
    const { serial } = await issue(mount, '60s');
    const early = await issue(mount);
    const before = parseCrl((await server.call('GET', `${mount}/crl/pem`)).text).number;
    server.clock.advanceSeconds(120);
    await server.core.revocations.settle('root');
    expect([await revokedAt(mount, serial), await listed(mount)]).toEqual([0, []]);
    expect(parseCrl((await server.call('GET', `${mount}/crl/pem`)).text).number).toBe(before);
    await ok('POST', 'sys/leases/revoke', { lease_id: early.lease, sync: true });
    expect(await listed(mount)).toEqual([early.serial]);
  });

  it('is over when the certificate is revoked, also while no list can be made', async () => {
    const mount = await authority();
    const { serial, lease } = await issue(mount);
    const undo = takeKeysAway();
    try {
      await ok('POST', 'sys/leases/revoke', { lease_id: lease, sync: true });
      expect(await revokedAt(mount, serial)).toBeGreaterThan(0);
      // The list that lacks it is not given out meanwhile.
      expect((await server.call('GET', `${mount}/crl/pem`)).status).toBe(503);
    } finally {
      undo();
    }
    expect(await listed(mount)).toEqual([serial]);
  });

  it('does not keep a mount whose key is gone from being removed', async () => {
    const mount = await authority();
    await issue(mount);
    const rows = await server.store.list('records', { where: { collection: 'software-keys' }, limit: 1_000 });
    for (const { id } of rows) await server.core.keys.software.destroy(id);
    await ok('DELETE', `sys/mounts/${mount}`);
    expect((await root('GET', `${mount}/crl/pem`)).status).toBe(404);
  });
});

it('everything of somebody is revoked, also while no list can be made', async () => {
  const mount = await authority();
  const serials = [(await issue(mount)).serial, (await issue(mount)).serial, (await issue(mount)).serial];
  const undo = takeKeysAway();
  try {
    const owner = (await ok('LIST', 'sys/credentials?kind=certificate&limit=1000')).json.data.key_info[
      serials[0] as string
    ].owner;
    await ok('POST', 'sys/credentials/revoke', { owner, kind: 'certificate' });
    for (const serial of serials) expect(await revokedAt(mount, serial)).toBeGreaterThan(0);
  } finally {
    undo();
  }
  expect((await listed(mount)).sort()).toEqual([...serials].sort());
});
