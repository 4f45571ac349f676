import { first, lockRows } from './dialect.ts';
import { forgetDocuments, forgetEmptyDocuments, forgetOrders, removeContent } from './forget.ts';
import { appendLog } from './log.ts';
import type { OrderRow } from './orders.ts';
import { inTransaction, type Store } from './store.ts';

/** States in which a retention ends: orders that are over, and documents that were refused. `staged`: shadow orders only. */
export type ExpirableState = 'completed' | 'rejected' | 'cancelled' | 'applied' | 'staged' | 'refused';

/** How long content is kept after an order's story is over, in days. */
export interface RetentionPolicy {
  readonly days: number;
  readonly daysByState: Readonly<Partial<Record<ExpirableState, number>>>;
}

/** What holds where nothing else is said. */
export const DEFAULT_RETENTION: RetentionPolicy = { days: 90, daysByState: {} };

/** What is past its retention in one state. */
export interface Expiring {
  readonly state: ExpirableState;
  readonly days: number;
  readonly count: number;
  /** Since when the oldest of them is over; null: there is none. */
  readonly oldest: string | null;
}

const ORDER_STATES = ['completed', 'rejected', 'cancelled', 'applied', 'staged'] as const;
const DAY_MS = 86_400_000;
/** The name under which the end of a retention stands in the audit trail. */
const RETENTION = 'retention';

/** Tells what would go now, state by state; changes nothing. */
export async function listExpiring(store: Store, policy: RetentionPolicy, now: Date): Promise<Expiring[]> {
  const orders = await Promise.all(ORDER_STATES.map((state) => countExpiredOrders(store, policy, state, now)));
  return [...orders, await countExpiredDocuments(store, policy, now)];
}

/**
 * Removes the content of one batch of what is past its retention, each in the audit trail, in one transaction. Rows with
 * states, dates and production orders stay, and so do fingerprints: a late repetition is still known.
 * @returns how many went; fewer than `size` of both: nothing is left.
 */
export async function removeExpired(
  store: Store,
  policy: RetentionPolicy,
  now: Date,
  size: number,
): Promise<{ orders: number; documents: number }> {
  const at = now.toISOString();
  return inTransaction(store, async (tx) => {
    for (const state of ORDER_STATES) {
      const orders = await lockExpiredOrders(tx, beforeOf(policy, state, now), state, size);
      if (orders.length === 0) continue;
      const documents = await expire(tx, orders, { days: daysOf(policy, state), at });
      return { orders: orders.length, documents: documents.length };
    }
    const documents = expiredDocuments(tx, beforeOf(policy, 'refused', now)).select('id');
    const refused = await first(lockRows(tx.db, documents), size).execute();
    const ids = refused.map((row) => row.id);
    await forgetDocuments(tx, ids, { actor: RETENTION, at });
    return { orders: 0, documents: ids.length };
  });
}

function daysOf({ days, daysByState }: RetentionPolicy, state: ExpirableState): number {
  return daysByState[state] ?? days;
}

function beforeOf(policy: RetentionPolicy, state: ExpirableState, now: Date): string {
  return new Date(now.getTime() - daysOf(policy, state) * DAY_MS).toISOString();
}

/** An order that is not over has no end to count from, so it never expires; nor does one with an open review. */
function selectExpired(store: Store, before: string, state: (typeof ORDER_STATES)[number]) {
  return store.db
    .selectFrom('orders')
    .where('expired_at', 'is', null)
    .where('state', '=', state)
    .where('terminal_at', '<', before)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('reviews')
            .select('reviews.id')
            .whereRef('reviews.order_id', '=', 'orders.id')
            .where('reviews.closed_at', 'is', null),
        ),
      ),
    );
}

type ExpiredOrder = Pick<OrderRow, 'id' | 'document_id' | 'state'>;

async function lockExpiredOrders(
  tx: Store,
  before: string,
  state: (typeof ORDER_STATES)[number],
  size: number,
): Promise<ExpiredOrder[]> {
  const oldest = first(selectExpired(tx, before, state).select('id').orderBy('terminal_at'), size);
  const ids = (await oldest.execute()).map(({ id }) => id);
  // Asked once more by their ids, with locks on just these rows: an order that is begun anew meanwhile keeps its content.
  const expired = selectExpired(tx, before, state).select(['id', 'document_id', 'state']).where('id', 'in', ids);
  return lockRows(tx.db, expired).execute();
}

async function expire(
  tx: Store,
  orders: readonly ExpiredOrder[],
  { days, at }: { days: number; at: string },
): Promise<string[]> {
  const by = { actor: RETENTION, at };
  const ids = orders.map(({ id }) => id);
  await tx.db.updateTable('orders').set({ expired_at: at }).where('id', 'in', ids).execute();
  await forgetOrders(tx, ids, by);
  await removeContent(tx, ids);
  for (const { id, state } of orders) {
    await appendLog(tx, `order:${id}`, { stepKey: 'expired', ...by, action: 'order.expired', detail: { state, days } });
  }
  return forgetEmptyDocuments(tx, [...new Set(orders.map((order) => order.document_id))], by);
}

/** Documents that never became orders. */
function expiredDocuments(store: Store, before: string) {
  return store.db
    .selectFrom('documents')
    .where('state', '=', 'refused')
    .where('changed_at', '<', before)
    .where('erased_at', 'is', null);
}

async function countExpiredOrders(
  store: Store,
  policy: RetentionPolicy,
  state: (typeof ORDER_STATES)[number],
  now: Date,
): Promise<Expiring> {
  const row = await selectExpired(store, beforeOf(policy, state, now), state)
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min('terminal_at').as('oldest')])
    .executeTakeFirstOrThrow();
  return { state, days: daysOf(policy, state), count: row.count, oldest: row.oldest };
}

async function countExpiredDocuments(store: Store, policy: RetentionPolicy, now: Date): Promise<Expiring> {
  const row = await expiredDocuments(store, beforeOf(policy, 'refused', now))
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min('changed_at').as('oldest')])
    .executeTakeFirstOrThrow();
  return { state: 'refused', days: daysOf(policy, 'refused'), count: row.count, oldest: row.oldest };
}
