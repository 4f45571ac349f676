import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { sql, SqliteAdapter } from 'kysely';
import { type DatabaseFault, findDatabaseFault } from './faults.ts';
import { inTransaction, type Store } from './store.ts';

/** As much as a document may need at once; taken back. */
const PROBE_BYTES = 64 * 1024;
/** Below this much room on the disk a database is as good as full: its write-ahead log grows before it is cut off. */
const LEAST_ROOM_BYTES = 16 * 1024 * 1024;

/**
 * Tries whether something can be kept, by keeping it and taking it back, and looks for room on the disk.
 * @returns what is in the way.
 * @throws Error if it failed for a reason that is none of the database's.
 */
export async function findWriteFault(store: Store): Promise<DatabaseFault | undefined> {
  const takenBack = new Error('taken back');
  try {
    await inTransaction(store, async ({ db }) => {
      const content = Buffer.alloc(PROBE_BYTES);
      await db.insertInto('document_chunks').values({ document_id: 'probe', sequence: 0, content_sealed: content }).execute(); // prettier-ignore
      throw takenBack;
    });
  } catch (error) {
    const fault = findDatabaseFault(error);
    if (fault !== undefined) return fault;
    if (error !== takenBack) throw error;
  }
  return (await hasRoom(store)) ? undefined : 'full';
}

async function hasRoom({ db }: Store): Promise<boolean> {
  if (!(db.getExecutor().adapter instanceof SqliteAdapter)) return true;
  const { rows } = await sql<{ file: string }>`select file from pragma_database_list where name = 'main'`.execute(db);
  const file = rows[0]?.file ?? '';
  if (file === '') return true;
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize >= LEAST_ROOM_BYTES;
}
