import { chmodSync, existsSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StrongroomError } from '../../lib/index.ts';
import { takeFolderLock } from './folder-lock.ts';
import { migrate } from './migrate.ts';
import { SqliteStore } from './sqlite-store.ts';

const databaseName = 'strongroom.db';
/** `synchronous = FULL`, as SQLite reads it back. */
const fullSynchronous = 2;

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
  requireDurable(database);
}

/** SQLite passes over a setting it cannot follow, such as a write-ahead log on a file system without shared memory. */
function requireDurable(database: Database.Database): void {
  const journal = database.pragma('journal_mode', { simple: true });
  const synchronous = database.pragma('synchronous', { simple: true });
  if (journal === 'wal' && synchronous === fullSynchronous) return;
  throw new StrongroomError('store_unavailable', 'the database would not flush each commit to the disk', {
    hint: `put the data folder on a local file system (journal ${String(journal)}, synchronous ${String(synchronous)})`,
  });
}

/** A folder that only its owner may enter; one that others may enter is refused, not repaired. */
function prepareFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const status = lstatSync(folder);
  if (!status.isDirectory())
    throw new StrongroomError('store_unavailable', `${folder} is not a folder`, {
      hint: 'name a folder; it is made when it is missing',
    });
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
    migrate(database);
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
  migrate(database);
  if (options.maxPages !== undefined) database.pragma(`max_page_count = ${Math.trunc(options.maxPages)}`);
  return new SqliteStore(database, 'inmem', () => {});
}
