import type { Selectable } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { first, lockRows } from './dialect.ts';
import type { OrderRow } from './orders.ts';
import type { Principal } from './principals.ts';
import type { Store } from './store.ts';
import type { ReviewTable } from './tables.ts';

export type ReviewRow = Selectable<ReviewTable>;

/** The review that is open on an order; in a transaction it is locked until the end. */
export function findOpenReview(store: Store, orderId: string): Promise<ReviewRow | undefined> {
  const query = store.db
    .selectFrom('reviews')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('closed_at', 'is', null);
  return lockRows(store.db, query).executeTakeFirst();
}

/**
 * Opens a review, or goes on with the one that is open, or that a recheck closed on this revision: neither a correction nor
 * an order that comes and goes restarts the SLA clock.
 * @param slaMs milliseconds from opening to escalation.
 */
export async function openReview(tx: Store, order: OrderRow, openedAt: string, slaMs: number): Promise<ReviewRow> {
  const open = (await findOpenReview(tx, order.id)) ?? (await reopenReview(tx, order));
  if (open) return open;
  const review: ReviewRow = {
    id: uuidv7(),
    order_id: order.id,
    source: order.source,
    customer_id: order.customer_id,
    opened_at: openedAt,
    due_at: new Date(Date.parse(openedAt) + slaMs).toISOString(),
    claimed_by: null,
    lease_until: null,
    escalated_at: null,
    closed_at: null,
    rechecked_revision: null,
  };
  await tx.db.insertInto('reviews').values(review).execute();
  return review;
}

/** What a recheck closed was decided by nobody. It is free again: who had it did not wait for it to come back. */
async function reopenReview(tx: Store, { id, revision }: OrderRow): Promise<ReviewRow | undefined> {
  await tx.db
    .updateTable('reviews')
    .set({ closed_at: null, rechecked_revision: null, claimed_by: null, lease_until: null })
    .where('order_id', '=', id)
    .where('rechecked_revision', '=', revision)
    .execute();
  return findOpenReview(tx, id);
}

/**
 * Ends the open review of an order, if there is one.
 * @param recheckedRevision the revision that nothing holds any more though nobody decided; null if somebody did
 */
export async function closeReview(
  tx: Store,
  orderId: string,
  at: string,
  recheckedRevision: number | null = null,
): Promise<void> {
  await tx.db
    .updateTable('reviews')
    .set({ closed_at: at, rechecked_revision: recheckedRevision })
    .where('order_id', '=', orderId)
    .where('closed_at', 'is', null)
    .execute();
}

/** Notes that the SLA ran out. */
export async function markEscalated(tx: Store, reviewId: string, at: string): Promise<void> {
  await tx.db
    .updateTable('reviews')
    .set({ escalated_at: at })
    .where('id', '=', reviewId)
    .where('escalated_at', 'is', null)
    .execute();
}

/**
 * Takes a review for one person until `leaseUntil`; a lease that ran out can be taken over.
 * @returns whether the person has it now.
 */
export async function claimReview(
  tx: Store,
  reviewId: string,
  person: string,
  lease: { now: string; until: string },
): Promise<boolean> {
  const result = await tx.db
    .updateTable('reviews')
    .set({ claimed_by: person, lease_until: lease.until })
    .where('id', '=', reviewId)
    .where('closed_at', 'is', null)
    .where((eb) =>
      eb.or([eb('claimed_by', 'is', null), eb('claimed_by', '=', person), eb('lease_until', '<', lease.now)]),
    )
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Gives a review back; only the person who has it can. @returns whether it was theirs. */
export async function releaseReview(tx: Store, reviewId: string, person: string): Promise<boolean> {
  const result = await tx.db
    .updateTable('reviews')
    .set({ claimed_by: null, lease_until: null })
    .where('id', '=', reviewId)
    .where('claimed_by', '=', person)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export interface ReviewFilter {
  readonly source?: string;
  readonly customerId?: string;
  readonly assignee?: string;
  /** Code of a hold that stands. */
  readonly hold?: string;
  /** Only those past their SLA at this instant. */
  readonly overdueAt?: string;
}

/** An open review with the order it is about. */
export interface ReviewListRow extends ReviewRow {
  readonly state: OrderRow['state'];
  readonly revision: number;
  readonly po_number: string | null;
  readonly channel: OrderRow['channel'];
  readonly currency: string | null;
  readonly total: string | null;
}

/** One page of the open reviews that the principal may see, the most urgent first. */
export function listReviews(
  store: Store,
  principal: Principal,
  filter: ReviewFilter,
  page: { readonly after?: { readonly dueAt: string; readonly id: string }; readonly size: number },
): Promise<ReviewListRow[]> {
  let query = store.db
    .selectFrom('reviews')
    .innerJoin('orders', 'orders.id', 'reviews.order_id')
    .selectAll('reviews')
    .select([
      'orders.state',
      'orders.revision',
      'orders.po_number',
      'orders.channel',
      'orders.currency',
      'orders.total',
    ])
    .where('reviews.closed_at', 'is', null);
  if (principal.sources) query = query.where('reviews.source', 'in', principal.sources);
  if (principal.customers) query = query.where('reviews.customer_id', 'in', principal.customers);
  if (filter.source !== undefined) query = query.where('reviews.source', '=', filter.source);
  if (filter.customerId !== undefined) query = query.where('reviews.customer_id', '=', filter.customerId);
  if (filter.assignee !== undefined) query = query.where('reviews.claimed_by', '=', filter.assignee);
  if (filter.overdueAt !== undefined) query = query.where('reviews.due_at', '<', filter.overdueAt);
  const { hold } = filter;
  if (hold !== undefined) {
    query = query.where((eb) =>
      eb.exists(
        eb
          .selectFrom('holds')
          .select('holds.code')
          .whereRef('holds.order_id', '=', 'reviews.order_id')
          .where('holds.cleared_at', 'is', null)
          .where('holds.code', '=', hold),
      ),
    );
  }
  const { after } = page;
  if (after) {
    // The first condition says less than the second, but it alone lets the database begin at the right place of the index.
    query = query
      .where('reviews.due_at', '>=', after.dueAt)
      .where((eb) => eb.or([eb('reviews.due_at', '>', after.dueAt), eb('reviews.id', '>', after.id)]));
  }
  return first(query.orderBy('reviews.due_at').orderBy('reviews.id'), page.size).execute();
}
