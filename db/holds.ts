import type { Category } from '../orders/finding.ts';
import type { Role } from '../orders/state.ts';
import { first, insertOnce } from './dialect.ts';
import type { OrderRef } from './orders.ts';
import type { Store } from './store.ts';

/** A typed reason why an order waits. */
export interface Hold {
  readonly code: string;
  readonly category: Category;
  /** Who may release it; null: it clears itself. */
  readonly releaseRole: Role | null;
}

/** What a hold for a step that failed knows beside. */
export interface Failing {
  /** How often in a row, this one included. */
  readonly failures: number;
  /** UTC instant before which it is not tried again; null where a person must let it. */
  readonly retryAt: string | null;
}

/** Puts holds on a revision; one that stands already, stands. One that was cleared and is back, opens again. */
export async function openHolds(
  tx: Store,
  ref: OrderRef,
  holds: readonly (Hold & Partial<Failing>)[],
  at: string,
): Promise<void> {
  const unique = new Map(holds.map((hold) => [hold.code, hold]));
  for (const hold of unique.values()) {
    const key = { order_id: ref.orderId, revision: ref.revision, code: hold.code };
    const values = {
      category: hold.category,
      release_role: hold.releaseRole,
      opened_at: at,
      cleared_at: null,
      cleared_by: null,
      failures: hold.failures ?? null,
      retry_at: hold.retryAt ?? null,
    };
    if (await insertOnce(tx.db, 'holds', { ...key, ...values })) continue;
    await tx.db
      .updateTable('holds')
      .set(values)
      .where((eb) => eb.and(key))
      .where('cleared_at', 'is not', null)
      .execute();
  }
}

/** How often in a row a step failed for which a hold was put on the revision; a person's word begins the count anew. */
export async function countFailures(tx: Store, ref: OrderRef, code: string): Promise<number> {
  const row = await tx.db
    .selectFrom('holds')
    .select(['failures', 'cleared_by'])
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .where('code', '=', code)
    .executeTakeFirst();
  return row?.cleared_by === RECHECK ? (row.failures ?? 0) : 0;
}

/** Stands as `cleared_by` where nobody but the order itself looked again. */
export const RECHECK = 'recheck';

/** Clears holds of an order: all that stand, or only those that clear themselves. */
export async function clearHolds(
  tx: Store,
  orderId: string,
  by: { readonly clearedBy: string; readonly at: string; readonly only?: 'self_clearing' },
): Promise<void> {
  let query = tx.db
    .updateTable('holds')
    .set({ cleared_at: by.at, cleared_by: by.clearedBy })
    .where('order_id', '=', orderId)
    .where('cleared_at', 'is', null);
  if (by.only === 'self_clearing') query = query.where('release_role', 'is', null);
  await query.execute();
}

/** The holds that stand on an order. */
export async function listOpenHolds(store: Store, orderId: string): Promise<(Hold & { readonly openedAt: string })[]> {
  const rows = await store.db
    .selectFrom('holds')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('cleared_at', 'is', null)
    .orderBy('code')
    .execute();
  return rows.map((row) => ({
    code: row.code,
    category: row.category,
    releaseRole: row.release_role,
    openedAt: row.opened_at,
  }));
}

/** The codes that a person let pass on this revision. */
export async function listApprovedCodes(store: Store, ref: OrderRef): Promise<string[]> {
  const rows = await store.db
    .selectFrom('holds')
    .innerJoin('decisions', 'decisions.id', 'holds.cleared_by')
    .select('holds.code')
    .where('holds.order_id', '=', ref.orderId)
    .where('holds.revision', '=', ref.revision)
    .where('decisions.action', '=', 'approve')
    .execute();
  return rows.map((row) => row.code);
}

/** A hold that clears itself, with what decides whether its cause may be gone. */
export interface SelfClearingHold {
  readonly order_id: string;
  readonly code: string;
  readonly source: string;
  readonly customer_id: string | null;
  /** Not before this instant. */
  readonly retry_at: string | null;
}

/** A place in the list of holds that clear themselves: order id and code of the last one of the page before. */
export interface HoldCursor {
  readonly orderId: string;
  readonly code: string;
}

/** Holds that clear themselves, the holds of an order side by side; for the recheck. */
export function listSelfClearing(
  store: Store,
  page: { readonly after: HoldCursor; readonly size: number },
): Promise<SelfClearingHold[]> {
  const query = store.db
    .selectFrom('holds')
    .innerJoin('orders', 'orders.id', 'holds.order_id')
    .select(['holds.order_id', 'holds.code', 'holds.retry_at', 'orders.source', 'orders.customer_id'])
    .where('holds.cleared_at', 'is', null)
    .where('holds.release_role', 'is', null)
    .where('holds.order_id', '>=', page.after.orderId)
    .where((eb) => eb.or([eb('holds.order_id', '>', page.after.orderId), eb('holds.code', '>', page.after.code)]))
    .orderBy('holds.order_id')
    .orderBy('holds.code');
  return first(query, page.size).execute();
}
