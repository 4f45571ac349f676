import { listFindings } from '../db/findings.ts';
import { getOrder } from '../db/orders.ts';
import { putOutbox } from '../db/outbox.ts';
import type { Store } from '../db/store.ts';
import { type Fate, putPurchaseOrderAcknowledgment } from './acknowledge.ts';
import { leaveOut } from './guard.ts';

/** Kinds of notices about an order; each is a row in the outbox first. */
export type NoticeKind =
  | 'order.completed'
  | 'order.rejected'
  | 'order.cancelled'
  | 'order.applied'
  | 'review.opened'
  | 'review.reminder'
  | 'review.escalated';

/** Notices that settle what becomes of an order. */
const FATES: Readonly<Partial<Record<NoticeKind, Fate>>> = {
  'order.completed': 'completed',
  'order.rejected': 'rejected',
  'order.cancelled': 'cancelled',
};

/** Writes a notice about an order to the outbox, inside the transaction of what it tells of. */
export async function putNotice(
  tx: Store,
  orderId: string,
  notice: { readonly kind: NoticeKind; readonly stepKey: string; readonly at: string },
): Promise<void> {
  const order = await getOrder(tx, orderId);
  // What is damaged must not keep an order from going on: the hold tells of it.
  const findings = (await listFindings(tx, `order:${orderId}`, order.revision).catch(leaveOut)) ?? [];
  const content = {
    type: notice.kind,
    timestamp: notice.at,
    data: {
      orderId,
      externalId: order.external_id,
      poNumber: order.po_number,
      state: order.state,
      revision: order.revision,
      productionOrderId: order.production_order_id,
      findings,
    },
  };
  const fate = FATES[notice.kind];
  if (fate) await putPurchaseOrderAcknowledgment(tx, order, fate, notice.stepKey, notice.at).catch(leaveOut);
  const { kind, stepKey } = notice;
  const outgoing = { subject: `order:${orderId}`, source: order.source, kind, stepKey, fileName: null } as const;
  await putOutbox(tx, { ...outgoing, content: JSON.stringify(content) }, notice.at).catch(leaveOut);
}
