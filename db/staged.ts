import type { StagedOrder } from '../orders/fulfilment.ts';
import { insertOnce } from './dialect.ts';
import type { OrderRef } from './orders.ts';
import { getSealer } from './seal.ts';
import type { Store } from './store.ts';

/** The order exactly as it was staged. @throws Error if this revision was never staged; Erased if its key is gone. */
export async function getStaged(store: Store, ref: OrderRef): Promise<StagedOrder> {
  const row = await store.db
    .selectFrom('order_staging_validated')
    .select('content_sealed')
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .executeTakeFirst();
  if (!row) throw new Error(`order ${ref.orderId} revision ${String(ref.revision)} was not staged`);
  const sealer = await getSealer(store, `order:${ref.orderId}`);
  return sealer.openJson<StagedOrder>(`staged ${String(ref.revision)}`, row.content_sealed);
}

/** Writes the order, as it will be handed off, to the staging table; a second writing changes nothing. */
export async function putStaged(tx: Store, ref: OrderRef, order: StagedOrder, at: string): Promise<void> {
  const sealer = await getSealer(tx, `order:${ref.orderId}`);
  await insertOnce(tx.db, 'order_staging_validated', {
    order_id: ref.orderId, revision: ref.revision, content_sealed: sealer.sealJson(`staged ${String(ref.revision)}`, order),
    customer_id: order.customerId, po_number: order.poNumber, currency: order.currency, total: order.total,
    line_count: order.lines.length, staged_at: at,
  }); // prettier-ignore
}
