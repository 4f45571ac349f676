import { type Kysely, sql } from 'kysely';
import { columnTypesFor } from '../dialect.ts';

/** Who approved a version of a rule and when it began to count; what orders were judged by; drafts tried on past orders. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { id, code, instant, integer, longText } = columnTypesFor(db);
  const rules = () => db.schema.alterTable('order_validation_rules');
  await rules()
    .addColumn('status', code, (column) => column.notNull().defaultTo('approved'))
    .execute();
  await rules().addColumn('sequence', integer).execute();
  await rules().addColumn('approved_by', id).execute();
  await rules().addColumn('approved_at', instant).execute();
  await rules().addColumn('approval_reason', longText).execute();
  await rules().addColumn('retired_by', id).execute();
  await rules().addColumn('retired_at', instant).execute();
  // What was there before has counted from the beginning.
  await sql`update order_validation_rules set sequence = 1, approved_at = created_at`.execute(db);
  await db.schema.alterTable('facts_snapshots').addColumn('rules_sequence', integer).execute();

  await db.schema
    .createTable('rule_simulations')
    .addColumn('id', id, (column) => column.notNull())
    .addColumn('code', id, (column) => column.notNull())
    .addColumn('version', integer)
    .addColumn('draft_json', longText, (column) => column.notNull())
    .addColumn('rules_sequence', integer, (column) => column.notNull())
    .addColumn('actor', id, (column) => column.notNull())
    .addColumn('limits_json', longText, (column) => column.notNull())
    .addColumn('received_from', instant, (column) => column.notNull())
    .addColumn('received_to', instant, (column) => column.notNull())
    .addColumn('state', code, (column) => column.notNull())
    .addColumn('orders', integer, (column) => column.notNull())
    .addColumn('pages', integer, (column) => column.notNull())
    .addColumn('cursor_json', longText)
    .addColumn('tally_json', longText, (column) => column.notNull())
    .addColumn('created_at', instant, (column) => column.notNull())
    .addColumn('ended_at', instant)
    .addPrimaryKeyConstraint('pk_rule_simulations', ['id'])
    .execute();

  await db.schema
    .createTable('rule_simulation_flips')
    .addColumn('simulation_id', id, (column) => column.notNull())
    .addColumn('order_id', id, (column) => column.notNull())
    .addColumn('revision', integer, (column) => column.notNull())
    .addColumn('before_outcome', code, (column) => column.notNull())
    .addColumn('after_outcome', code, (column) => column.notNull())
    .addColumn('findings', integer, (column) => column.notNull())
    .addColumn('currency', code, (column) => column.notNull())
    .addColumn('total', code, (column) => column.notNull())
    .addPrimaryKeyConstraint('pk_rule_simulation_flips', ['simulation_id', 'order_id'])
    .execute();
}
