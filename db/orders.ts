import type { Selectable } from 'kysely';
import type { Order } from '../orders/order.ts';
import type { OrderState } from '../orders/state.ts';
import { insertOnce, lockRows } from './dialect.ts';
import { getSealer, type Sealer } from './seal.ts';
import type { Store } from './store.ts';
import type { OrderRevisionTable, OrderTable } from './tables.ts';

/** The order's row: where it stands, without any content that could identify a person. */
export type OrderRow = Selectable<OrderTable>;

/** An order in one revision. */
export interface OrderRef {
  readonly orderId: string;
  readonly revision: number;
}

/** The order's row; in a transaction it is locked until the end, so that steps on one order take turns. */
export function findOrder(store: Store, orderId: string): Promise<OrderRow | undefined> {
  return lockRows(store.db, store.db.selectFrom('orders').selectAll().where('id', '=', orderId)).executeTakeFirst();
}

/** As {@link findOrder}. @throws Error if there is no such order. */
export async function getOrder(store: Store, orderId: string): Promise<OrderRow> {
  const row = await findOrder(store, orderId);
  if (!row) throw new Error(`no order ${orderId}`);
  return row;
}

/** As {@link findOrder} for what is told beside something else: the row is not locked. */
export function peekOrder(store: Store, orderId: string): Promise<OrderRow | undefined> {
  return store.db.selectFrom('orders').selectAll().where('id', '=', orderId).executeTakeFirst();
}

/** Whether the order's content was removed: at the end of its retention, or because a person asked for it. */
export function isGone({
  expired_at: expiredAt,
  erased_at: erasedAt,
}: Pick<OrderRow, 'expired_at' | 'erased_at'>): boolean {
  return expiredAt !== null || erasedAt !== null;
}

/** An order with how many holds stand on it, reviews are open and decisions are pending. @throws Error if there is none. */
export async function getOrderWithCounts(
  store: Store,
  orderId: string,
): Promise<OrderRow & { open_holds: number; open_reviews: number; pending_decisions: number }> {
  const row = await store.db
    .selectFrom('orders')
    .selectAll()
    .select((eb) => [
      eb
        .selectFrom('holds')
        .select(({ fn }) => fn.countAll<number>().as('rows'))
        .whereRef('holds.order_id', '=', 'orders.id')
        .where('holds.cleared_at', 'is', null)
        .$asScalar()
        .$notNull()
        .as('open_holds'),
      eb
        .selectFrom('reviews')
        .select(({ fn }) => fn.countAll<number>().as('rows'))
        .whereRef('reviews.order_id', '=', 'orders.id')
        .where('reviews.closed_at', 'is', null)
        .$asScalar()
        .$notNull()
        .as('open_reviews'),
      eb
        .selectFrom('decisions')
        .select(({ fn }) => fn.countAll<number>().as('rows'))
        .whereRef('decisions.order_id', '=', 'orders.id')
        .where('decisions.state', '=', 'pending')
        .$asScalar()
        .$notNull()
        .as('pending_decisions'),
    ])
    .where('orders.id', '=', orderId)
    .executeTakeFirst();
  if (!row) throw new Error(`no order ${orderId}`);
  return row;
}

/** States in which the automatic part of an order's story is over, at least for now. */
const AUTOMATIC_PART_OVER: readonly OrderState[] = [
  'in_review',
  'held',
  'completed',
  'rejected',
  'cancelled',
  'applied',
];

/**
 * Moves an order from one state to another, if it still is where the caller believes it to be.
 * @returns whether it moved; false when another step was there first, e.g. the same step before a crash.
 */
export async function moveOrder(
  tx: Store,
  ref: OrderRef,
  from: readonly OrderState[],
  to: OrderState,
  at: string,
  set: Partial<OrderRow> = {},
): Promise<boolean> {
  const over = AUTOMATIC_PART_OVER.includes(to) || set.terminal_at !== undefined;
  const result = await tx.db
    .updateTable('orders')
    .set({ resume_state: null, ...set, state: to, changed_at: at })
    .$if(over, (query) => query.set((eb) => ({ automatic_done_at: eb.fn.coalesce('automatic_done_at', eb.val(at)) })))
    .where('id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .where('state', 'in', from)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** The plain columns that an order's content gives to its row. */
export function columnsOf(order: Order): Partial<OrderRow> {
  return {
    type: order.type,
    customer_id: order.customerId,
    po_number: order.poNumber,
    external_id: order.externalId ?? null,
    currency: order.currency,
    total: order.total,
    line_count: order.lines.length,
    order_date: order.orderDate,
    requested_delivery_date: order.requestedDeliveryDate ?? null,
  };
}

/** Keeps one revision of the order's content, sealed; a second writing of the same revision changes nothing. */
export async function putRevision(
  tx: Store,
  ref: OrderRef,
  order: Order,
  by: { readonly origin: OrderRevisionTable['origin']; readonly actor: string; readonly at: string },
): Promise<void> {
  const sealer = await getSealer(tx, `order:${ref.orderId}`);
  await insertOnce(tx.db, 'order_revisions', {
    order_id: ref.orderId,
    revision: ref.revision,
    origin: by.origin,
    content_sealed: sealer.sealJson(placeOf(ref.revision), order),
    created_by: by.actor,
    created_at: by.at,
  });
}

/** One revision of the order's content. @throws Error if it was never parsed; Erased if its key is gone. */
export async function getRevision(store: Store, ref: OrderRef): Promise<Order> {
  const row = await store.db
    .selectFrom('order_revisions')
    .select('content_sealed')
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .executeTakeFirst();
  if (!row) throw new Error(`order ${ref.orderId} has no revision ${String(ref.revision)}`);
  return openRevision(await getSealer(store, `order:${ref.orderId}`), ref, row.content_sealed);
}

/** The content of a revision that was read beside something else. @throws Damaged if it is not what was sealed */
export function openRevision(sealer: Sealer, { revision }: OrderRef, sealed: Uint8Array): Order {
  return sealer.openJson<Order>(placeOf(revision), sealed);
}

function placeOf(revision: number): string {
  return `revision ${String(revision)}`;
}

/** Who made which revision, oldest first. */
export function listRevisions(
  store: Store,
  orderId: string,
): Promise<{ revision: number; origin: OrderRevisionTable['origin']; created_by: string; created_at: string }[]> {
  return store.db
    .selectFrom('order_revisions')
    .select(['revision', 'origin', 'created_by', 'created_at'])
    .where('order_id', '=', orderId)
    .orderBy('revision')
    .execute();
}

/** An order's present content; undefined if it is gone, or could not be read when the order was begun anew. */
export async function findContent(store: Store, order: OrderRow): Promise<Order | undefined> {
  if (isGone(order)) return undefined;
  const isKept = (await listRevisions(store, order.id)).some(({ revision }) => revision === order.revision);
  return isKept ? getRevision(store, { orderId: order.id, revision: order.revision }) : undefined;
}
