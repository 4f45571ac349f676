import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { requireSetUp, takeTurn } from './dialect.ts';
import * as initial from './migrations/0001-initial.ts';
import * as auditAnchors from './migrations/0002-audit-anchors.ts';
import * as people from './migrations/0003-people.ts';
import * as search from './migrations/0004-search.ts';
import * as channels from './migrations/0007-channels.ts';
import { inTransaction, type Store } from './store.ts';

/** All migrations by name, in their order. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-audit-anchors': auditAnchors,
  '0003-people': people,
  '0004-search': search,
  '0007-channels': channels,
};

/**
 * Brings the schema up to date; safe to run from many processes at once, because each run is one transaction that has the
 * lock from its beginning.
 * @throws Error if the database is not set up as it must be, a migration fails, or the schema is newer than this program.
 */
export async function migrate(store: Store): Promise<void> {
  await requireSetUp(store.db);
  // Kysely looks before it locks; here it looks and writes in one.
  await inTransaction(store, async ({ db }) => {
    await takeTurn(db, 'migrations');
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
    const { error } = await migrator.migrateToLatest();
    if (error === undefined) return;
    const unknown = await listUnknownMigrations(db);
    if (unknown.length === 0) throw new Error('the database could not be migrated', { cause: error });
    throw new Error(`the database is newer than this program: it has the migrations ${unknown.join(', ')}`, {
      cause: error,
    });
  });
}

async function listUnknownMigrations(db: Store['db']): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map((row) => row.name).filter((name) => !(name in MIGRATIONS));
}
