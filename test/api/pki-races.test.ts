import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCrl } from '../../src/x509/index.ts';
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

let mounts = 0;
async function authority(role: object = {}): Promise<{ mount: string; issuer: string; id: string }> {
  mounts += 1;
  const mount = `races-${mounts}`;
  await ok('POST', `sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '87600h' } });
  const fields = { common_name: 'Root', key_type: 'ec', ttl: '2000h' };
  const { data } = (await ok('POST', `${mount}/root/generate/internal`, fields)).json;
  await ok('POST', `${mount}/roles/any`, { key_type: 'ec', allow_any_name: true, max_ttl: '100h', ...role });
  return { mount, issuer: data.issuer_id, id: server.core.mounts.byPath('secret', `${mount}/`)?.id as string };
}

const issue = (mount: string): Promise<CallAnswer> => root('POST', `${mount}/issue/any`, { common_name: 'a.test' });

/** Lets `meanwhile` happen after the next signature was made and before anything is done with it. */
function whenSigned(meanwhile: () => Promise<unknown>): void {
  const home = server.core.keys.software;
  const { sign } = home;
  home.sign = async (...asked) => {
    home.sign = sign;
    const signature = await sign.apply(home, asked);
    await meanwhile();
    return signature;
  };
}

describe.each([
  ['without leases', {}],
  ['with leases', { generate_lease: true }],
])('PKI-26: what is issued while its issuer goes, %s', (_name, role) => {
  it.each([
    ['the issuer is deleted', async (mount: string, issuer: string) => ok('DELETE', `${mount}/issuer/${issuer}`)],
    ['every issuer is deleted', async (mount: string) => ok('DELETE', `${mount}/root`)],
    [
      'the issuer may not issue any more',
      async (mount: string) => ok('PATCH', `${mount}/issuer/default`, { usage: 'crl-signing' }),
    ],
  ])('%s: it is refused, and nothing is left', async (_what, meanwhile) => {
    const { mount, issuer, id } = await authority(role);
    whenSigned(() => meanwhile(mount, issuer));
    const answer = await issue(mount);
    expect([answer.status, answer.json.data === undefined, answer.json.errors]).toEqual([
      400,
      true,
      [expect.stringContaining('the issuer was removed, revoked or narrowed meanwhile')],
    ]);
    expect(await server.store.count('certificates', { mount: id })).toBeLessThanOrEqual(1);
    expect(await server.store.count('leases', { mount: id })).toBe(0);
  });

  it('the mount is removed: that waits for it, and nothing is left that is good', async () => {
    const { mount, id } = await authority(role);
    let removal: Promise<CallAnswer> | undefined;
    whenSigned(async () => {
      removal = root('DELETE', `sys/mounts/${mount}`);
    });
    expect((await issue(mount)).status).toBe(200);
    expect((await removal)?.status).toBe(204);
    // One that was leased was revoked, and revocations stay.
    expect(await server.store.count('certificates', { mount: id, state: 'active' })).toBe(0);
    expect(await server.store.count('leases', { mount: id })).toBe(0);
  });

  it('a change that does not matter to it does not fail it', async () => {
    const { mount } = await authority(role);
    whenSigned(() => ok('PATCH', `${mount}/issuer/default`, { issuer_name: 'renamed' }));
    expect((await issue(mount)).status).toBe(200);
  });
});

it.each(['root', 'intermediate'])(
  'PKI-26: %s with a key that is deleted meanwhile is refused as that',
  async (what) => {
    const { mount } = await authority();
    const { key_id: key } = (await ok('POST', `${mount}/keys/generate/internal`, { key_type: 'ec' })).json.data;
    const home = server.core.keys.software;
    const { sign } = home;
    home.sign = async (...asked) => {
      home.sign = sign;
      await ok('DELETE', `${mount}/key/${key}`);
      return sign.apply(home, asked);
    };
    const answer = await root('POST', `${mount}/${what}/generate/existing`, { common_name: 'x', key_ref: key });
    home.sign = sign;
    expect([answer.status, answer.json.errors]).toEqual([400, ['the key was removed meanwhile']]);
  },
);

it('PKI-15: revocations at once, and lists made anew between them: all are listed, numbers rise', async () => {
  const { mount } = await authority();
  const serials = await Promise.all(
    Array.from({ length: 24 }, async () => (await issue(mount)).json.data.serial_number as string),
  );
  const answers = await Promise.all(
    serials.flatMap((serial, at) => [
      root('POST', `${mount}/revoke`, { serial_number: serial }),
      ...(at % 4 === 0 ? [root('GET', `${mount}/crl/rotate`), server.call('GET', `${mount}/crl/pem`)] : []),
    ]),
  );
  expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  const list = parseCrl((await server.call('GET', `${mount}/crl/pem`)).text);
  expect([...list.revoked.keys()].sort()).toEqual(serials.map((serial) => serial.replaceAll(':', '')).sort());
  // One certificate revoked twice at once is revoked once.
  const serial = (await issue(mount)).json.data.serial_number;
  const twice = await Promise.all([1, 2].map(() => root('POST', `${mount}/revoke`, { serial_number: serial })));
  expect(twice.map(({ status }) => status)).toEqual([200, 200]);
  expect(twice[0]?.json.data).toEqual(twice[1]?.json.data);
});
