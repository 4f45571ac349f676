import { type Kysely, sql } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Documents that change an earlier order: which one, and as which of its revisions. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { id, integer } = columnTypesFor(db);
  await db.schema.alterTable('orders').addColumn('changes_order_id', id).execute();
  await db.schema.alterTable('orders').addColumn('changes_revision', integer).execute();
  await db.schema.alterTable('decisions').addColumn('change_order_id', id).execute();
  await sql`create index ix_orders_changes on orders (changes_order_id, received_at, id)
    where changes_order_id is not null`.execute(db);
  await sql`create index ix_decisions_change on decisions (change_order_id, created_at, id)
    where change_order_id is not null`.execute(db);
}
