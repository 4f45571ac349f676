import { closeSync, openSync, readSync, writeSync } from 'node:fs';
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

/**
 * Puts a page of the file out of joint that holds nothing but part of an order's slice, which must be longer than a page:
 * the overflow chain of its row leads nowhere. Returns what restores it.
 * @see https://www.sqlite.org/fileformat2.html#ovflpgs
 */
export function damagePage(path: string, orderId: string): () => void {
  const database = new DatabaseSync(path, { readOnly: true });
  const row = database.prepare('select content_sealed from order_staging_raw where order_id = ?').get(orderId);
  const pageSize = Number(database.prepare('pragma page_size').get()?.['page_size']);
  database.close();
  const content = Buffer.from(row?.['content_sealed'] as Uint8Array);
  const needle = content.subarray(content.length - 40 - pageSize, content.length - pageSize);
  const descriptor = openSync(path, 'r+');
  const page = Buffer.alloc(pageSize);
  for (let at = 0; readSync(descriptor, page, 0, pageSize, at) === pageSize; at += pageSize) {
    if (!page.includes(needle)) continue;
    const before = Buffer.from(page.subarray(0, 4));
    writeSync(descriptor, Buffer.from([0x7f, 0xff, 0xff, 0xff]), 0, 4, at);
    return () => {
      writeSync(descriptor, before, 0, 4, at);
      closeSync(descriptor);
    };
  }
  closeSync(descriptor);
  throw new Error('there is no such page');
}
