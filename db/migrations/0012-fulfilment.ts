import { type Kysely, sql } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** What of each line was set aside in which warehouse, and lines that wait for stock. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { id, code, text, instant, integer } = columnTypesFor(db);
  await db.schema
    .createTable('line_allocations')
    .addColumn('order_id', id, (column) => column.notNull())
    .addColumn('revision', integer, (column) => column.notNull())
    .addColumn('position', integer, (column) => column.notNull())
    .addColumn('warehouse', text, (column) => column.notNull())
    .addColumn('quantity', code, (column) => column.notNull())
    .addPrimaryKeyConstraint('pk_line_allocations', ['order_id', 'revision', 'position', 'warehouse'])
    .execute();

  await db.schema
    .createTable('line_holds')
    .addColumn('order_id', id, (column) => column.notNull())
    .addColumn('revision', integer, (column) => column.notNull())
    .addColumn('position', integer, (column) => column.notNull())
    .addColumn('code', id, (column) => column.notNull())
    .addColumn('quantity', code, (column) => column.notNull())
    .addColumn('opened_at', instant, (column) => column.notNull())
    .addColumn('looked_at', instant, (column) => column.notNull())
    .addColumn('cleared_at', instant)
    .addColumn('cleared_by', id)
    .addPrimaryKeyConstraint('pk_line_holds', ['order_id', 'revision', 'position'])
    .execute();
  await sql`create index ix_line_holds_standing on line_holds (looked_at, order_id, revision)
    where cleared_at is null`.execute(db);
}
