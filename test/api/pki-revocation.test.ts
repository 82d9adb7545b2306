import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mount } from '../../src/core/index.ts';
import { StrongroomError } from '../../src/lib/index.ts';
import { openMemoryStore } from '../../src/store/index.ts';
import { type ParsedCrl, parseCrl } from '../../src/x509/index.ts';
import { FaultyStore } from '../harness/faulty-store.ts';
import { incomingMessage } from '../harness/incoming.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const store = new FaultyStore(openMemoryStore());
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const ok = async (method: string, path: string, body?: object): Promise<CallAnswer> => {
  const answer = await root(method, path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer;
};

beforeAll(async () => {
  server = await startServer({ store });
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

const plain = (serial: string): string => serial.replaceAll(':', '');

/** Every place where the list of the default issuer is given out. */
const everyPath = [
  'crl',
  'crl/pem',
  'cert/crl',
  'issuer/default/crl',
  'issuer/default/crl/der',
  'issuer/default/crl/pem',
];

/** The bytes of the list at a path, in hex, whatever its form. */
async function listed(path: string): Promise<string> {
  const answer = await server.node.handle(incomingMessage({ method: 'GET', url: `/v1/${path}`, headers: {} }));
  const body = Buffer.from(answer.body ?? '');
  expect(answer.status, body.toString()).toBe(200);
  if (body[0] === 0x30) return parseCrl(body).der.toString('hex');
  const text = body.toString();
  const { data } = text.startsWith('{') ? JSON.parse(text) : { data: undefined };
  return parseCrl(data?.crl ?? data?.certificate ?? text).der.toString('hex');
}

const mountOf = (mount: string): Mount => server.core.mounts.byPath('secret', `${mount}/`) as Mount;

/** Ends what the server knows in memory, as a new process begins without it. */
async function restart(): Promise<void> {
  await ok('POST', 'sys/seal');
  await server.call('POST', 'sys/unseal', { body: { key: server.shares[0] as string } });
}

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
    const undo = takeKeysAway();
    try {
      // A list that is whole is given out as long as it has not ended.
      expect((await list(mount)).number).toBe(1n);
      expect((await revoke(mount, serial)).status).toBe(503);
      for (const path of everyPath) expect((await server.call('GET', `${mount}/${path}`)).status, path).toBe(503);
    } finally {
      undo();
    }
    for (const path of everyPath) expect(await listed(`${mount}/${path}`), path).toContain(plain(serial));
  });

  it('PKI-15: nor is the old one given out after the server has been sealed, or died, before the list was made', async () => {
    const { mount } = await authority();
    await revoke(mount, await issue(mount));
    const serial = await issue(mount);
    // What a process that died at this moment leaves behind.
    await server.core.certificates.revoke(mountOf(mount), plain(serial));
    await restart();
    const undo = takeKeysAway();
    try {
      for (const path of everyPath) expect((await server.call('GET', `${mount}/${path}`)).status, path).toBe(503);
    } finally {
      undo();
    }
    for (const path of everyPath) {
      await restart();
      expect(await listed(`${mount}/${path}`), path).toContain(plain(serial));
    }
  });

  it('PKI-15: a whole one is found to be whole after that, and given out without the key', async () => {
    const { mount } = await authority();
    const serial = await issue(mount);
    await revoke(mount, serial);
    const before = await list(mount);
    await restart();
    const undo = takeKeysAway();
    try {
      expect((await list(mount)).number).toBe(before.number);
      expect(holds(await list(mount), serial)).toBe(true);
    } finally {
      undo();
    }
  });

  it('PKI-15: nor is the old one while the issuer may not sign lists', async () => {
    const { mount } = await authority();
    await revoke(mount, await issue(mount));
    await ok('PATCH', `${mount}/issuer/default`, { usage: 'read-only,issuing-certificates' });
    const serial = await issue(mount);
    await revoke(mount, serial);
    for (const path of everyPath) {
      const answer = await server.call('GET', `${mount}/${path}`);
      expect([answer.status, answer.json?.errors], path).toEqual([400, expect.arrayContaining([expect.any(String)])]);
    }
  });

  it('is signed for a twin that may not by one that may', async () => {
    const { mount, issuer, key } = await authority();
    const fields = { common_name: 'Root', key_ref: key, ttl: '3000h' };
    const twin = (await ok('POST', `${mount}/root/generate/existing`, fields)).json.data.issuer_id;
    await ok('PATCH', `${mount}/issuer/${issuer}`, { usage: 'read-only,issuing-certificates' });
    const serial = await issue(mount);
    await revoke(mount, serial);
    expect([holds(await list(mount, issuer), serial), holds(await list(mount, twin), serial)]).toEqual([true, true]);
  });

  it('PKI-15: whichever commit fails while a certificate is revoked', async () => {
    const { mount } = await authority();
    for (const moment of ['before', 'after'] as const) {
      for (let commit = 1; commit <= 3; commit += 1) {
        const serial = await issue(mount);
        store.arm(commit, moment);
        const { status } = await revoke(mount, serial);
        if (!store.disarm()) continue;
        const stands = (await ok('GET', `${mount}/cert/${serial}`)).json.data.revocation_time === 0;
        for (const path of everyPath) {
          const bytes = await listed(`${mount}/${path}`);
          expect(bytes.includes(plain(serial)), `${moment} ${commit} ${status} ${path}`).toBe(!stands);
        }
      }
    }
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

it('what was revoked is listed a page at a time, each serial number once', async () => {
  const { mount } = await authority();
  const serials: string[] = [];
  for (let count = 0; count < 5; count += 1) serials.push(await issue(mount));
  const revoked = serials.filter((_serial, at) => at !== 2).sort();
  // In another order than that of their numbers.
  for (const serial of [...revoked].reverse()) {
    await revoke(mount, serial);
    server.clock.advanceSeconds(10);
  }
  const read: string[] = [];
  for (let after = ''; ; after = read.at(-1) as string) {
    const answer = await root('LIST', `${mount}/certs/revoked?limit=3&after=${after}`);
    if (answer.status === 404) break;
    expect(answer.json.data.keys.length).toBeLessThanOrEqual(3);
    read.push(...answer.json.data.keys);
  }
  expect(read).toEqual(revoked);
  expect((await ok('LIST', `${mount}/certs/revoked`)).json.data.keys).toEqual(revoked);
  expect((await root('LIST', `${mount}/certs/revoked?after=nothing`)).status).toBe(400);
});
