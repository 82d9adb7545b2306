import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StrongroomError } from '../../src/lib/index.ts';
import { type ParsedCrl, parseCrl } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const ok = async (method: string, path: string, body?: object): Promise<CallAnswer> => {
  const answer = await root(method, path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer;
};

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

interface Authority {
  readonly mount: string;
  readonly issuer: string;
  readonly key: string;
  readonly pem: string;
}

let mounts = 0;
async function authority(): Promise<Authority> {
  mounts += 1;
  const mount = `lists-${mounts}`;
  await ok('POST', `sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '87600h' } });
  const fields = { common_name: 'Root', key_type: 'ec', ttl: '2000h' };
  const { data } = (await ok('POST', `${mount}/root/generate/internal`, fields)).json;
  await ok('POST', `${mount}/roles/any`, { key_type: 'ec', allow_any_name: true, max_ttl: '100h' });
  return { mount, issuer: data.issuer_id, key: data.key_id, pem: data.certificate };
}

const issue = async (mount: string, ttl = '100h'): Promise<string> =>
  (await ok('POST', `${mount}/issue/any`, { common_name: 'a.test', ttl })).json.data.serial_number;
const revoke = (mount: string, serial: string) => root('POST', `${mount}/revoke`, { serial_number: serial });
const list = async (mount: string, issuer = 'default'): Promise<ParsedCrl> =>
  parseCrl((await server.call('GET', `${mount}/issuer/${issuer}/crl/pem`)).text);
const holds = (crl: ParsedCrl, serial: string): boolean => crl.revoked.has(serial.replaceAll(':', ''));

describe('issuers of one subject and key are one issuer to relying parties', () => {
  it('share a list and its numbers', async () => {
    const { mount, issuer, key } = await authority();
    const fields = { common_name: 'Root', key_ref: key, ttl: '3000h' };
    const twin = (await ok('POST', `${mount}/root/generate/existing`, fields)).json.data.issuer_id;
    const serial = await issue(mount);
    await revoke(mount, serial);
    const [own, other] = [await list(mount, issuer), await list(mount, twin)];
    expect([holds(own, serial), holds(other, serial)]).toEqual([true, true]);
    expect(other.number).toBe(own.number);
  });

  it('deleted and imported again, the issuer lists what it had revoked, and its numbers rise', async () => {
    const { mount, issuer, pem } = await authority();
    const serial = await issue(mount);
    await revoke(mount, serial);
    await revoke(mount, await issue(mount));
    const before = await list(mount);
    await ok('DELETE', `${mount}/issuer/${issuer}`);
    const again = (await ok('POST', `${mount}/issuers/import/cert`, { pem_bundle: pem })).json.data.imported_issuers[0];
    await ok('GET', `${mount}/crl/rotate`);
    const after = await list(mount, again);
    expect(holds(after, serial)).toBe(true);
    expect(after.number).toBeGreaterThan(before.number as bigint);
  });
});

describe('a list that could not be made when something was revoked', () => {
  it('is made when it is asked for: the issuer was not to sign lists', async () => {
    const { mount } = await authority();
    await revoke(mount, await issue(mount));
    await ok('PATCH', `${mount}/issuer/default`, { usage: 'read-only,issuing-certificates' });
    const serial = await issue(mount);
    expect((await revoke(mount, serial)).status).toBe(200);
    expect((await root('GET', `${mount}/crl/rotate`)).status).toBe(200);
    await ok('PATCH', `${mount}/issuer/default`, { usage: 'read-only,issuing-certificates,crl-signing' });
    expect(holds(await list(mount), serial)).toBe(true);
  });

  it('is made when it is asked for: lists were switched off', async () => {
    const { mount } = await authority();
    await revoke(mount, await issue(mount));
    await ok('POST', `${mount}/config/crl`, { disable: true });
    const serial = await issue(mount);
    await revoke(mount, serial);
    await ok('POST', `${mount}/config/crl`, { disable: false });
    expect(holds(await list(mount), serial)).toBe(true);
  });

  it('is made when it is asked for: the key was out of reach', async () => {
    const { mount } = await authority();
    await revoke(mount, await issue(mount));
    const serial = await issue(mount);
    const home = server.core.keys.software;
    const sign = home.sign;
    home.sign = async () => {
      throw new StrongroomError('keys_unavailable', 'gone', { hint: 'wait', retryAfterSeconds: 1 });
    };
    try {
      expect((await revoke(mount, serial)).status).toBe(503);
      expect((await list(mount)).number).toBe(1n);
    } finally {
      home.sign = sign;
    }
    expect(holds(await list(mount), serial)).toBe(true);
  });
});

it('what expires after it was revoked is on one more list, then on none (RFC 5280 3.3)', async () => {
  const { mount } = await authority();
  const serial = await issue(mount, '60s');
  await revoke(mount, serial);
  server.clock.advanceSeconds(120);
  await ok('GET', `${mount}/crl/rotate`);
  expect(holds(await list(mount), serial)).toBe(true);
  server.clock.advanceSeconds(120);
  await ok('GET', `${mount}/crl/rotate`);
  expect(holds(await list(mount), serial)).toBe(false);
  const { number } = await list(mount);
  expect((await list(mount)).number).toBe(number);
});

it('a list is made anew when half of its time is over: nobody gets one that ends at once', async () => {
  const { mount } = await authority();
  const before = await list(mount);
  server.clock.advanceSeconds(130_000);
  const after = await list(mount);
  expect(after.number).toBeGreaterThan(before.number as bigint);
  expect(after.nextUpdateSeconds).toBeGreaterThan(before.nextUpdateSeconds);
});
