import type { Kysely } from 'kysely';
import { dropIndex } from '../dialect.ts';

/** In each index of orders, behind the columns that it begins with: the order of the lists. */
const NEWEST = ['received_at', 'id'];

/**
 * An index for whatever a search of orders combines, so that none of them reads past orders that do not fit. There are
 * those without state and channel, and those with both: a search by one of them looks at each value of the other.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const columns of [['state'], ['source', 'state'], ['customer_id', 'state']]) {
    await dropIndex(db, 'orders', nameOf(columns));
    await createIndex(db, [...columns, 'channel']);
  }
  await createIndex(db, ['customer_id', 'source']);
  await createIndex(db, ['customer_id', 'source', 'state', 'channel']);
  await createIndex(db, ['customer_id', 'po_number']);
  await createIndex(db, ['document_id']);
}

function nameOf(columns: readonly string[]): string {
  return ['ix_orders', ...columns, ...NEWEST].join('_');
}

async function createIndex(db: Kysely<unknown>, columns: readonly string[]): Promise<void> {
  await db.schema
    .createIndex(nameOf(columns))
    .on('orders')
    .columns([...columns, ...NEWEST])
    .execute();
}
