import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import * as initial from './migrations/0001-initial.ts';
import type { Store } from './store.ts';

const MIGRATIONS = { '0001-initial': initial };

/**
 * Brings the schema up to date; safe to run from many processes at once, because each run is one write transaction.
 * @throws Error if a migration fails, or the schema is newer than this program.
 */
export async function migrate(store: Store): Promise<void> {
  await store.db.connection().execute(async (db) => {
    // Kysely looks before it locks; taking the write lock first lets any number of processes start at once.
    await sql`BEGIN IMMEDIATE`.execute(db);
    try {
      const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
      const { error } = await migrator.migrateToLatest({ disableTransactions: true });
      if (error !== undefined) throw new Error('the database could not be migrated; is it newer than this program?', { cause: error });
      await sql`COMMIT`.execute(db);
    } catch (error) {
      await sql`ROLLBACK`.execute(db);
      throw error;
    }
  });
}
