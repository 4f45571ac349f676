import type { Selectable } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { first, insertOnce, lockRows } from './dialect.ts';
import { getSealer, type KeyOwner, openSealer, type Sealer, type Subject } from './seal.ts';
import { inTransaction, type Store } from './store.ts';
import type { DeliveryState, OutboxChannel, OutboxTable } from './tables.ts';

export type OutboxRow = Selectable<OutboxTable>;

/** What a message is about. Only an incident is not erased on anybody's behalf: it holds codes and counts. */
export type OutboxSubject = Subject | `incident:${string}`;

/** What goes out: an acknowledgment or a notice. */
export interface Outgoing {
  readonly subject: OutboxSubject;
  readonly source: string;
  readonly kind: string;
  /** Unique under the subject. */
  readonly stepKey: string;
  readonly content: string | Uint8Array;
}

/** An X12 message without control numbers: it gets them, and its file name, when it is composed to be sent. */
export type UncomposedMessage = Omit<Outgoing, 'content'> & { readonly message: unknown };

/** Writes a message that is composed when it is sent, once, inside the transaction of what it tells of. */
export function putUncomposed(tx: Store, { message, ...outgoing }: UncomposedMessage, at: string): Promise<void> {
  const uncomposed = { ...outgoing, content: JSON.stringify(message) };
  return putOnWay(tx, uncomposed, { channel: 'file', destination: null }, at);
}

/** How a message goes out, and where to: see `OutboxTable`. */
export interface Way {
  readonly channel: OutboxChannel;
  readonly destination: string | null;
}

/** Writes what goes out one way, once, inside the transaction of what it tells of. */
export async function putOnWay(
  tx: Store,
  outgoing: Outgoing,
  { channel, destination }: Way,
  at: string,
): Promise<void> {
  const sealer = await openOwnSealer(tx, outgoing.subject, at);
  const state: DeliveryState = channel === 'read' ? 'available' : 'pending';
  await insertOnce(tx.db, 'outbox', {
    id: uuidv7(), source: outgoing.source, subject: outgoing.subject, kind: outgoing.kind, step_key: outgoing.stepKey,
    file_name: null, content_sealed: sealer.seal(`outbox ${outgoing.stepKey}`, outgoing.content),
    channel, destination, state, attempts: 0, created_at: at, next_attempt_at: at,
  }); // prettier-ignore
}

function openOwnSealer(tx: Store, subject: OutboxSubject, at: string): Promise<Sealer> {
  return isIncident(subject) ? openSealer(tx, subject, at) : getSealer(tx, subject);
}

function isIncident(subject: OutboxSubject): subject is `incident:${string}` {
  return subject.startsWith('incident:');
}

/** Files whose time to be sent has come, oldest first. */
export function listDueOutbox(store: Store, now: string, size: number): Promise<OutboxRow[]> {
  const query = store.db
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', 'pending')
    .where('channel', '=', 'file')
    .where('next_attempt_at', '<=', now)
    .orderBy('next_attempt_at')
    .orderBy('id');
  return first(query, size).execute();
}

/** The content of a message. */
export async function openOutbox(store: Store, row: OutboxRow): Promise<Buffer> {
  const sealer = await getSealer(store, row.subject as KeyOwner);
  return sealer.open(`outbox ${row.step_key}`, row.content_sealed);
}

/** A message as it goes out. */
export interface Composed {
  readonly fileName: string;
  readonly content: Uint8Array;
}

/** Our numbers for one message; a message without a group takes none for it. */
export interface ControlNumbers {
  readonly interchange: string;
  readonly group: string;
}

/**
 * Composes a message that has no control numbers yet: numbers and bytes are kept in one transaction, so that a number that
 * was taken is one that goes out, and a message that is sent again is the same.
 * @returns the row as it is now
 */
export async function composeOutbox(
  store: Store,
  id: string,
  hasGroup: (message: unknown) => boolean,
  compose: (message: unknown, numbers: ControlNumbers) => Composed,
): Promise<OutboxRow> {
  const anotherWasQuicker = new Error(`message ${id} is composed already`);
  const find = ({ db }: Store) => lockRows(db, db.selectFrom('outbox').selectAll().where('id', '=', id));
  const composing = inTransaction(store, async (tx) => {
    const row = await find(tx).executeTakeFirstOrThrow();
    if (row.file_name !== null || row.state !== 'pending') return row;
    const message: unknown = JSON.parse((await openOutbox(tx, row)).toString());
    const { source, kind, subject, step_key: stepKey } = row;
    const group = hasGroup(message) ? String(await takeControlNumber(tx, source, 'group')) : null;
    const numbers = { interchange: String(await takeControlNumber(tx, source, 'interchange')), group: group ?? '' };
    const { fileName, content } = compose(message, numbers);
    const sealer = await getSealer(tx, subject as Subject);
    const composed = {
      file_name: fileName,
      content_sealed: sealer.seal(`outbox ${stepKey}`, content),
      // A 997 is never acknowledged.
      control_number: kind === '997' ? null : group,
    };
    await forgetNumber(tx, source, kind, composed.control_number);
    const query = tx.db.updateTable('outbox').set(composed).where('id', '=', id).where('file_name', 'is', null);
    // What went out under other numbers must never be overwritten; those that were taken here are given back.
    if ((await query.executeTakeFirst()).numUpdatedRows === 0n) throw anotherWasQuicker;
    return { ...row, ...composed };
  });
  try {
    return await composing;
  } catch (error) {
    if (error !== anotherWasQuicker) throw error;
    return find(store).executeTakeFirstOrThrow();
  }
}

/** Numbers begin anew after the last one: from now on this one means the newer message. */
async function forgetNumber(tx: Store, source: string, kind: string, controlNumber: string | null): Promise<void> {
  if (controlNumber === null) return;
  const key = { source, kind, control_number: controlNumber };
  await tx.db
    .updateTable('outbox')
    .set({ control_number: null })
    .where((eb) => eb.and(key))
    .execute();
}

/** Notes what a partner's 997 says of a message of ours. @returns its subject; undefined if there is none to note it on */
export async function markAcknowledged(
  tx: Store,
  of: { readonly source: string; readonly kind: string; readonly controlNumber: string },
  acknowledgment: string,
  at: string,
): Promise<Subject | undefined> {
  const key = { source: of.source, kind: of.kind, control_number: of.controlNumber };
  const row = await tx.db
    .selectFrom('outbox')
    .select('subject')
    .where((eb) => eb.and(key))
    .executeTakeFirst();
  if (!row) return undefined;
  await tx.db
    .updateTable('outbox')
    .set({ acknowledged_at: at, acknowledgment })
    .where((eb) => eb.and(key))
    .execute();
  return row.subject as Subject;
}

/** Messages that went out before an instant and that their receiver has not acknowledged; each is told of once. */
export function listUnacknowledged(
  store: Store,
  source: string,
  kind: string,
  sentBefore: string,
  size: number,
): Promise<Pick<OutboxRow, 'id' | 'subject'>[]> {
  const query = store.db
    .selectFrom('outbox')
    .select(['id', 'subject'])
    .where('kind', '=', kind)
    .where('source', '=', source)
    .where('control_number', 'is not', null)
    .where('acknowledged_at', 'is', null)
    .where('missed_at', 'is', null)
    .where('delivered_at', '<', sentBefore)
    .orderBy('delivered_at')
    .orderBy('id');
  return first(query, size).execute();
}

/** Notes that the acknowledgment of a message is missed. */
export async function markMissed(tx: Store, id: string, at: string): Promise<void> {
  await tx.db.updateTable('outbox').set({ missed_at: at }).where('id', '=', id).execute();
}

export async function markDelivered(store: Store, id: string, at: string): Promise<void> {
  await store.db
    .updateTable('outbox')
    .set((eb) => ({ state: 'delivered', delivered_at: at, last_failure: null, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** Notes that a message cannot be delivered any more, because its content was erased or nobody is to have it any more. */
export async function markDropped(store: Store, id: string): Promise<void> {
  const query = store.db.updateTable('outbox').set({ state: 'dropped' });
  await query.where('id', '=', id).where('state', '=', 'pending').execute();
}

/** Notes a failed attempt, why in a word, and when to try again. */
export async function postponeOutbox(store: Store, id: string, nextAttemptAt: string, failure: string): Promise<void> {
  await noteFailure(store, id, failure, { next_attempt_at: nextAttemptAt });
}

/** Notes a failed attempt that was the last. */
export async function giveUpOutbox(store: Store, id: string, failure: string): Promise<void> {
  await noteFailure(store, id, failure, { state: 'failed' });
}

/** What was delivered or dropped meanwhile stays so. */
async function noteFailure(
  store: Store,
  id: string,
  failure: string,
  then: { readonly next_attempt_at: string } | { readonly state: 'failed' },
): Promise<void> {
  await store.db
    .updateTable('outbox')
    .set((eb) => ({ ...then, last_failure: failure, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .execute();
}

const SUMMARY = [
  'id', 'source', 'subject', 'kind', 'channel', 'destination', 'state', 'attempts', 'last_failure', 'created_at',
  'next_attempt_at', 'delivered_at', 'control_number', 'acknowledged_at', 'acknowledgment', 'missed_at',
] as const; // prettier-ignore

/** A message without its content. */
export type OutboxSummary = Pick<OutboxRow, (typeof SUMMARY)[number]>;

/** What went or will go out about an order or a document, oldest first; without content. */
export function listOutbox(store: Store, subject: Subject): Promise<OutboxSummary[]> {
  return selectSummaries(store).where('subject', '=', subject).orderBy('id').execute();
}

/** Messages without their content, to be narrowed. */
export function selectSummaries({ db }: Store) {
  return db.selectFrom('outbox').select(SUMMARY);
}

/** ISA13 has nine digits, GS06 at most nine; after the last number comes 1. @see X12 elements I12 and 28 */
const LAST_NUMBER = 999_999_999;

/** The next number in a partner's sequence, without gaps when the caller's transaction commits. */
export async function takeControlNumber(tx: Store, source: string, kind: 'interchange' | 'group'): Promise<number> {
  // The update keeps the row from other takers until the end: nobody reads the same number below.
  const counted = await tx.db
    .updateTable('control_numbers')
    .set((eb) => ({
      last_value: eb
        .case()
        .when('last_value', '>=', LAST_NUMBER)
        .then(1)
        .else(eb('last_value', '+', 1))
        .end(),
    }))
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
