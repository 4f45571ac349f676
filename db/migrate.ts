import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import * as initial from './migrations/0001-initial.ts';
import { inTransaction, type Store } from './store.ts';

const MIGRATIONS: Readonly<Record<string, Migration>> = { '0001-initial': initial };

/**
 * Brings the schema up to date; safe to run from many processes at once, because each run is one write transaction.
 * @throws Error if a migration fails, or the schema is newer than this program.
 */
export function migrate(store: Store): Promise<void> {
  // Kysely looks before it locks; a transaction that has the write lock from its beginning looks and writes in one.
  return inTransaction(store, async ({ db }) => {
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
    const { error } = await migrator.migrateToLatest();
    if (error === undefined) return;
    const unknown = await listUnknownMigrations(db);
    if (unknown.length === 0) throw new Error('the database could not be migrated', { cause: error });
    throw new Error(`the database is newer than this program: it has the migrations ${unknown.join(', ')}`, { cause: error });
  });
}

async function listUnknownMigrations(db: Store['db']): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map((row) => row.name).filter((name) => !(name in MIGRATIONS));
}
