import { type Kysely, sql } from 'kysely';
import { columnTypesFor, dropIndex } from '../dialect.ts';

/** When holds are looked at again, what the later judgements of a revision found, and approvals that name what they cover. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { id, bytes, code, instant, integer, longText } = columnTypesFor(db);
  await db.schema.alterTable('holds').addColumn('look_again_at', instant).execute();
  await db.schema.alterTable('holds').addColumn('looks', integer).execute();
  await sql`create index ix_holds_look_again on holds (look_again_at, order_id, looks)
    where cleared_at is null and look_again_at is not null`.execute(db);

  await db.schema
    .createTable('rejudgements')
    .addColumn('order_id', id, (column) => column.notNull())
    .addColumn('revision', integer, (column) => column.notNull())
    .addColumn('sequence', integer, (column) => column.notNull())
    .addColumn('occasion', code, (column) => column.notNull())
    .addColumn('taken_at', instant, (column) => column.notNull())
    .addColumn('cleared_json', longText, (column) => column.notNull())
    .addColumn('opened_json', longText, (column) => column.notNull())
    .addColumn('facts_sealed', bytes, (column) => column.notNull())
    .addColumn('verdict_sealed', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('pk_rejudgements', ['order_id', 'revision', 'sequence'])
    .execute();

  await db.schema.alterTable('decisions').addColumn('left_standing', integer).execute();
  await dropIndex(db, 'decisions', 'ux_decisions_standing');
  // As before, but for approvals that left holds standing: their review goes on, and somebody else decides it.
  await sql`create unique index ux_decisions_deciding on decisions (review_id, revision)
    where state <> 'refused' and review_id is not null and left_standing is null`.execute(db);
}
