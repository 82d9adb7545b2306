import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

let mounts = 0;
async function mounted(): Promise<string> {
  mounts += 1;
  const mount = `rotation-${mounts}`;
  await server.root('POST', `sys/mounts/${mount}`, { type: 'pki', config: { max_lease_ttl: '8760h' } });
  return mount;
}

const ca = { common_name: 'Root', key_type: 'ec', ttl: '2000h' };

it('a rotated root is named "next", and is the default once root/replace says so', async () => {
  const mount = await mounted();
  const first = (await server.root('POST', `${mount}/root/generate/internal`, ca)).json.data;
  await server.root('POST', `${mount}/roles/any`, { allow_any_name: true, key_type: 'ec' });
  const rotated = await server.root('POST', `${mount}/root/rotate/internal`, { ...ca, common_name: 'Root 2' });
  expect(rotated.status).toBe(200);
  const second = rotated.json.data;
  expect([second.issuer_name, second.issuer_id !== first.issuer_id, second.key_id !== first.key_id]).toEqual([
    'next',
    true,
    true,
  ]);
  const issuing = async () =>
    (await server.root('POST', `${mount}/issue/any`, { common_name: 'a.test' })).json.data.issuing_ca;
  expect(await issuing()).toBe(first.certificate);
  const replaced = await server.root('POST', `${mount}/root/replace`, {});
  expect([replaced.status, replaced.json.data]).toEqual([
    200,
    { default: second.issuer_id, default_follows_latest_issuer: false },
  ]);
  expect(await issuing()).toBe(second.certificate);
  const back = await server.root('POST', `${mount}/root/replace`, { default: first.issuer_id });
  expect(back.json.data.default).toBe(first.issuer_id);
  expect(await issuing()).toBe(first.certificate);
});

it('a name of its own is kept, the same name twice is refused, and the latest is not followed to a rotated root', async () => {
  const mount = await mounted();
  const first = (await server.root('POST', `${mount}/root/generate/internal`, ca)).json.data;
  await server.root('POST', `${mount}/config/issuers`, { default_follows_latest_issuer: true });
  const named = await server.root('POST', `${mount}/root/rotate/internal`, { ...ca, issuer_name: 'spring' });
  expect(named.json.data.issuer_name).toBe('spring');
  expect((await server.root('POST', `${mount}/root/rotate/exported`, ca)).json.data.private_key).toContain('PRIVATE');
  const again = await server.root('POST', `${mount}/root/rotate/internal`, ca);
  expect([again.status, again.json.errors[0], again.json.hint.length > 0]).toEqual([
    400,
    'issuer name already in use',
    true,
  ]);
  expect((await server.root('GET', `${mount}/config/issuers`)).json.data.default).toBe(first.issuer_id);
});

it('there is nothing to replace it by: refused, and the default stays', async () => {
  const mount = await mounted();
  const first = (await server.root('POST', `${mount}/root/generate/internal`, ca)).json.data;
  for (const body of [{}, { default: 'absent' }]) {
    const answer = await server.root('POST', `${mount}/root/replace`, body);
    expect([answer.status, answer.json.hint.length > 0]).toEqual([400, true]);
  }
  expect((await server.root('GET', `${mount}/config/issuers`)).json.data.default).toBe(first.issuer_id);
});
