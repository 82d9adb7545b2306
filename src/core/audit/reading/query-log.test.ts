import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Clock, type JsonObject, ManualClock } from '../../../lib/index.ts';
import { openAuditBroker } from '../audit-broker.ts';
import type { AuditEntry } from '../audit-entry.ts';
import { brokerOptions, entryOf, fixedKey, hashKey, requestOf, startMillis, withFolder } from '../audit-fixture.ts';
import { ValueHasher } from '../lines/value-hasher.ts';
import type { AuditFilter } from './query-filter.ts';
import { type AuditQuery, type AuditQueryAnswer, queryAuditLog } from './query-log.ts';

const hasher = new ValueHasher(hashKey);
const hash = (text: string): string => hasher.text(text);

async function withLog(
  entries: readonly AuditEntry[],
  use: (file: string) => Promise<void>,
  hmacAccessor = true,
): Promise<void> {
  await withFolder(async (folder) => {
    const file = join(folder, 'audit.log');
    const target = { kind: 'file', filePath: file } as const;
    const broker = await openAuditBroker(
      brokerOptions({ sinks: [{ path: 'f/', config: { target, format: { hmacAccessor } } }] }),
    );
    for (const entry of entries) {
      await Promise.all([broker.open({ ...entry, response: undefined, outcome: undefined }), broker.close(entry)]);
    }
    await broker.stop();
    await use(file);
  });
}

async function query(file: string, filter: AuditFilter, more: Partial<AuditQuery> = {}): Promise<AuditQueryAnswer> {
  return await queryAuditLog({ file, filter, limit: 100, hash, clock: new ManualClock(0), ...more });
}

function idsOf({ events }: AuditQueryAnswer): unknown[] {
  return events.map(({ request }) => (request as JsonObject)['id']);
}

const second = 1000;
const created = entryOf('r1', {
  timeMillis: startMillis + second,
  auth: { entityId: 'entity-admin', accessor: 'acc-admin', displayName: 'admin', policies: ['root'] },
  request: requestOf('r1', { route: 'token.create', path: 'auth/token/create', remoteAddress: '192.0.2.1' }),
  response: { auth: { clientToken: 'hvs.new', accessor: 'acc-new', entityId: 'entity-new', policies: ['web'] } },
  outcome: 'ok',
});
const denied = entryOf('r2', {
  timeMillis: startMillis + 2 * second,
  auth: { entityId: 'entity-web', credentialId: 'key-7' },
  request: requestOf('r2', { route: 'token.create', path: 'auth/token/create', remoteAddress: '192.0.2.2' }),
  error: 'permission denied',
  outcome: 'permission_denied',
});
const keyMade = entryOf('r3', {
  timeMillis: startMillis + 3 * second,
  request: requestOf('r3', { route: 'api-keys.key.create', path: 'api-keys/keys' }),
  response: { data: { id: 'key-7', name: 'deploy' } },
  outcome: 'ok',
});
const keyRevoked = entryOf('r4', {
  timeMillis: startMillis + 4 * second,
  request: requestOf('r4', { route: 'api-keys.key.revoke', path: 'api-keys/keys/key-7/revoke' }),
  outcome: 'ok',
});
const lookedUp = entryOf('r5', {
  timeMillis: startMillis + 5 * second,
  auth: { entityId: 'entity-admin' },
  request: requestOf('r5', { route: 'token.lookup-accessor', path: 'auth/token/x', data: { accessor: 'acc-new' } }),
  outcome: 'ok',
});
const story = [created, denied, keyMade, keyRevoked, lookedUp];

describe('queryAuditLog', () => {
  it('finds by every filter, newest first', async () => {
    await withLog(story, async (file) => {
      const cases: [AuditFilter, string[]][] = [
        [{}, ['r5', 'r4', 'r3', 'r2', 'r1']],
        [{ operation: 'token.create' }, ['r2', 'r1']],
        [{ operation: 'token' }, []],
        [{ entityId: 'entity-admin' }, ['r5', 'r1']],
        [{ entityId: 'entity-new' }, ['r1']],
        [{ accessor: 'acc-new' }, ['r5', 'r1']],
        [{ accessor: 'acc-admin' }, ['r1']],
        [{ credentialId: 'key-7' }, ['r4', 'r3', 'r2']],
        [{ credentialId: 'key' }, []],
        [{ path: 'auth/token/create' }, ['r2', 'r1']],
        [{ path: 'auth/token/*' }, ['r5', 'r2', 'r1']],
        [{ address: '192.0.2.1' }, ['r1']],
        [{ outcome: 'ok' }, ['r5', 'r4', 'r3', 'r1']],
        [{ outcome: 'permission_denied', operation: 'token.create' }, ['r2']],
        [{ sinceMillis: startMillis + 3 * second }, ['r5', 'r4', 'r3']],
        [{ untilMillis: startMillis + 3 * second }, ['r2', 'r1']],
        [{ sinceMillis: startMillis + 2 * second, untilMillis: startMillis + 3 * second }, ['r2']],
        [{ sinceMillis: startMillis + 3600 * second }, []],
        [{ accessor: 'none' }, []],
      ];
      for (const [filter, ids] of cases) expect(idsOf(await query(file, filter)), JSON.stringify(filter)).toEqual(ids);
    });
  });

  it('answers the lines as they are in the log: who, when, from where, which policies', async () => {
    await withLog(story, async (file) => {
      const { events } = await query(file, { operation: 'token.create', outcome: 'ok' });
      expect(events[0]).toMatchObject({
        time: '2026-01-02T03:04:06.000Z',
        auth: { display_name: 'admin', entity_id: 'entity-admin', policies: ['root'] },
        request: { remote_address: '192.0.2.1' },
        response: { auth: { client_token: hash('hvs.new'), policies: ['web'] } },
      });
    });
  });

  it('finds accessors that are in clear in the log', async () => {
    await withLog(
      story,
      async (file) => {
        expect(idsOf(await query(file, { accessor: 'acc-new' }))).toEqual(['r5', 'r1']);
        expect(idsOf(await query(file, { accessor: 'entity-new' }))).toEqual([]);
      },
      false,
    );
  });

  it('pages with a cursor, each event once, while the log grows', async () => {
    const many = Array.from({ length: 25 }, (_, index) => entryOf(`m${index}`, { outcome: 'ok' }));
    await withLog(many, async (file) => {
      const seen: unknown[] = [];
      let after: string | undefined;
      for (let page = 0; page < 30; page += 1) {
        const answer = await query(file, {}, { limit: 4, after });
        expect(answer.events.length).toBeLessThanOrEqual(4);
        seen.push(...idsOf(answer));
        after = answer.next;
        if (after === undefined) break;
        await appendFile(file, '{"time":"2026-01-02T03:04:06.000Z","type":"response","request":{"id":"later"}}\n');
      }
      expect(seen).toEqual(many.map(({ request }) => request.id).reverse());
    });
  });

  it('stops at its budget of bytes or time and goes on from there', async () => {
    const large = 'x'.repeat(100_000);
    const entries = Array.from({ length: 12 }, (_, index) =>
      entryOf(`b${index}`, { request: requestOf(`b${index}`, { path: large }), outcome: index === 0 ? 'rare' : 'ok' }),
    );
    await withLog(entries, async (file) => {
      const slow: Clock = {
        nowMillis: () => 0,
        monotonicMillis: (() => {
          let now = 0;
          return () => {
            now += 600;
            return now;
          };
        })(),
      };
      for (const more of [{ budget: { bytes: 1 } }, { clock: slow }]) {
        let after: string | undefined;
        const seen: unknown[] = [];
        let calls = 0;
        do {
          const answer = await query(file, { outcome: 'rare' }, { ...more, after });
          seen.push(...idsOf(answer));
          after = answer.next;
          calls += 1;
        } while (after !== undefined);
        expect(seen).toEqual(['b0']);
        expect(calls).toBeGreaterThan(2);
      }
    });
  });

  it('refuses cursors that are not of this log and filters that cannot be', async () => {
    await withLog(story, async (file) => {
      for (const after of ['', 'x', '10', '99999999-0123456789abcdef', '-1-0123456789abcdef', '5-0123456789abcdef']) {
        await expect(query(file, {}, { after }), after).rejects.toMatchObject({ code: 'invalid_field' });
      }
      for (const filter of [{ path: '' }, { accessor: 'x'.repeat(2000) }, { sinceMillis: Number.NaN }]) {
        await expect(query(file, filter)).rejects.toMatchObject({ code: 'invalid_field' });
      }
    });
  });

  it('passes over damaged lines and a line that is being written', async () => {
    await withLog(story, async (file) => {
      await appendFile(file, 'garbage\n{"time":"2026-01-02T03:04:06.000Z","type":"response","outcome":"ok" broken\n');
      await appendFile(file, '{"time":"2026-01-02T03:04:06.000Z","type":"response","request":{"id":"half"}');
      expect(idsOf(await query(file, {}))).toEqual(['r5', 'r4', 'r3', 'r2', 'r1']);
    });
  });

  it('AUD-06: a filter text with quotes or control characters matches literally', async () => {
    const evil = 'a"b\\c\n\u2028*x';
    await withLog([entryOf('e', { request: requestOf('e', { path: evil }), outcome: 'ok' }), created], async (file) => {
      expect(idsOf(await query(file, { path: evil }))).toEqual(['e']);
      expect(idsOf(await query(file, { path: '"path":' }))).toEqual([]);
      expect(idsOf(await query(file, { path: 'a"b*' }))).toEqual(['e']);
    });
  });

  it('does not find a value under another key', async () => {
    await withLog(story, async (file) => {
      const other = new ValueHasher(fixedKey(7));
      expect(idsOf(await query(file, { accessor: 'acc-new' }, { hash: (text) => other.text(text) }))).toEqual([]);
      other.forget();
    });
  });
});
