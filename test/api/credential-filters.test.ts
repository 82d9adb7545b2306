import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let folder: string;
let server: TestServer;
const root = (method: string, path: string, body?: object) => server.root(method, path, body as never);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-filters-'));
  const target = { kind: 'file' as const, filePath: join(folder, 'audit.log') };
  server = await startServer({ auditSinks: [{ path: 'file/', config: { target } }] });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe('a filter of one of a few words', () => {
  it.each([
    ['api-keys/keys', 'state', 'not_yet_valid'],
    ['api-keys/keys', 'sort', 'last_used_time'],
    ['pats/tokens', 'state', 'rotated'],
    ['pats/tokens', 'sort', 'last_used_time'],
    ['sys/credentials', 'state', 'exhausted'],
    ['sys/credentials', 'kind', 'certificate'],
  ])('of LIST %s, %s, is refused with the list of them, not answered with nothing', async (path, name, word) => {
    expect((await root('LIST', `${path}?${name}=${word}`)).status).toBe(200);
    for (const value of ['bogus', word.toUpperCase(), `${word}%20`, '']) {
      const answer = await root('LIST', `${path}?${name}=${value}`);
      // An empty kind of sort is the usual one.
      if (name === 'sort' && value === '' && answer.status === 200) continue;
      expect(answer.status, value).toBe(400);
      if (value !== '') expect(answer.json.hint).toContain(word);
    }
  });

  it('of the audit log, the outcome, is one that is written', async () => {
    await server.call('GET', 'secret/data/app', {});
    expect((await root('GET', 'sys/audit/query?outcome=unauthenticated')).json.data.events).toHaveLength(1);
    const answer = await root('GET', 'sys/audit/query?outcome=denied');
    expect(answer.status).toBe(400);
    expect(answer.json.hint).toContain('permission_denied');
  });

  it('never makes a revocation look as if there were nothing to revoke', async () => {
    for (const body of [{ state: 'actve' }, { state: 'ACTIVE' }, { kind: 'key' }]) {
      const answer = await root('POST', 'sys/credentials/revoke', { ...body, dry_run: true });
      expect(answer.status, answer.text).toBe(400);
      expect(answer.json.hint).toMatch(/active|api_key/);
    }
    for (const filter of [{ state: 'actve' }, { state: 'exhausted' }, { scope: 'x' }, { external_id: 'x' }]) {
      const answer = await root('POST', 'pats/revoke', { filter, dry_run: true });
      expect(answer.status, answer.text).toBe(400);
      expect(answer.json.hint).toMatch(/active|tag/);
    }
  });
});

describe('a revocation of many', () => {
  it('refuses a field it does not know: one more filter would have meant less', async () => {
    const key = (await root('POST', 'api-keys/keys', { owner: 'anna' })).json.data;
    for (const [path, body] of [
      ['sys/credentials/revoke', { kind: 'api_key', ownr: 'bert' }],
      ['sys/credentials/revoke', { kind: 'api_key', dryrun: true }],
      ['sys/credentials/revoke', { kind: 'api_key', external_id: '7' }],
      ['pats/revoke', { entity_id: 'x', owner: 'bert' }],
      ['pats/revoke', { filter: { tag: 'x' }, 'dry-run': true }],
    ] as const) {
      const answer = await root('POST', path, body);
      expect(answer.status, answer.text).toBe(400);
      expect(answer.json.code).toBe('unknown_field');
      expect(answer.json.hint).toContain('dry_run');
    }
    expect((await root('POST', 'api-keys/verify', { key: key.key })).json.data.valid).toBe(true);
  });
});

it('a list warns of a filter that its credentials cannot have', async () => {
  for (const query of ['api-keys/keys?entity_id=x', 'pats/tokens?space=x', 'pats/tokens?scope=x'])
    expect((await root('LIST', query)).json.warnings?.[0], query).toContain('ignored');
});
