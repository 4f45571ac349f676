import { listFindings } from '../db/findings.ts';
import { HOUSE, type NoticeContent, putPushed } from '../db/notices.ts';
import { getOrder, type OrderRow } from '../db/orders.ts';
import { type OutboxSubject, putOnWay } from '../db/outbox.ts';
import { findSource } from '../db/sources.ts';
import type { Store } from '../db/store.ts';
import { type NoticeKind, REVIEW_KINDS } from '../orders/notify-profile.ts';
import { type Fate, putPurchaseOrderAcknowledgment } from './acknowledge.ts';
import { leaveOut } from './guard.ts';

/** Notices that settle what becomes of an order. */
const FATES: Readonly<Partial<Record<NoticeKind, Fate>>> = {
  'order.completed': 'completed',
  // What was backordered is accepted now.
  'order.line_released': 'completed',
  'order.rejected': 'rejected',
  'order.cancelled': 'cancelled',
};

/** Writes a notice about an order to the outbox, inside the transaction of what it tells of. */
export async function putNotice(
  tx: Store,
  orderId: string,
  notice: { readonly kind: NoticeKind; readonly stepKey: string; readonly at: string },
): Promise<void> {
  const { kind, stepKey, at } = notice;
  const order = await getOrder(tx, orderId);
  const content = await describe(tx, order, notice);
  const profile = await findSource(tx, order.source).catch(leaveOut);
  const fate = FATES[kind];
  if (fate && profile?.x12)
    await putPurchaseOrderAcknowledgment(tx, order, profile.x12, { fate, stepKey, at }).catch(leaveOut);
  const outgoing = { subject: `order:${orderId}`, source: order.source, kind, stepKey } as const;
  const destination = REVIEW_KINDS.some((review) => review === kind) ? HOUSE : null;
  const read = { ...outgoing, content: JSON.stringify(content) };
  await putOnWay(tx, read, { channel: 'read', destination }, at).catch(leaveOut);
  if (profile?.notify) await putPushed(tx, profile, { ...outgoing, content, at }).catch(leaveOut);
}

async function describe(
  tx: Store,
  order: OrderRow,
  { kind, at }: { readonly kind: NoticeKind; readonly at: string },
): Promise<NoticeContent> {
  // What is damaged must not keep an order from going on: the hold tells of it.
  const findings = (await listFindings(tx, `order:${order.id}`, order.revision).catch(leaveOut)) ?? [];
  return {
    type: kind,
    timestamp: at,
    data: {
      orderId: order.id,
      source: order.source,
      externalId: order.external_id,
      poNumber: order.po_number,
      state: order.state,
      revision: order.revision,
      productionOrderId: order.production_order_id,
      findings,
    },
  };
}

/** What our own people are told beside the reviews of orders. */
export interface HouseNotice {
  /** What it is about: `order:<id>`, `document:<id>` or `incident:<id>`. */
  readonly subject: OutboxSubject;
  /** Such as `incident.opened`. */
  readonly kind: `${string}.${string}`;
  /** Unique under the subject, so that a step that runs twice tells once. */
  readonly stepKey: string;
  /** Members of the message's `data`: ids, codes, counts, and words without personal data. */
  readonly content: Readonly<Record<string, unknown>>;
  readonly at: string;
}

/** Tells our own people, wherever the settings say they are told, inside the transaction of what it tells of. */
export async function putHouseNotice(tx: Store, { content, ...notice }: HouseNotice): Promise<void> {
  const { subject, kind, stepKey, at } = notice;
  const told: NoticeContent = { type: kind, timestamp: at, data: content };
  const outgoing = { subject, source: HOUSE, kind, stepKey, content: JSON.stringify(told) };
  await putOnWay(tx, outgoing, { channel: 'read', destination: HOUSE }, at).catch(leaveOut);
}
