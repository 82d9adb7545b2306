import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe('sys/tools/random', () => {
  it('answers as many bytes as asked for, in the body or in the path, as base64 or hex', async () => {
    const sizeOf = async (path: string, body: object = {}): Promise<number> => {
      const { json } = await server.root('POST', `sys/tools/${path}`, body as never);
      return Buffer.from(json.data.random_bytes, 'base64').length;
    };
    expect(await sizeOf('random')).toBe(32);
    expect(await sizeOf('random', { bytes: '16' })).toBe(16);
    expect(await sizeOf('random/24')).toBe(24);
    expect(await sizeOf('random/24', { bytes: 8 })).toBe(24);
    expect(await sizeOf('random/platform', { bytes: 8 })).toBe(8);
    expect(await sizeOf('random/all/12')).toBe(12);
    const hex = await server.root('POST', 'sys/tools/random', { format: 'hex' });
    expect(hex.json.data.random_bytes).toMatch(/^[0-9a-f]{64}$/);
    const again = await server.root('POST', 'sys/tools/random', { format: 'hex' });
    expect(again.json.data.random_bytes).not.toBe(hex.json.data.random_bytes);
  });

  it('refuses sizes out of bounds, sources and formats it does not know', async () => {
    for (const bytes of [0, -1, 131_073, 'many', 1.5]) {
      expect((await server.root('POST', 'sys/tools/random', { bytes })).status, String(bytes)).toBe(400);
    }
    for (const path of ['random/0', 'random/nowhere', 'random/nowhere/5', 'random/all/999999']) {
      expect((await server.root('POST', `sys/tools/${path}`)).status, path).toBe(400);
    }
    expect((await server.root('POST', 'sys/tools/random', { format: 'base32' })).status).toBe(400);
    expect((await server.root('POST', 'sys/tools/random', { bytes: 131_072 })).status).toBe(200);
  });
});

describe('sys/tools/hash', () => {
  const input = Buffer.from('abc').toString('base64');

  it('computes the digests of FIPS 180-4 and FIPS 202 of "abc"', async () => {
    const known = {
      'sha2-224': '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7',
      'sha2-256': 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      'sha3-256': '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
      'sha3-224': 'e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf',
    };
    for (const [algorithm, sum] of Object.entries(known)) {
      expect((await server.root('POST', `sys/tools/hash/${algorithm}`, { input })).json.data, algorithm).toEqual({
        sum,
      });
      expect((await server.root('POST', 'sys/tools/hash', { input, algorithm })).json.data.sum).toBe(sum);
    }
    for (const [algorithm, bytes] of [
      ['sha2-384', 48],
      ['sha2-512', 64],
      ['sha3-384', 48],
      ['sha3-512', 64],
    ] as const) {
      const { json } = await server.root('POST', 'sys/tools/hash', { input, algorithm, format: 'base64' });
      expect(Buffer.from(json.data.sum, 'base64'), algorithm).toHaveLength(bytes);
    }
    expect((await server.root('POST', 'sys/tools/hash', { input })).json.data.sum).toBe(known['sha2-256']);
  });

  it('refuses what is no base64, no known algorithm, or missing', async () => {
    expect((await server.root('POST', 'sys/tools/hash', { input: '!not base64!' })).status).toBe(400);
    for (const algorithm of ['md5', 'sha1', '__proto__', 'constructor']) {
      expect((await server.root('POST', 'sys/tools/hash', { input, algorithm })).status, algorithm).toBe(400);
    }
    expect((await server.root('POST', 'sys/tools/hash', {})).status).toBe(400);
  });
});

describe('what tools ask about the server', () => {
  it('the node, the version and the configuration, to those with a right', async () => {
    const nodes = await server.root('GET', 'sys/ha-status');
    expect(nodes.json.nodes).toEqual([expect.objectContaining({ active_node: true, hostname: '127.0.0.1' })]);
    const versions = await server.root('LIST', 'sys/version-history');
    expect(versions.json.data.keys).toEqual(['1.19.0']);
    expect(versions.json.data.key_info['1.19.0'].timestamp_installed).toMatch(/^2026-06-01T12:00:00/);
    const state = await server.root('GET', 'sys/config/state/sanitized');
    expect(state.json.data).toMatchObject({ default_lease_ttl: 2_764_800, seals: [{ type: 'shamir' }] });
    const { client_token: token } = (await server.root('POST', 'auth/token/create', { policies: ['default'] })).json
      .auth;
    for (const [method, path] of [
      ['GET', 'sys/ha-status'],
      ['LIST', 'sys/version-history'],
      ['GET', 'sys/config/state/sanitized'],
    ] as const) {
      expect((await server.call(method, path, { token })).status, path).toBe(403);
      expect((await server.call(method, path)).status, path).toBe(403);
    }
  });

  it('what only other products serve is an unsupported path, to those who may ask', async () => {
    for (const path of [
      'sys/license/status',
      'sys/replication/status',
      'sys/replication/dr/status',
      'sys/experiments',
      'sys/internal/ui/feature-flags',
      'sys/internal/counters/activity',
      'sys/managed-keys/pkcs11/x',
      'sys/policies/egp/x',
      'sys/policies/rgp/x',
      'sys/plugins/pins',
      'sys/sync/destinations',
    ]) {
      const answer = await server.root('GET', path);
      expect(answer.status, path).toBe(404);
      expect(answer.json.errors, path).toEqual(['unsupported path']);
      expect((await server.call('GET', path)).status, path).toBe(403);
    }
  });
});
