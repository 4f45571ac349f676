import type { Kysely } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** How often a step failed for which an order waits, and when it is tried again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { instant, integer } = columnTypesFor(db);
  await db.schema.alterTable('holds').addColumn('failures', integer).execute();
  await db.schema.alterTable('holds').addColumn('retry_at', instant).execute();
}
