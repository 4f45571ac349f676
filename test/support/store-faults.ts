import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import type { Store } from '../../db/store.ts';

/** Keeps a database's write lock, as another process would; call what it returns to give it back. */
export function lockDatabase(path: string): () => void {
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('ROLLBACK');
    other.close();
  };
}

/** Leaves a database of SQLite no room at all; call what it returns to make room again. */
export async function fillDatabase(store: Store): Promise<() => Promise<void>> {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(store.db);
  await sql`pragma max_page_count = ${sql.lit(rows[0]?.page_count)}`.execute(store.db);
  let sequence = 0;
  // What is left in pages that are there, ever smaller.
  for (let size = 4000; size > 0; size = Math.floor(size / 4)) {
    for (;;) {
      const row = { document_id: 'filling', sequence: (sequence += 1), content_sealed: Buffer.alloc(size) };
      const fits = await store.db.insertInto('document_chunks').values(row).execute().then(() => true, () => false); // prettier-ignore
      if (!fits) break;
    }
  }
  return async () => {
    await sql`pragma max_page_count = 4294967294`.execute(store.db);
  };
}

/** Changes a few bytes of sealed content where it lies, as a broken disk would. */
export async function flipBytes(
  store: Store,
  table: 'order_revisions' | 'order_staging_raw' | 'facts_snapshots' | 'order_staging_validated' | 'decisions',
  orderId: string,
): Promise<() => Promise<void>> {
  const row = await store.db
    .selectFrom(table)
    .select('content_sealed')
    .where('order_id', '=', orderId)
    .executeTakeFirstOrThrow();
  const before = Buffer.from(row.content_sealed);
  const put = (content: Buffer) =>
    store.db.updateTable(table).set({ content_sealed: content }).where('order_id', '=', orderId).execute();
  await put(Buffer.from(before.map((byte, i) => (i === 20 ? byte ^ 0xff : byte))));
  return async () => {
    await put(before);
  };
}
