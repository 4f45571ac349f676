import { type Kysely, sql } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Causes that hit many orders, what they hit, and how what is new is found. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { id, code, text, instant, integer, longText } = columnTypesFor(db);
  await db.schema
    .createTable('incidents')
    .addColumn('id', id, (column) => column.notNull())
    .addColumn('cause_kind', id, (column) => column.notNull())
    .addColumn('cause_value', text, (column) => column.notNull())
    .addColumn('cause_code', id, (column) => column.notNull())
    .addColumn('state', code, (column) => column.notNull())
    .addColumn('first_seen_at', instant, (column) => column.notNull())
    .addColumn('last_seen_at', instant, (column) => column.notNull())
    .addColumn('opened_at', instant, (column) => column.notNull())
    .addColumn('orders', integer, (column) => column.notNull())
    .addColumn('peak', integer, (column) => column.notNull())
    .addColumn('told_orders', integer, (column) => column.notNull())
    .addColumn('acknowledged_by', id)
    .addColumn('acknowledged_at', instant)
    .addColumn('acknowledgment_reason', longText)
    .addColumn('closed_at', instant)
    .addPrimaryKeyConstraint('pk_incidents', ['id'])
    .execute();
  await createIndex(db, 'incidents', ['state', 'id']);
  // One open incident a cause, whoever notices it.
  await sql`create unique index ux_incidents_open on incidents (cause_kind, cause_value, cause_code)
    where closed_at is null`.execute(db);

  await db.schema
    .createTable('incident_orders')
    .addColumn('subject_kind', code, (column) => column.notNull())
    .addColumn('subject_id', id, (column) => column.notNull())
    .addColumn('code', id, (column) => column.notNull())
    .addColumn('cause_kind', id, (column) => column.notNull())
    .addColumn('cause_value', text, (column) => column.notNull())
    .addColumn('cause_code', id, (column) => column.notNull())
    .addColumn('source', id, (column) => column.notNull())
    .addColumn('since', instant, (column) => column.notNull())
    .addColumn('seen_at', instant, (column) => column.notNull())
    .addColumn('until', instant)
    .addColumn('incident_id', id)
    .addPrimaryKeyConstraint('pk_incident_orders', [
      ...['subject_id', 'code', 'cause_kind', 'cause_value', 'cause_code', 'since'],
    ] as never[])
    .execute();
  await createIndex(db, 'incident_orders', ['incident_id', 'subject_id']);
  await createIndex(db, 'incident_orders', ['incident_id', 'cause_kind', 'cause_value', 'cause_code']);
  await createIndex(db, 'incident_orders', ['until', 'subject_id']);

  // What is new: both are looked for by when they came.
  await createIndex(db, 'holds', ['opened_at']);
  await createIndex(db, 'order_staging_errors', ['disposition', 'created_at']);
}

async function createIndex(db: Kysely<unknown>, table: string, columns: readonly string[]): Promise<void> {
  await db.schema
    .createIndex(['ix', table, ...columns].join('_'))
    .on(table)
    .columns([...columns])
    .execute();
}
