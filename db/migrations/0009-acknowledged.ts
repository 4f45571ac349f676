import { type Kysely, sql } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Messages that a partner acknowledges in turn: under which number it went out, and what came back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { code, instant } = columnTypesFor(db);
  await db.schema.alterTable('outbox').addColumn('control_number', code).execute();
  await db.schema.alterTable('outbox').addColumn('acknowledged_at', instant).execute();
  await db.schema.alterTable('outbox').addColumn('acknowledgment', code).execute();
  await db.schema.alterTable('outbox').addColumn('missed_at', instant).execute();
  await sql`create index ix_outbox_unacknowledged on outbox (kind, delivered_at, id)
    where control_number is not null and acknowledged_at is null and missed_at is null`.execute(db);
  await sql`create unique index ux_outbox_control_number on outbox (source, kind, control_number)
    where control_number is not null`.execute(db);
}
