import { type Insertable, type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * The one place where the databases differ. SQLite is the only one so far; SQL Server has no `ON CONFLICT` (insert, and
 * take errors 2627 and 2601 as "already there") and no `LIMIT` (`TOP`).
 */

/** Column types by meaning, for the migrations. */
export const columnTypes = {
  /** UUID, code or name in ASCII. */
  id: sql`text`,
  text: sql`text`,
  /** UTC, ISO 8601 with milliseconds. */
  instant: sql`text`,
  integer: sql`integer`,
  bytes: sql`blob`,
};

/** Inserts a row unless its key is there already; tells whether it was inserted. */
export async function insertOnce<T extends keyof Tables>(
  db: Kysely<Tables>,
  table: T,
  row: Insertable<Tables[T]>,
): Promise<boolean> {
  const result = await db
    .insertInto(table)
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** The first `count` rows of a query. */
export function first<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>, count: number): SelectQueryBuilder<DB, TB, O> {
  return query.limit(count);
}
