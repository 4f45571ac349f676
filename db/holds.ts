import type { Category } from '../orders/finding.ts';
import type { Role } from '../orders/state.ts';
import { first, insertOnce, selectByIndex } from './dialect.ts';
import type { OrderRef } from './orders.ts';
import type { Store } from './store.ts';

/** A typed reason why an order waits. */
export interface Hold {
  readonly code: string;
  readonly category: Category;
  /** Who may release it; null: it clears itself. */
  readonly releaseRole: Role | null;
}

/** A supervisor may do what a reviewer may. A hold that clears itself is nobody's to release. */
export function mayRelease(roles: readonly Role[], { releaseRole }: Pick<Hold, 'releaseRole'>): boolean {
  return releaseRole === 'reviewer' || (releaseRole !== null && roles.includes(releaseRole));
}

/** What a hold that rests on the back office's facts knows beside. */
export interface Looked {
  /** The order is judged again by fresh facts from time to time, as the cause may go away. */
  readonly looksAgain: boolean;
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
  holds: readonly (Hold & Partial<Failing> & Partial<Looked>)[],
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
    const looksAgain = hold.looksAgain ?? false;
    if (await insertOnce(tx.db, 'holds', { ...key, ...values, ...scheduleLook(looksAgain, 0, at) })) continue;
    // One that clears itself and is back at once is not to be looked at each minute for ever.
    const looks = looksAgain ? await countInARow(tx, ref, hold.code, 'looks') : 0;
    await tx.db
      .updateTable('holds')
      .set({ ...values, ...scheduleLook(looksAgain, looks, at) })
      .where((eb) => eb.and(key))
      .where('cleared_at', 'is not', null)
      .execute();
  }
}

const MINUTE_MS = 60_000;
const LONGEST_LOOK_MINUTES = 15;

/** When an order is judged again that was so often: after 1 min, 2 min, 4 min … at most a quarter of an hour. */
function scheduleLook(
  looksAgain: boolean,
  looks: number,
  at: string,
): { readonly look_again_at: string | null; readonly looks: number | null } {
  if (!looksAgain) return { look_again_at: null, looks: null };
  const minutes = Math.min(2 ** looks, LONGEST_LOOK_MINUTES);
  return { look_again_at: new Date(Date.parse(at) + minutes * MINUTE_MS).toISOString(), looks };
}

/** An order whose holds are to be looked at again, and how often they were in a row. */
export interface DueLook {
  readonly order_id: string;
  readonly looks: number;
}

/** Holds that rest on facts and are to be looked at again by now, the longest overdue first. */
export async function listDueLooks(store: Store, now: string, size: number): Promise<DueLook[]> {
  const query = selectByIndex(store.db, 'holds', 'ix_holds_look_again')
    .select(['order_id', 'looks'])
    .where('cleared_at', 'is', null)
    .where('look_again_at', '<=', now)
    .orderBy('look_again_at')
    .orderBy('order_id');
  return (await first(query, size).execute()).map((row) => ({ ...row, looks: row.looks ?? 0 }));
}

/** Notes that the holds of an order are looked at now, and when next. */
export async function noteLook(store: Store, { order_id: orderId, looks }: DueLook, now: string): Promise<void> {
  await postpone(store, orderId, scheduleLook(true, looks + 1, now));
}

/** Leaves the holds of an order alone until an instant. */
export async function postponeLook(store: Store, orderId: string, until: string): Promise<void> {
  await postpone(store, orderId, { look_again_at: until });
}

async function postpone(
  { db }: Store,
  orderId: string,
  to: { readonly look_again_at: string | null; readonly looks?: number | null },
): Promise<void> {
  await db
    .updateTable('holds')
    .set(to)
    .where('order_id', '=', orderId)
    .where('cleared_at', 'is', null)
    .where('look_again_at', 'is not', null)
    .execute();
}

/** How often in a row a step failed for which a hold was put on the revision; a person's word begins the count anew. */
export function countFailures(tx: Store, ref: OrderRef, code: string): Promise<number> {
  return countInARow(tx, ref, code, 'failures');
}

/** What a hold counts, as long as nobody but the order itself let it go on. */
async function countInARow(tx: Store, ref: OrderRef, code: string, what: 'failures' | 'looks'): Promise<number> {
  const row = await tx.db
    .selectFrom('holds')
    .select([what, 'cleared_by'])
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .where('code', '=', code)
    .executeTakeFirst();
  return row?.cleared_by === RECHECK ? (row[what] ?? 0) : 0;
}

/** Stands as `cleared_by` where nobody but the order itself looked again. */
export const RECHECK = 'recheck';

/** Clears holds of an order: all that stand, only those that clear themselves, or only those with some codes. */
export async function clearHolds(
  tx: Store,
  orderId: string,
  by: { readonly clearedBy: string; readonly at: string; readonly only?: 'self_clearing' | readonly string[] },
): Promise<void> {
  let query = tx.db
    .updateTable('holds')
    .set({ cleared_at: by.at, cleared_by: by.clearedBy })
    .where('order_id', '=', orderId)
    .where('cleared_at', 'is', null);
  if (by.only === 'self_clearing') query = query.where('release_role', 'is', null);
  else if (by.only) query = query.where('code', 'in', by.only);
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
