import { type Kysely, sql } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Finding a person's orders, erasing them on request, and removing what is past its retention. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { id, code, instant, integer, bytes } = columnTypesFor(db);
  await db.schema
    .createTable('person_hashes')
    .addColumn('hash', id, (column) => column.notNull())
    .addColumn('order_id', id, (column) => column.notNull())
    .addColumn('kind', code, (column) => column.notNull())
    .addPrimaryKeyConstraint('pk_person_hashes', ['hash', 'order_id'])
    .execute();
  await db.schema.createIndex('ix_person_hashes_order_id').on('person_hashes').column('order_id').execute();

  await db.schema
    .createTable('privacy_requests')
    .addColumn('id', id, (column) => column.notNull())
    .addColumn('action', code, (column) => column.notNull())
    .addColumn('kind', code, (column) => column.notNull())
    .addColumn('subject', code, (column) => column.notNull())
    .addColumn('actor', id, (column) => column.notNull())
    .addColumn('reason_sealed', bytes, (column) => column.notNull())
    .addColumn('orders', integer, (column) => column.notNull())
    .addColumn('created_at', instant, (column) => column.notNull())
    .addPrimaryKeyConstraint('pk_privacy_requests', ['id'])
    .execute();

  await db.schema.alterTable('orders').addColumn('erased_at', instant).execute();
  await db.schema.alterTable('orders').addColumn('expired_at', instant).execute();
  await db.schema.alterTable('documents').addColumn('erased_at', instant).execute();
  // Only orders that are over and have their content: what stays of the others would have to be read past every day.
  await sql`create index ix_orders_retention on orders (state, terminal_at, id)
    where expired_at is null and terminal_at is not null`.execute(db);
}
