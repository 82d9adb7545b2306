import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inventory } from '../../src/core/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

let folder: string;
let server: TestServer;
let login = '';
let entity = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-pats-'));
  server = await startServer({
    store: openSqliteStore(folder),
    auditSinks: [{ path: 'file/', config: { target: { kind: 'file', filePath: join(folder, 'audit.log') } } }],
  });
  await server.root('POST', 'sys/auth/userpass', { type: 'userpass' });
  await server.root('POST', 'sys/policies/acl/own', {
    policy: 'path "pats/*" { capabilities = ["read", "update", "list"] } path "secret/*" { capabilities = ["read"] }',
  });
  await server.root('POST', 'secret/data/app', { data: { a: 'b' } });
  await server.root('POST', 'auth/userpass/users/ann', { password: 'right password', token_policies: 'own' });
  const { json } = await server.call('POST', 'auth/userpass/login/ann', { body: { password: 'right password' } });
  login = json.auth.client_token;
  entity = json.auth.entity_id;
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function make(name: string): Promise<{ id: string; token: string }> {
  const headers = { 'idempotency-key': name };
  const answer = await server.call('POST', 'pats/self', { token: login, body: { name }, headers });
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
}
const reads = async (token: string): Promise<number> => (await server.call('GET', 'secret/data/app', { token })).status;

function spellings(token: string): string[] {
  const bytes = Buffer.from(token);
  return [token, token.slice(4), bytes.toString('base64').slice(0, -4), bytes.toString('hex')];
}

describe('personal access tokens at rest', () => {
  it('TOK-01: no usable one stands in any file of the server, whatever was done with it', async () => {
    const made = await Promise.all(Array.from({ length: 50 }, (_, index) => make(`secret-name-${index}`)));
    for (const { id, token } of made.slice(0, 10)) {
      expect(await reads(token)).toBe(200);
      const rotated = await server.call('POST', `pats/self/${id}/rotate`, { token: login, body: { overlap: '1h' } });
      made.push(rotated.json.data);
    }
    await server.core.credentials.lastUses.flush();
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThanOrEqual(2);
    let audited = false;
    for (const file of files) {
      const bytes = readFileSync(join(file.parentPath, file.name));
      audited ||= bytes.includes('pats/self');
      for (const { token } of made)
        for (const text of spellings(token)) expect(bytes.includes(text), file.name).toBe(false);
      if (!file.name.startsWith('audit')) expect(bytes.includes('secret-name-1'), 'its name is sealed').toBe(false);
    }
    expect(audited).toBe(true);
  });

  it('a request by PAT is traced in the audit log to the request that made the PAT', async () => {
    const { token } = await make('audited');
    await reads(token);
    const lines = readFileSync(join(folder, 'audit.log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const use = lines.findLast((line) => line.type === 'request' && line.request.path === 'secret/data/app');
    expect(use.auth).toMatchObject({ entity_id: entity, policies: ['default', 'own'] });
    const made = lines.findLast((line) => line.type === 'response' && line.request.path === 'pats/self');
    expect(use.auth.credential_id).toBe(made.response.data.id);
    expect(made.request.route ?? made.route).toBe('pat.create');
  });

  it('is refused while the server is sealed, and works again after', async () => {
    const { token } = await make('sealed');
    await server.node.seal();
    expect(await reads(token)).toBe(503);
    await server.call('POST', 'sys/unseal', { body: { key: server.shares[0] as string } });
    expect(await reads(token)).toBe(200);
  });
});

describe('the inventory of personal access tokens', () => {
  const inventory = (): Inventory => server.core.engines.get('secret:pats')?.inventories?.[0] as Inventory;

  it('lists them page by page, with owner and policies, and never the token', async () => {
    const { id, token } = await make('inventory');
    const items: unknown[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await inventory().page({ namespace: 'root', entityId: entity }, after, 7);
      items.push(...page.items);
      after = page.next;
    }
    const item = items.find((each) => (each as { id: string }).id === id);
    expect(item).toMatchObject({
      kind: 'pat',
      owner: 'userpass-ann',
      entityId: entity,
      name: 'inventory',
      state: 'active',
    });
    expect(JSON.stringify(items)).not.toContain(token);
    expect(new Set(items.map((each) => (each as { id: string }).id)).size).toBe(items.length);
  });

  it('revokes what a filter names, after counting in a dry run', async () => {
    const { token } = await make('ended');
    const filter = { namespace: 'root', owner: { name: 'nobody', entityIds: [entity] } };
    const dry = await inventory().revoke(filter, { dryRun: true, reason: '', limit: 1_000 });
    expect(dry.count).toBeGreaterThan(1);
    expect(await reads(token)).toBe(200);
    const done = await inventory().revoke(filter, { dryRun: false, reason: 'end', limit: 1_000 });
    expect(done).toEqual({ count: dry.count, more: false });
    expect(await reads(token)).toBe(403);
  });
});
