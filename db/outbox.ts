import type { Selectable } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { first, insertOnce } from './dialect.ts';
import { getSealer, type Subject } from './seal.ts';
import type { Store } from './store.ts';
import type { OutboxTable } from './tables.ts';

export type OutboxRow = Selectable<OutboxTable>;

/** What goes out: an acknowledgment or a notice. */
export interface Outgoing {
  readonly subject: Subject;
  readonly source: string;
  readonly kind: string;
  /** Unique under the subject. */
  readonly stepKey: string;
  /** Name of the file to write; null: nothing is pushed, the receiver reads it over the API. */
  readonly fileName: string | null;
  readonly content: string | Uint8Array;
}

/** Writes an outgoing message, once, inside the transaction of what it tells of. */
export async function putOutbox(tx: Store, outgoing: Outgoing, at: string): Promise<void> {
  const sealer = await getSealer(tx, outgoing.subject);
  await insertOnce(tx.db, 'outbox', {
    id: uuidv7(), source: outgoing.source, subject: outgoing.subject, kind: outgoing.kind, step_key: outgoing.stepKey,
    file_name: outgoing.fileName, content_sealed: sealer.seal(`outbox ${outgoing.stepKey}`, outgoing.content),
    state: outgoing.fileName === null ? 'available' : 'pending', attempts: 0, created_at: at, next_attempt_at: at, delivered_at: null,
  }); // prettier-ignore
}

/** Messages whose time to be sent has come, oldest first. */
export function listDueOutbox(store: Store, now: string, size: number): Promise<OutboxRow[]> {
  const query = store.db
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', 'pending')
    .where('next_attempt_at', '<=', now)
    .orderBy('next_attempt_at')
    .orderBy('id');
  return first(query, size).execute();
}

/** The content of a message. */
export async function openOutbox(store: Store, row: OutboxRow): Promise<Buffer> {
  const sealer = await getSealer(store, row.subject as Subject);
  return sealer.open(`outbox ${row.step_key}`, row.content_sealed);
}

export async function markDelivered(store: Store, id: string, at: string): Promise<void> {
  await store.db
    .updateTable('outbox')
    .set((eb) => ({ state: 'delivered', delivered_at: at, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** Notes that a message cannot be delivered any more, because its content was erased. */
export async function markDropped(store: Store, id: string): Promise<void> {
  await store.db.updateTable('outbox').set({ state: 'dropped' }).where('id', '=', id).execute();
}

/** Notes a failed attempt and when to try again. */
export async function postponeOutbox(store: Store, id: string, nextAttemptAt: string): Promise<void> {
  await store.db
    .updateTable('outbox')
    .set((eb) => ({ next_attempt_at: nextAttemptAt, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** What went or will go out about an order or a document, oldest first; without content. */
export function listOutbox(
  store: Store,
  subject: Subject,
): Promise<Pick<OutboxRow, 'id' | 'kind' | 'state' | 'attempts' | 'created_at' | 'delivered_at'>[]> {
  return store.db
    .selectFrom('outbox')
    .select(['id', 'kind', 'state', 'attempts', 'created_at', 'delivered_at'])
    .where('subject', '=', subject)
    .orderBy('id')
    .execute();
}

/** The next number in a partner's sequence, without gaps when the caller's transaction commits. */
export async function takeControlNumber(tx: Store, source: string, kind: 'interchange' | 'group'): Promise<number> {
  // The update keeps the row from other takers until the end: nobody reads the same number below.
  const counted = await tx.db
    .updateTable('control_numbers')
    .set((eb) => ({ last_value: eb('last_value', '+', 1) }))
    .where('source', '=', source)
    .where('kind', '=', kind)
    .executeTakeFirst();
  if (counted.numUpdatedRows === 0n) {
    if (await insertOnce(tx.db, 'control_numbers', { source, kind, last_value: 1 })) return 1;
    return takeControlNumber(tx, source, kind);
  }
  const row = await tx.db
    .selectFrom('control_numbers')
    .select('last_value')
    .where('source', '=', source)
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow();
  return row.last_value;
}
