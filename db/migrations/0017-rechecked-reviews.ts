import type { Kysely } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Which reviews nobody decided: their clock goes on when the order waits again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { integer } = columnTypesFor(db);
  await db.schema.alterTable('reviews').addColumn('rechecked_revision', integer).execute();
}
