import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate } from '../../src/x509/index.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const nowSeconds = (): number => Math.floor(server.clock.nowMillis() / 1000);

beforeAll(async () => {
  server = await startServer();
  await root('POST', 'sys/mounts/pki', { type: 'pki', config: { max_lease_ttl: '8760h' } });
  const made = await root('POST', 'pki/root/generate/internal', { common_name: 'Root', key_type: 'ec', ttl: '2000h' });
  expect(made.status, made.json.errors).toBe(200);
});
afterAll(() => server.stop());

async function role(name: string, fields: object): Promise<void> {
  const answer = await root('POST', `pki/roles/${name}`, { key_type: 'ec', allow_any_name: true, ...fields });
  expect(answer.status, answer.json?.errors).toBe(200);
}
const issue = (name: string, fields: object): Promise<CallAnswer> =>
  root('POST', `pki/issue/${name}`, { common_name: 'a.test', ...fields });

describe('PKI-09: the end that a role has', () => {
  const end = '2026-07-01T00:00:00Z';
  const endSeconds = Date.parse(end) / 1000;

  it('is that of certificates that ask for no life, and the latest of those that ask for one', async () => {
    await role('ending', { not_after: end, max_ttl: '2000h' });
    expect((await issue('ending', {})).json.data.expiration).toBe(endSeconds);
    const short = await issue('ending', { ttl: '1h' });
    expect(short.json.data.expiration).toBe(nowSeconds() + 3_600);
    expect(short.json.warnings).toBeNull();
    const long = await issue('ending', { ttl: '1900h' });
    expect(long.json.data.expiration).toBe(endSeconds);
    expect(long.json.warnings[0]).toContain('not_after');
  });

  it('does not go beyond its max_ttl, and one that passed issues nothing', async () => {
    await role('both', { not_after: end, max_ttl: '2h' });
    const cut = await issue('both', {});
    expect(cut.json.data.expiration).toBe(nowSeconds() + 7_200);
    expect(cut.json.warnings[0]).toContain('maxTTL');
    await role('past', { not_after: '2026-05-01T00:00:00Z' });
    for (const fields of [{}, { ttl: '1h' }]) {
      const answer = await issue('past', fields);
      expect(answer.status, JSON.stringify(fields)).toBe(400);
      expect(answer.json.hint).toBeTruthy();
    }
  });
});

describe('times', () => {
  it.each([
    '2026-02-30T00:00:00Z',
    '2026-06-31T00:00:00Z',
    '2026-07-01T24:00:00Z',
    '2026-07-01T00:00:60Z',
    '2026-07-01T00:00:00+24:00',
    '2026-07-01 00:00:00Z',
    '2026-07-01T00:00:00',
    '20260701000000Z',
  ])('%s is none', async (time) => {
    await role('any', { max_ttl: '1900h' });
    expect((await issue('any', { not_after: time })).status).toBe(400);
    expect((await issue('any', { not_before: time, ttl: '1h' })).status).toBe(400);
  });

  it('with another offset are the same moment', async () => {
    await role('any', { max_ttl: '1900h' });
    const answer = await issue('any', { not_after: '2026-07-01T02:00:00.9+02:00' });
    expect(parseCertificate(answer.json.data.certificate).notAfterSeconds).toBe(
      Date.parse('2026-07-01T00:00:00Z') / 1000,
    );
  });

  it('a start long ago is cut at that of the issuer', async () => {
    await role('long', { not_before_duration: '8760h' });
    const answer = await issue('long', { ttl: '1h' });
    const issuer = parseCertificate((await root('GET', 'pki/issuer/default')).json.data.certificate);
    expect(parseCertificate(answer.json.data.certificate).notBeforeSeconds).toBe(issuer.notBeforeSeconds);
  });
});
