import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { StrongroomError } from '../../lib/index.ts';
import { takeFolderLock } from './folder-lock.ts';
import { SqliteStore } from './sqlite-store.ts';

const databaseName = 'strongroom.db';

/** The migrations lie at the top of the repository, and at the same distance from the emitted `dist`. */
function migrationsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let depth = 0; depth < 6; depth += 1) {
    const candidate = join(folder, 'drizzle', 'sqlite');
    if (existsSync(candidate)) return candidate;
    folder = dirname(folder);
  }
  throw new StrongroomError('store_unavailable', 'the migrations folder drizzle/sqlite is missing', {
    hint: 'the installation is incomplete: install it again',
  });
}

function configure(database: Database.Database): void {
  database.pragma('auto_vacuum = INCREMENTAL');
  database.pragma('journal_mode = WAL');
  // An acknowledged write survives a power cut: every commit is flushed.
  database.pragma('synchronous = FULL');
  database.pragma('secure_delete = FAST');
  database.pragma('foreign_keys = OFF');
  database.pragma('temp_store = MEMORY');
  database.pragma('cache_size = -16384');
  database.pragma('wal_autocheckpoint = 1000');
  database.pragma('trusted_schema = OFF');
  database.pragma('cell_size_check = ON');
}

/** A folder that only its owner may enter; one that others may enter is refused, not repaired. */
function prepareFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const status = lstatSync(folder);
  if (!status.isDirectory()) throw new StrongroomError('store_unavailable', `${folder} is not a folder`);
  if ((status.mode & 0o077) !== 0) {
    throw new StrongroomError('store_unavailable', `the data folder ${folder} is open to other users`, {
      hint: `chmod 700 ${folder}`,
    });
  }
}

function requirePrivateFiles(folder: string): void {
  for (const name of [databaseName, `${databaseName}-wal`, `${databaseName}-shm`]) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    const status = lstatSync(path);
    if (!status.isFile() || (status.mode & 0o077) !== 0) {
      throw new StrongroomError('store_unavailable', `the file ${path} is open to other users or not a plain file`, {
        hint: `chmod 600 ${path}`,
      });
    }
  }
}

/**
 * Opens (or makes) the store in a folder. Refuses when another server holds the folder, when files are open to other
 * users, when the database is damaged, or when it was written by a newer release.
 */
export function openSqliteStore(folder: string): SqliteStore {
  prepareFolder(folder);
  const release = takeFolderLock(folder);
  const previousMask = process.umask(0o077);
  try {
    requirePrivateFiles(folder);
    const database = new Database(join(folder, databaseName));
    configure(database);
    bringUpToDate(database);
    chmodSync(join(folder, databaseName), 0o600);
    return new SqliteStore(database, 'sqlite', release);
  } catch (error) {
    release();
    if (error instanceof StrongroomError) throw error;
    throw new StrongroomError('store_unavailable', `the database in ${folder} cannot be opened`, {
      hint: error instanceof Error ? error.message : 'see the server log',
      cause: error,
    });
  } finally {
    process.umask(previousMask);
  }
}

/** A store that lives and dies with the process, for development and tests. Writes beyond `maxPages` of 4 KiB are refused. */
export function openMemoryStore(options: { readonly maxPages?: number } = {}): SqliteStore {
  const database = new Database(':memory:');
  database.pragma('trusted_schema = OFF');
  bringUpToDate(database);
  if (options.maxPages !== undefined) database.pragma(`max_page_count = ${Math.trunc(options.maxPages)}`);
  return new SqliteStore(database, 'inmem', () => {});
}

function bringUpToDate(database: Database.Database): void {
  const folder = migrationsFolder();
  refuseNewerDatabase(database, folder);
  // One transaction over all pending migrations: a crash in the middle leaves the old schema.
  migrate(drizzle(database), { migrationsFolder: folder });
}

function refuseNewerDatabase(database: Database.Database, folder: string): void {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").get();
  if (table === undefined) return;
  const applied = database.prepare('SELECT max(created_at) FROM __drizzle_migrations').pluck().get() as number | null;
  if (applied !== null && applied > newestMigrationMillis(folder)) {
    throw new StrongroomError('store_unavailable', 'the database was written by a newer release', {
      hint: 'run the release that wrote it, or restore a backup made before the upgrade',
    });
  }
}

function newestMigrationMillis(folder: string): number {
  const journal = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
    entries: { when: number }[];
  };
  return Math.max(...journal.entries.map((entry) => entry.when));
}
