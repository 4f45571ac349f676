import { first, insertOnce } from './dialect.ts';
import type { OutboxRow } from './outbox.ts';
import type { Store } from './store.ts';

/*
 * Notices go out one at a time to each destination, in the order in which they were written, and side by side to
 * different ones. Whoever delivers to a destination has it on a lease, so that a process that dies keeps it for a minute.
 */

/** Attempts of a message during which later ones wait for it; after that they overtake. */
const FIRST_ATTEMPTS = 3;

/** Destinations for which something is due and that nobody delivers to at the moment. */
export async function listDueDestinations(store: Store, now: string): Promise<readonly string[]> {
  const rows = await store.db
    .selectFrom('outbox')
    .leftJoin('notice_destinations as leased', (join) =>
      join.onRef('leased.id', '=', 'outbox.destination').on('leased.leased_until', '>', now),
    )
    .select('destination')
    .distinct()
    .where('state', '=', 'pending')
    .where('next_attempt_at', '<=', now)
    .where('destination', 'is not', null)
    .where('leased.id', 'is', null)
    .execute();
  return rows.map(({ destination }) => String(destination));
}

/** A hold on one destination. */
export interface Lease {
  readonly destination: string;
  /** Who has it; unlike anybody else's. */
  readonly holder: string;
}

/** Takes a destination for oneself, or keeps it; tells whether one has it. */
export async function leaseDestination(
  store: Store,
  { destination, holder }: Lease,
  { now, until }: { readonly now: string; readonly until: string },
): Promise<boolean> {
  await insertOnce(store.db, 'notice_destinations', { id: destination });
  const result = await store.db
    .updateTable('notice_destinations')
    .set({ leased_by: holder, leased_until: until })
    .where('id', '=', destination)
    .where((eb) => eb.or([eb('leased_by', 'is', null), eb('leased_by', '=', holder), eb('leased_until', '<=', now)]))
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Gives a destination back. */
export async function releaseDestination(store: Store, { destination, holder }: Lease): Promise<void> {
  await store.db
    .updateTable('notice_destinations')
    .set({ leased_by: null, leased_until: null })
    .where('id', '=', destination)
    .where('leased_by', '=', holder)
    .execute();
}

/**
 * The next message to send there, if one may go now. What failed is waited for: if it lay in the message alone, by those about
 * the same order or document, and otherwise by all.
 * @param ofOneMessage failures that lie in one message, such as `status_422`
 */
export async function findNextFor(
  store: Store,
  destination: string,
  now: string,
  ofOneMessage: readonly string[],
): Promise<OutboxRow | undefined> {
  const pending = () =>
    store.db
      .selectFrom('outbox')
      .selectAll()
      .where('destination', '=', destination)
      .where('state', '=', 'pending')
      // All of them; it leads SQLite to the destination's index, where it would read and sort what is due for everybody.
      .where('id', '>', '')
      .orderBy('id');
  // What failed and is waited for still.
  const waiting = () =>
    pending().where('next_attempt_at', '>', now).where('attempts', '<', FIRST_ATTEMPTS).where('attempts', '>', 0);
  const due = pending().where('next_attempt_at', '<=', now);
  let next = await first(due, 1).executeTakeFirst();
  // Seldom: only then all that waits is looked through.
  if (next && (await first(waiting().where('subject', '=', next.subject), 1).executeTakeFirst())) {
    const refused = waiting().clearSelect().clearOrderBy().select('subject').where('last_failure', 'in', ofOneMessage);
    next = await first(due.where('subject', 'not in', refused), 1).executeTakeFirst();
  }
  if (!next) return undefined;
  const waitedFor = waiting().where('id', '<', next.id).where('last_failure', 'not in', ofOneMessage);
  return (await first(waitedFor, 1).executeTakeFirst()) ? undefined : next;
}

/** The destination of what is posted to a source, or to our own people. */
export function webhookOf(owner: string): string {
  return `${owner}:webhook`;
}

/**
 * Makes everything due that waits for a destination, because it takes messages again, or may.
 * @param but failures that are no less likely now, such as `status_422`: what was refused would only use up its attempts
 */
export async function hurryDestination(
  store: Store,
  destination: string,
  now: string,
  but: readonly string[] = [],
): Promise<void> {
  let waiting = store.db
    .updateTable('outbox')
    .set({ next_attempt_at: now })
    .where('destination', '=', destination)
    .where('state', '=', 'pending')
    .where('next_attempt_at', '>', now);
  if (but.length > 0)
    waiting = waiting.where((eb) => eb.or([eb('last_failure', 'is', null), eb('last_failure', 'not in', but)]));
  await waiting.execute();
}

/**
 * Gives up what has waited too long for a destination that does not answer, all at once: one message at a time is tried there,
 * so that thousands would wait for months. What was sent again by a person waits as long again, or for some attempts.
 * @param failure why, of those that were never tried
 * @returns how many were given up
 */
export async function giveUpOld(
  store: Store,
  destination: string,
  { writtenBefore, fewestAttempts }: { readonly writtenBefore: string; readonly fewestAttempts: number },
  failure: string,
): Promise<number> {
  const result = await store.db
    .updateTable('outbox')
    .set((eb) => ({ state: 'failed', last_failure: eb.fn.coalesce('last_failure', eb.val(failure)) }))
    .where('destination', '=', destination)
    .where('state', '=', 'pending')
    .where('created_at', '<=', writtenBefore)
    .where((eb) => eb.or([eb('attempts', '>=', fewestAttempts), eb('next_attempt_at', '<=', writtenBefore)]))
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Makes everything due that waits for a setting of ours, as if never tried: nobody was asked. */
export async function hurryFailed(store: Store, failure: string, now: string): Promise<void> {
  await store.db
    .updateTable('outbox')
    .set({ next_attempt_at: now, attempts: 0 })
    .where('state', '=', 'pending')
    .where('next_attempt_at', '>', now)
    .where('last_failure', '=', failure)
    .execute();
}

/** Notes that a destination wants nothing any more at this address (its keyed hash). */
export async function stopDestination(store: Store, destination: string, address: string, at: string): Promise<void> {
  await store.db
    .updateTable('notice_destinations')
    .set({ stopped_at: at, stopped_address: address })
    .where('id', '=', destination)
    .execute();
}

/** Whether a destination wants nothing any more at this address. */
export async function isStopped(store: Store, destination: string, address: string): Promise<boolean> {
  const query = store.db.selectFrom('notice_destinations').select('id').where('id', '=', destination);
  return (await query.where('stopped_address', '=', address).executeTakeFirst()) !== undefined;
}

/** Lets messages go to a destination again. */
export async function resumeDestination(tx: Store, destination: string): Promise<void> {
  await tx.db
    .updateTable('notice_destinations')
    .set({ stopped_at: null, stopped_address: null })
    .where('id', '=', destination)
    .execute();
}
