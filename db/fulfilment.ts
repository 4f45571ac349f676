import type { Insertable } from 'kysely';
import type { Fulfilment } from '../orders/fulfilment.ts';
import { first, insertOnce } from './dialect.ts';
import type { OrderRef } from './orders.ts';
import type { Store } from './store.ts';
import type { LineAllocationTable, LineHoldTable } from './tables.ts';

/** The hold on a line of which something waits for stock. */
const SHORT = 'STOCK.SHORT';

/** A line of which something waits, while the rest of the order goes on. */
export interface LineHold {
  /** From 1. */
  readonly position: number;
  readonly code: string;
  /** How much of the line waits, a decimal string. */
  readonly waiting: string;
  readonly openedAt: string;
}

/** Rows of an insert: SQL Server takes 2,100 parameters in a statement. */
const ROWS_AT_ONCE = 200;

/**
 * Keeps what was set aside for the lines of a revision, in place of what was kept before, and holds the lines of which
 * something waits; what does not wait any more is cleared, and so are the lines of earlier revisions.
 * @param fulfilments one for each line, in their order
 */
export async function putFulfilments(
  tx: Store,
  ref: OrderRef,
  fulfilments: readonly Fulfilment[],
  by: { readonly clearedBy: string; readonly at: string },
): Promise<void> {
  const key = { order_id: ref.orderId, revision: ref.revision };
  await tx.db
    .deleteFrom('line_allocations')
    .where((eb) => eb.and(key))
    .execute();
  const rows = fulfilments.flatMap(({ allocations }, index): Insertable<LineAllocationTable>[] =>
    allocations.map((allocation) => ({ ...key, position: index + 1, ...allocation })),
  );
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE)
    await tx.db
      .insertInto('line_allocations')
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .execute();
  const waiting = listWaiting(fulfilments);
  await clearLineHolds(tx, ref.orderId, by, { except: { ...ref, positions: waiting.map(({ position }) => position) } });
  for (const line of waiting) await holdLine(tx, { ...key, position: line.position, quantity: line.waiting }, by.at);
}

/** The lines of which something waits, by their places in the order: their ids are the sender's words. */
export function listWaiting(fulfilments: readonly Fulfilment[]): readonly Pick<LineHold, 'position' | 'waiting'>[] {
  const lines = fulfilments.map(({ waiting }, index) => ({ position: index + 1, waiting }));
  // Nothing is `0` to one back office and `0.00` to another.
  return lines.filter(({ waiting }) => !/^0+(\.0+)?$/.test(waiting));
}

async function holdLine(
  tx: Store,
  line: Pick<Insertable<LineHoldTable>, 'order_id' | 'revision' | 'position' | 'quantity'>,
  at: string,
): Promise<void> {
  const opened = { code: SHORT, opened_at: at, looked_at: at, cleared_at: null, cleared_by: null };
  if (await insertOnce(tx.db, 'line_holds', { ...line, ...opened })) return;
  const { quantity, ...key } = line;
  const update = tx.db.updateTable('line_holds').where((eb) => eb.and(key));
  await update.set({ quantity }).where('cleared_at', 'is', null).execute();
  await update
    .set({ ...opened, quantity })
    .where('cleared_at', 'is not', null)
    .execute();
}

/** Forgets what was set aside for the lines of an order that has nothing any more, and clears the holds on them. */
export async function giveUpFulfilments(
  tx: Store,
  orderId: string,
  by: { readonly clearedBy: string; readonly at: string },
): Promise<void> {
  await tx.db.deleteFrom('line_allocations').where('order_id', '=', orderId).execute();
  await clearLineHolds(tx, orderId, by);
}

/** Clears the holds on an order's lines: all that stand, or all but those on some lines of a revision. */
async function clearLineHolds(
  tx: Store,
  orderId: string,
  by: { readonly clearedBy: string; readonly at: string },
  { except }: { readonly except?: OrderRef & { readonly positions: readonly number[] } } = {},
): Promise<void> {
  const standing = tx.db
    .selectFrom('line_holds')
    .select(['revision', 'position'])
    .where('order_id', '=', orderId)
    .where('cleared_at', 'is', null);
  const kept = new Set(except?.positions);
  for (const { revision, position } of await standing.execute()) {
    if (revision === except?.revision && kept.has(position)) continue;
    await tx.db
      .updateTable('line_holds')
      .set({ cleared_at: by.at, cleared_by: by.clearedBy })
      .where('order_id', '=', orderId)
      .where('revision', '=', revision)
      .where('position', '=', position)
      .execute();
  }
}

/** What was set aside for each line of a revision, in their order; nothing if that is not known. */
export async function listFulfilments(store: Store, ref: OrderRef, lines: number): Promise<readonly Fulfilment[]> {
  const rows = await store.db
    .selectFrom('line_allocations')
    .select(['position', 'warehouse', 'quantity'])
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .orderBy('position')
    .orderBy('warehouse')
    .execute();
  const holds = await listLineHolds(store, ref);
  if (rows.length === 0 && holds.length === 0) return [];
  const allocated = Map.groupBy(rows, ({ position }) => position);
  const waiting = new Map(holds.map((hold) => [hold.position, hold.waiting]));
  return Array.from({ length: lines }, (_, index) => ({
    allocations: (allocated.get(index + 1) ?? []).map(({ warehouse, quantity }) => ({ warehouse, quantity })),
    waiting: waiting.get(index + 1) ?? '0',
  }));
}

/** The lines of a revision of which something waits, in their order. */
export async function listLineHolds(store: Store, ref: OrderRef): Promise<readonly LineHold[]> {
  const rows = await store.db
    .selectFrom('line_holds')
    .select(['position', 'code', 'quantity', 'opened_at'])
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .where('cleared_at', 'is', null)
    .orderBy('position')
    .execute();
  return rows.map(({ position, code, quantity, opened_at: openedAt }) => ({
    position,
    code,
    waiting: quantity,
    openedAt,
  }));
}

/**
 * Orders in production of which lines wait: those that were not asked about for longest, and of these the ones that wait
 * longest first.
 */
export async function listWaitingOrders(store: Store, size: number): Promise<readonly OrderRef[]> {
  const query = store.db
    .selectFrom('line_holds')
    .innerJoin('orders', (join) =>
      join.onRef('orders.id', '=', 'line_holds.order_id').onRef('orders.revision', '=', 'line_holds.revision'),
    )
    .select(({ fn }) => ['line_holds.order_id', 'line_holds.revision', fn.min('line_holds.opened_at').as('opened_at')])
    .where('line_holds.cleared_at', 'is', null)
    .where('orders.state', '=', 'completed')
    .groupBy(['line_holds.order_id', 'line_holds.revision'])
    .orderBy(({ fn }) => fn.min('line_holds.looked_at'))
    .orderBy(({ fn }) => fn.min('line_holds.opened_at'))
    .orderBy('line_holds.order_id');
  const rows = await first(query, size).execute();
  return rows
    .toSorted((one, other) => (one.opened_at < other.opened_at ? -1 : one.opened_at > other.opened_at ? 1 : 0))
    .map(({ order_id: orderId, revision }) => ({ orderId, revision }));
}

/** Notes when it was last asked whether what waits of an order is there. */
export async function noteLooked(store: Store, ref: OrderRef, at: string): Promise<void> {
  await store.db
    .updateTable('line_holds')
    .set({ looked_at: at })
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .where('cleared_at', 'is', null)
    .execute();
}
