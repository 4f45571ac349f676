import { sql } from 'kysely';
import { type Migration, type MigrationResult, Migrator } from 'kysely/migration';
import { requireSetUp, takeTurn } from './dialect.ts';
import { FAULT_WORDS, findDatabaseFault, StoreUnusable } from './faults.ts';
import * as initial from './migrations/0001-initial.ts';
import * as auditAnchors from './migrations/0002-audit-anchors.ts';
import * as people from './migrations/0003-people.ts';
import * as search from './migrations/0004-search.ts';
import * as failures from './migrations/0005-failures.ts';
import * as receivedNumbers from './migrations/0006-received-numbers.ts';
import * as channels from './migrations/0007-channels.ts';
import * as changes from './migrations/0008-changes.ts';
import * as acknowledged from './migrations/0009-acknowledged.ts';
import * as verdicts from './migrations/0010-verdicts.ts';
import * as ruleAdministration from './migrations/0011-rule-administration.ts';
import * as fulfilment from './migrations/0012-fulfilment.ts';
import * as rechecks from './migrations/0013-rechecks.ts';
import * as notices from './migrations/0014-notices.ts';
import * as incidents from './migrations/0015-incidents.ts';
import * as withdrawalReasons from './migrations/0016-withdrawal-reasons.ts';
import * as recheckedReviews from './migrations/0017-rechecked-reviews.ts';
import { listMissing } from './schema-check.ts';
import { inTransaction, type Store } from './store.ts';

/** All migrations by name, in their order. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-audit-anchors': auditAnchors,
  '0003-people': people,
  '0004-search': search,
  '0005-failures': failures,
  '0006-received-numbers': receivedNumbers,
  '0007-channels': channels,
  '0008-changes': changes,
  '0009-acknowledged': acknowledged,
  '0010-verdicts': verdicts,
  '0011-rule-administration': ruleAdministration,
  '0012-fulfilment': fulfilment,
  '0013-rechecks': rechecks,
  '0014-notices': notices,
  '0015-incidents': incidents,
  '0016-withdrawal-reasons': withdrawalReasons,
  '0017-rechecked-reviews': recheckedReviews,
};

/**
 * Brings the schema up to date, and looks whether it is whole. Safe to run from many processes at once, because each run
 * is one transaction that has the lock from its beginning; of a run that was broken off nothing stays.
 * @throws StoreUnusable if the database is not set up as it must be, a migration fails, the schema is newer than this
 * program, or parts of it are not there.
 */
export async function migrate(store: Store, migrations = MIGRATIONS): Promise<void> {
  await requireSetUp(store.db);
  // Kysely looks before it locks; here it looks and writes in one.
  await inTransaction(store, async ({ db }) => {
    await takeTurn(db, 'migrations');
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
    const { error, results = [] } = await migrator.migrateToLatest();
    if (error !== undefined) throw await explain(db, error, results, migrations);
  });
  const missing = await listMissing(store, migrations);
  if (missing.length === 0) return;
  throw new StoreUnusable(
    `the database is not whole: its migrations made ${missing.join(', ')}, and that is not there; restore it from a backup`,
  );
}

async function explain(
  db: Store['db'],
  cause: unknown,
  results: readonly MigrationResult[],
  migrations: typeof MIGRATIONS,
): Promise<Error> {
  const fault = findDatabaseFault(cause);
  if (fault !== undefined)
    return new Error(`the schema cannot be brought up to date: ${FAULT_WORDS[fault]}`, { cause });
  const unknown = (await listDone(db)).filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    const names = unknown.join(', ');
    return new StoreUnusable(`the database is newer than this program: it has the migrations ${names}`, { cause });
  }
  const failed = results.find(({ status }) => status === 'Error')?.migrationName;
  const what =
    failed === undefined
      ? 'the database could not be migrated'
      : `the migration ${failed} failed, and nothing of it stays`;
  return new StoreUnusable(`${what}: ${String((cause as Partial<Error>).message)}`, { cause });
}

async function listDone(db: Store['db']): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
}
