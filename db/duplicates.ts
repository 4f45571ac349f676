import { insertOnce } from './dialect.ts';
import { fingerprint } from './keyring.ts';
import { findOrder, type OrderRow } from './orders.ts';
import type { Store } from './store.ts';

/**
 * Claims the customer's PO number for an order. The claim is one row under a unique key, so of two orders with the same
 * number that are validated at once exactly one gets it. A claim held by a rejected or cancelled order is taken over.
 * @returns the id of the live order that has the number, or undefined when it is this order's.
 */
export async function claimPurchaseOrder(tx: Store, order: OrderRow, at: string): Promise<string | undefined> {
  const { customer_id: customerId, po_number: poNumber } = order;
  if (customerId === null || poNumber === null) return undefined;
  const scope = `customer:${customerId}`;
  const print = fingerprint(tx.keys, scope, poNumber);
  const inserted = await insertOnce(tx.db, 'fingerprints', {
    scope, kind: 'purchase_order', fingerprint: print, document_id: order.document_id, order_id: order.id,
    body_fingerprint: null, first_seen_at: at,
  }); // prettier-ignore
  if (inserted) return undefined;
  const claim = tx.db.selectFrom('fingerprints').select('order_id').where('scope', '=', scope);
  const { order_id: holder } = await claim
    .where('kind', '=', 'purchase_order')
    .where('fingerprint', '=', print)
    .executeTakeFirstOrThrow();
  if (holder === order.id || holder === null) return undefined;
  const other = await findOrder(tx, holder);
  // An order that retention removed was handed off: its fingerprint alone speaks for it.
  if (!other || !['rejected', 'cancelled'].includes(other.state)) return holder;
  await tx.db
    .updateTable('fingerprints')
    .set({ order_id: order.id, document_id: order.document_id })
    .where('scope', '=', scope)
    .where('kind', '=', 'purchase_order')
    .where('fingerprint', '=', print)
    .execute();
  return undefined;
}
