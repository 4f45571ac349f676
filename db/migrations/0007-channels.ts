import type { Kysely } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Secrets of sources that sign what they push or are polled with a key, and how far the polling of each has come. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { id, code, instant, integer, bytes, longText } = columnTypesFor(db);
  await db.schema
    .createTable('source_secrets')
    .addColumn('source', id, (column) => column.notNull())
    .addColumn('purpose', code, (column) => column.notNull())
    .addColumn('position', integer, (column) => column.notNull())
    .addColumn('secret_sealed', bytes, (column) => column.notNull())
    .addColumn('created_at', instant, (column) => column.notNull())
    .addColumn('created_by', id, (column) => column.notNull())
    .addPrimaryKeyConstraint('pk_source_secrets', ['source', 'purpose', 'position'])
    .execute();

  await db.schema
    .createTable('poll_cursors')
    .addColumn('source', id, (column) => column.notNull())
    .addColumn('list', longText, (column) => column.notNull())
    .addColumn('cursor_value', longText)
    .addColumn('failures', integer, (column) => column.notNull())
    .addColumn('fault', code)
    .addColumn('not_before', instant)
    .addColumn('succeeded_at', instant)
    .addColumn('changed_at', instant, (column) => column.notNull())
    .addPrimaryKeyConstraint('pk_poll_cursors', ['source'])
    .execute();
}
