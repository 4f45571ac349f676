import { insertOnce } from './dialect.ts';
import type { Store } from './store.ts';
import type { PollCursorTable } from './tables.ts';

/** How far the polling of a source has come, and how it goes. */
export type PollCursor = Pick<PollCursorTable, 'failures' | 'fault' | 'not_before' | 'succeeded_at'> & {
  /** What is asked for next; null: from the beginning. */
  readonly cursor: string | null;
};

/** What of a profile makes a cursor mean something: one of another list is none. */
export interface PolledList {
  readonly source: string;
  /** Names the list: its address and what the cursor is. */
  readonly list: string;
  /** Where to begin. */
  readonly start: string | null;
}

/** Where the polling of a list stands. */
export async function readCursor(store: Store, { source, list, start }: PolledList): Promise<PollCursor> {
  const row = await store.db.selectFrom('poll_cursors').selectAll().where('source', '=', source).executeTakeFirst();
  if (row?.list !== list) return { cursor: start, failures: 0, fault: null, not_before: null, succeeded_at: null };
  const { cursor_value: cursor, failures, fault, not_before, succeeded_at } = row;
  return { cursor, failures, fault, not_before, succeeded_at };
}

/**
 * Notes that a page was read and every order of it is kept, and moves the cursor behind it. Called after that: of a crash
 * in between nothing is lost, and the page that is read again is known again.
 */
export function noteSuccess(store: Store, of: PolledList, cursor: string | null, at: string): Promise<void> {
  const progress = { cursor_value: cursor, failures: 0, fault: null, not_before: null, succeeded_at: at };
  return put(store, of, { ...progress, changed_at: at });
}

/** Notes that a page could not be read; the cursor stays. @param fault a code @param notBefore UTC instant */
export async function noteFailure(
  store: Store,
  of: PolledList,
  fault: string,
  notBefore: string,
  at: string,
): Promise<void> {
  const { cursor, failures, succeeded_at } = await readCursor(store, of);
  const progress = { cursor_value: cursor, failures: failures + 1, fault, not_before: notBefore, succeeded_at };
  await put(store, of, { ...progress, changed_at: at });
}

async function put(
  { db }: Store,
  { source, list }: PolledList,
  values: Omit<PollCursorTable, 'source' | 'list'>,
): Promise<void> {
  if (await insertOnce(db, 'poll_cursors', { source, list, ...values })) return;
  await db.updateTable('poll_cursors').set({ list, ...values }).where('source', '=', source).execute(); // prettier-ignore
}
