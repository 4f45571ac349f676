import type { Kysely } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** How the rules came to their verdict on a revision, beside the facts that it rests on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { bytes } = columnTypesFor(db);
  await db.schema.alterTable('facts_snapshots').addColumn('verdict_sealed', bytes).execute();
}
