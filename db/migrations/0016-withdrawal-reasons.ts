import type { Kysely } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Why a draft of a rule was taken back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { longText } = columnTypesFor(db);
  await db.schema.alterTable('order_validation_rules').addColumn('retirement_reason', longText).execute();
}
