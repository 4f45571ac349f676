import type { OrderState } from '../orders/state.ts';
import { first, insertOnce } from './dialect.ts';
import { fingerprint } from './keyring.ts';
import { findOrder, type OrderRow } from './orders.ts';
import type { Store } from './store.ts';

/** States in which an order makes no claim to its PO number: given up, or not judged yet. */
const WITHOUT_CLAIM: readonly OrderState[] = ['rejected', 'cancelled', 'received', 'parsed'];

/**
 * Claims the customer's PO number for an order. The claim is one row under a unique key, so of two orders with the same
 * number that are validated at once exactly one gets it. A claim is taken over from an order that was rejected or
 * cancelled, or corrected to another number, unless one more order with the number lives on.
 * @returns the id of the live order that has the number, or undefined when it is this order's.
 */
export async function claimPurchaseOrder(tx: Store, order: OrderRow, at: string): Promise<string | undefined> {
  const { customer_id: customerId, po_number: poNumber } = order;
  if (customerId === null || poNumber === null) return undefined;
  const scope = `customer:${customerId}`;
  const key = { scope, kind: 'purchase_order', fingerprint: fingerprint(tx.keys, scope, poNumber) } as const;
  const row = { ...key, document_id: order.document_id, order_id: order.id, body_fingerprint: null, first_seen_at: at };
  if (await insertOnce(tx.db, 'fingerprints', row)) return undefined;
  const { order_id: holder } = await tx.db
    .selectFrom('fingerprints')
    .select('order_id')
    .where((eb) => eb.and(key))
    .executeTakeFirstOrThrow();
  if (holder === order.id || holder === null) return undefined;
  const other = await findOrder(tx, holder);
  // An order that retention removed was handed off: its fingerprint alone speaks for it.
  if (!other || holdsNumber(other, order)) return holder;
  const heir = (await findLiveTwin(tx, order, customerId, poNumber)) ?? order;
  const taken = await tx.db
    .updateTable('fingerprints')
    .set({ order_id: heir.id, document_id: heir.document_id })
    .where((eb) => eb.and(key))
    .where('order_id', '=', holder)
    .executeTakeFirst();
  // Another one was quicker to take it over.
  if (taken.numUpdatedRows === 0n) return claimPurchaseOrder(tx, order, at);
  return heir.id === order.id ? undefined : heir.id;
}

/**
 * Claims the sender's own id of an order. Where the same order is told again and again, as web shops do, the first one
 * told is the order; those that are told later change it.
 * @returns the id of the order that was told first, or undefined when it is this one
 */
export async function claimExternalOrder(
  tx: Store,
  order: Pick<OrderRow, 'id' | 'document_id' | 'source'>,
  externalId: string,
  at: string,
): Promise<string | undefined> {
  const key = externalOrderKey(tx, order.source, externalId);
  const row = { ...key, document_id: order.document_id, order_id: order.id, body_fingerprint: null, first_seen_at: at };
  if (await insertOnce(tx.db, 'fingerprints', row)) return undefined;
  const holder = await findFirstTold(tx, order.source, externalId);
  return holder === order.id ? undefined : holder;
}

/** The id of the order that was told first under a sender's own id. */
export async function findFirstTold(tx: Store, source: string, externalId: string): Promise<string | undefined> {
  const row = await tx.db
    .selectFrom('fingerprints')
    .select('order_id')
    .where((eb) => eb.and(externalOrderKey(tx, source, externalId)))
    .executeTakeFirst();
  return row?.order_id ?? undefined;
}

function externalOrderKey({ keys }: Store, source: string, externalId: string) {
  return {
    scope: source,
    kind: 'external_order',
    fingerprint: fingerprint(keys, 'external_order', externalId),
  } as const;
}

/** Whether an order that has the claim lives and still has the number: a correction may have changed it. */
function holdsNumber(holder: OrderRow, { customer_id: customerId, po_number: poNumber }: OrderRow): boolean {
  const givenUp = holder.state === 'rejected' || holder.state === 'cancelled';
  return !givenUp && holder.customer_id === customerId && holder.po_number === poNumber;
}

/** An order with the same number that was let pass beside the one that had the claim. */
function findLiveTwin(
  tx: Store,
  order: OrderRow,
  customerId: string,
  poNumber: string,
): Promise<Pick<OrderRow, 'id' | 'document_id'> | undefined> {
  const query = tx.db
    .selectFrom('orders')
    .select(['id', 'document_id'])
    .where('po_number', '=', poNumber)
    .where('customer_id', '=', customerId)
    .where('id', '<>', order.id)
    .where('type', '=', 'new')
    .where('state', 'not in', WITHOUT_CLAIM)
    .orderBy('received_at')
    .orderBy('id');
  return first(query, 1).executeTakeFirst();
}
