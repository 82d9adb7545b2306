import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Database from 'better-sqlite3';
import { StrongroomError } from '../../lib/index.ts';

interface Migration {
  /** When it was generated, milliseconds since 1970: their order, and what the database remembers of them. */
  readonly when: number;
  readonly tag: string;
}

const separator = '--> statement-breakpoint';

/**
 * Applies what `drizzle-kit generate` wrote, in the format and with the table of drizzle's own migrator, which is not
 * loaded: it would keep 130 MB of memory for as long as the server runs. All pending migrations are one transaction: a
 * crash in the middle leaves the old schema. Refuses a database that a newer release wrote.
 */
export function migrate(database: Database.Database): void {
  const folder = migrationsFolder();
  const journal = readJournal(folder);
  database.exec(
    'CREATE TABLE IF NOT EXISTS __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)',
  );
  const applied = database.prepare('SELECT max(created_at) FROM __drizzle_migrations').pluck().get() as number | null;
  if (applied !== null && applied > Math.max(...journal.map(({ when }) => when))) {
    throw new StrongroomError('store_unavailable', 'the database was written by a newer release', {
      hint: 'run the release that wrote it, or restore a backup made before the upgrade',
    });
  }
  const pending = journal.filter(({ when }) => applied === null || when > applied);
  if (pending.length === 0) return;
  const note = database.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)');
  database.transaction(() => {
    for (const { tag, when } of pending) {
      for (const statement of readFileSync(join(folder, `${tag}.sql`), 'utf8').split(separator))
        database.exec(statement);
      note.run(tag, when);
    }
  })();
}

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

function readJournal(folder: string): readonly Migration[] {
  const { entries } = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
    entries: Migration[];
  };
  return entries;
}
