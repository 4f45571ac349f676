import { type Kysely, sql } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Notices that are pushed: how each message goes out and where to, why it did not, and how each destination fares. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { id, code, instant } = columnTypesFor(db);
  const outbox = () => db.schema.alterTable('outbox');
  await outbox()
    .addColumn('channel', code, (column) => column.notNull().defaultTo('read'))
    .execute();
  await outbox().addColumn('destination', id).execute();
  await outbox().addColumn('last_failure', code).execute();
  // What was pushed before went out as a file.
  await sql`update outbox set channel = 'file' where state <> 'available'`.execute(db);
  await sql`create index ix_outbox_destination on outbox (destination, state, id)
    where destination is not null`.execute(db);
  await db.schema.createIndex('ix_outbox_source_id').on('outbox').columns(['source', 'id']).execute();

  await db.schema
    .createTable('notice_destinations')
    .addColumn('id', id, (column) => column.notNull())
    .addColumn('leased_by', id)
    .addColumn('leased_until', instant)
    .addColumn('stopped_at', instant)
    .addColumn('stopped_address', code)
    .addPrimaryKeyConstraint('pk_notice_destinations', ['id'])
    .execute();
}
