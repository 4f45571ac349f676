import { type Kysely, sql } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Anchors of the audit trail: those written so far, and the entries that none covers yet. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const type = columnTypesFor(db);
  await db.schema
    .createTable('audit_anchors')
    .addColumn('number', type.integer, (column) => column.notNull())
    .addColumn('at', type.instant, (column) => column.notNull())
    .addColumn('row_count', type.integer, (column) => column.notNull())
    .addColumn('head_count', type.integer, (column) => column.notNull())
    .addColumn('heads_digest', type.code, (column) => column.notNull())
    .addColumn('previous_mac', type.code, (column) => column.notNull())
    .addColumn('mac', type.code, (column) => column.notNull())
    .addPrimaryKeyConstraint('pk_audit_anchors', ['number'])
    .execute();
  await db.schema
    .createTable('audit_unanchored')
    .addColumn('subject', type.id, (column) => column.notNull())
    .addColumn('sequence', type.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('pk_audit_unanchored', ['subject', 'sequence'])
    .execute();
  await sql`insert into audit_unanchored (subject, sequence) select subject, sequence from order_processing_log`.execute(
    db,
  );
}
