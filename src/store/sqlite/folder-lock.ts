import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StrongroomError } from '../../lib/index.ts';

/**
 * Keeps a second server off a data folder. An exclusive SQLite lock is a lock of the kernel: it goes when the process
 * goes, however it goes, so there is no stale lock to clean up.
 */
export function takeFolderLock(folder: string): () => void {
  const path = join(folder, 'server.lock');
  const previousMask = process.umask(0o077);
  let lock: Database.Database | undefined;
  try {
    lock = new Database(path, { timeout: 0 });
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
    chmodSync(path, 0o600);
    const held = lock;
    return () => void (held.open && held.close());
  } catch (error) {
    lock?.close();
    throw new StrongroomError('store_unavailable', `another server is using the data folder ${folder}`, {
      hint: 'stop the other server, or give this one a folder of its own',
      cause: error,
    });
  } finally {
    process.umask(previousMask);
  }
}
