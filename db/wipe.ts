import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { sql, SqliteAdapter } from 'kysely';
import type { Store } from './store.ts';

/** How long to wait for a moment in which nobody writes, in milliseconds. */
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 3;

/**
 * Makes sure that no erased key is left in the database's files: older versions of SQLite's pages stay in the write-ahead
 * log until that is written back and cut off.
 * @returns whether it was done; false where too much is going on, or where the database looks after its files by itself.
 * @see https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
 */
export async function wipeDeleted(store: Store): Promise<boolean> {
  if (!(store.db.getExecutor().adapter instanceof SqliteAdapter)) return false;
  const { rows } = await sql<{ file: string }>`select file from pragma_database_list where name = 'main'`.execute(
    store.db,
  );
  // On a connection of its own: the others may be inside a transaction.
  const database = new DatabaseSync(rows[0]?.file ?? '', { timeout: 0 });
  try {
    const giveUpAt = Date.now() + PATIENCE_MS;
    while (!isCutOff(database)) {
      if (Date.now() > giveUpAt) return false;
      await pause(LOOK_EVERY_MS);
    }
    return true;
  } finally {
    database.close();
  }
}

/** Also waits for readers: all must have seen the newest version. */
function isCutOff(database: DatabaseSync): boolean {
  return database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0;
}
