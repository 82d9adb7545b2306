import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isError } from '../../lib/index.ts';
import { record, storeConformance } from '../conformance.ts';
import { openMemoryStore, openSqliteStore, type Store } from '../index.ts';
import { describeFailure } from './writer.ts';

/** Takes the database's write lock, says so, and keeps it for a second. */
const holdLock = `
import Database from 'better-sqlite3';
const database = new Database(process.argv[1]);
database.exec('BEGIN IMMEDIATE');
console.log('held');
setTimeout(() => database.exec('ROLLBACK'), 1_000);
`;

storeConformance('SQLite in memory', async () => {
  const store = openMemoryStore();
  return { store, discard: () => store.close() };
});

storeConformance('SQLite in a folder', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'strongroom-store-')), 'data');
  let store = openSqliteStore(folder);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = openSqliteStore(folder);
      return store;
    },
    discard: async () => {
      await store.close();
      rmSync(join(folder, '..'), { recursive: true });
    },
  };
});

describe('the data folder', () => {
  let parent: string;
  let folder: string;
  let open: Store[];
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'strongroom-folder-'));
    folder = join(parent, 'data');
    open = [];
  });
  afterEach(async () => {
    for (const store of open) await store.close();
    rmSync(parent, { recursive: true });
  });
  const start = (): Store => {
    const store = openSqliteStore(folder);
    open.push(store);
    return store;
  };

  it('is made for its owner alone, and so is every file in it', async () => {
    await start().commit([{ kind: 'insert', table: 'records', row: record('a') }]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  });

  it('refuses a second server and says why; the first goes on', async () => {
    const first = start();
    expect(() => start()).toThrow(/another server is using the data folder/);
    await first.commit([{ kind: 'insert', table: 'records', row: record('a') }]);
    await first.close();
    expect(await start().count('records', {})).toBe(1);
  });

  it('is refused when others may enter it or read its files, and is left as it was', async () => {
    await start().close();
    chmodSync(folder, 0o755);
    expect(() => start()).toThrow(/open to other users/);
    chmodSync(folder, 0o700);
    chmodSync(join(folder, 'strongroom.db'), 0o644);
    expect(() => start()).toThrow(/open to other users/);
    expect(statSync(join(folder, 'strongroom.db')).mode & 0o777).toBe(0o644);
  });

  it('STO-04: is refused where a commit would not be flushed', () => {
    const { pragma } = Database.prototype;
    for (const [wanted, got] of [
      ['synchronous = FULL', 'synchronous = NORMAL'],
      ['journal_mode = WAL', 'journal_mode = DELETE'],
    ] as const) {
      const spy = vi.spyOn(Database.prototype, 'pragma').mockImplementation(function (
        this: Database.Database,
        ...sent
      ) {
        return pragma.call(this, sent[0] === wanted ? got : sent[0], sent[1]);
      });
      const place = join(parent, wanted.slice(0, 4));
      expect(() => openSqliteStore(place), wanted).toThrow('would not flush each commit');
      spy.mockRestore();
      open.push(openSqliteStore(place));
    }
  });

  it('STO-13: waits for another process that writes, and loses nothing', async () => {
    const store = start();
    const holder = spawn(process.execPath, ['--input-type=module', '-e', holdLock, join(folder, 'strongroom.db')], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const answers = Array.from({ length: 200 }, (_, index) =>
      store.commit([{ kind: 'insert', table: 'records', row: record(`parallel-${index}`) }]),
    );
    expect((await Promise.all(answers)).length).toBe(200);
    expect(await store.count('records', {})).toBe(200);
    holder.kill();
  });

  it('STO-14: is refused when the database is damaged or written by a newer release', async () => {
    await start().close();
    const database = new Database(join(folder, 'strongroom.db'));
    database.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)').run('later', 9e15);
    database.close();
    expect(() => start()).toThrow(/newer release/);
    writeFileSync(join(folder, 'strongroom.db'), 'this is not a database at all, but long enough to be read');
    expect(() => start()).toThrow(/cannot be opened/);
  });
});

describe('a failed write', () => {
  it('tells a full disk from a broken one, and says when to try again', () => {
    const full = describeFailure(Object.assign(new Error('x'), { code: 'SQLITE_FULL' }));
    expect(isError(full, 'store_full')).toBe(true);
    expect(full.retryAfterSeconds).toBeGreaterThan(0);
    expect(isError(describeFailure(Object.assign(new Error('x'), { code: 'SQLITE_IOERR' })), 'store_unavailable')).toBe(
      true,
    );
  });

  it('STO: leaves the store as it was when there is no room, and goes on when there is', async () => {
    const store = openMemoryStore({ maxPages: 120 });
    const write = (id: string) =>
      store.commit([
        { kind: 'insert', table: 'records', row: record(id, { sealed: Buffer.alloc(20_000) }) },
        { kind: 'insert', table: 'records', row: record(`${id} twin`) },
      ]);
    let written = 0;
    const refusal = await (async () => {
      for (; written < 100; written += 1) {
        try {
          await write(`row ${written}`);
        } catch (error) {
          return error;
        }
      }
      return undefined;
    })();
    expect(isError(refusal, 'store_full')).toBe(true);
    expect(written).toBeGreaterThan(0);
    expect(await store.count('records', {})).toBe(2 * written);
    await store.commit([{ kind: 'deleteWhere', table: 'records', where: { collection: 'c' } }]);
    await write('again');
    expect(await store.count('records', {})).toBe(2);
    await store.close();
  });
});
