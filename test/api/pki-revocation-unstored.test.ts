import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePem, parseCrl } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const ok = async (method: string, path: string, body?: object): Promise<CallAnswer> => {
  const answer = await root(method, path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer;
};

async function authority(mount: string): Promise<string> {
  await ok('POST', `sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '87600h' } });
  const fields = { common_name: 'Root', key_type: 'ec', ttl: '2000h' };
  const { data } = (await ok('POST', `${mount}/root/generate/internal`, fields)).json;
  await ok('POST', `${mount}/roles/any`, { key_type: 'ec', allow_any_name: true, max_ttl: '100h', no_store: true });
  return data.certificate;
}

const issue = async (mount: string): Promise<{ certificate: string; serial_number: string }> =>
  (await ok('POST', `${mount}/issue/any`, { common_name: 'a.test', ttl: '1h' })).json.data;
const listed = async (mount: string): Promise<string[]> => [
  ...parseCrl((await server.call('GET', `${mount}/crl/pem`)).text).revoked.keys(),
];

let anchor: string;
beforeAll(async () => {
  server = await startServer();
  anchor = await authority('unkept');
  await authority('other');
});
afterAll(() => server.stop());

describe('a certificate that its role did not store', () => {
  it('is revoked by itself: on the list, refused at log-in, and once', async () => {
    await ok('POST', 'sys/auth/cert', { type: 'cert' });
    await ok('POST', 'auth/cert/certs/web', { certificate: anchor, token_policies: ['default'] });
    const { certificate, serial_number: serial } = await issue('unkept');
    const clientCertificates = [decodePem(certificate)[0]?.der as Buffer];
    const logIn = async () => (await server.call('POST', 'auth/cert/login', { clientCertificates })).status;
    expect(await logIn()).toBe(200);
    const bySerial = await root('POST', 'unkept/revoke', { serial_number: serial });
    expect([bySerial.status, bySerial.json.hint]).toEqual([400, expect.stringContaining('"certificate"')]);
    const answers = await Promise.all([1, 2].map(() => ok('POST', 'unkept/revoke', { certificate })));
    expect(answers[0]?.json.data.state).toBe('revoked');
    server.clock.advanceSeconds(10);
    const again = await ok('POST', 'unkept/revoke', { certificate });
    expect(again.json.data).toEqual(answers[0]?.json.data);
    expect(await listed('unkept')).toEqual([serial.replaceAll(':', '')]);
    expect(await logIn()).toBe(400);
  });

  it('of another mount, of no authority here, or over, is refused and changes nothing', async () => {
    const before = await listed('unkept');
    const foreign = (await issue('other')).certificate;
    expect((await root('POST', 'unkept/revoke', { certificate: foreign })).status).toBe(400);
    const own = await root('POST', 'unkept/revoke', { certificate: anchor });
    expect([own.status, own.json.errors[0]]).toEqual([400, 'adding issuer to its own CRL is not allowed']);
    const { certificate } = await issue('unkept');
    server.clock.advanceSeconds(3_601);
    const over = await root('POST', 'unkept/revoke', { certificate });
    expect([over.status, over.json.errors[0]]).toEqual([400, expect.stringContaining('already expired')]);
    expect(await listed('unkept')).toEqual(before);
    expect((await root('LIST', 'other/certs/revoked')).status).toBe(404);
  });
});
