import type { Kysely } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Control numbers that partners have used, so that what comes twice, or not at all, is noticed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { id, code, instant } = columnTypesFor(db);
  await db.schema
    .createTable('received_numbers')
    .addColumn('source', id, (column) => column.notNull())
    .addColumn('kind', code, (column) => column.notNull())
    .addColumn('number', code, (column) => column.notNull())
    .addColumn('document_id', id, (column) => column.notNull())
    .addColumn('first_seen_at', instant, (column) => column.notNull())
    .addPrimaryKeyConstraint('pk_received_numbers', ['source', 'kind', 'number'])
    .execute();
  await db.schema
    .createIndex('ix_received_numbers_document_id')
    .on('received_numbers')
    .columns(['document_id', 'kind'])
    .execute();
  await db.schema
    .createIndex('ix_received_numbers_source_kind_first_seen_at')
    .on('received_numbers')
    .columns(['source', 'kind', 'first_seen_at', 'number'])
    .execute();
}
