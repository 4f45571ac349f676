import { listOpenHolds } from '../db/holds.ts';
import { getOrder } from '../db/orders.ts';
import { listPendingDecisionIds } from '../db/decisions.ts';
import { findOpenReview } from '../db/reviews.ts';
import { getSource } from '../db/sources.ts';
import type { Store } from '../db/store.ts';
import type { Channel, OrderState } from '../orders/state.ts';

/** Where an order stands, as its workflow needs to know it: ids, codes, counts and states only. */
export interface OrderProgress {
  readonly orderId: string;
  readonly revision: number;
  readonly state: OrderState;
  /** Where it goes on when nothing holds it any more. */
  readonly resumeState: OrderState | null;
  /** Nothing is left to do. */
  readonly finished: boolean;
  readonly holds: readonly { readonly code: string; readonly releaseRole: string | null }[];
  readonly source: string;
  readonly channel: Channel;
  readonly customerId: string | null;
  readonly poNumber: string | null;
  readonly lineCount: number | null;
  readonly productionOrderId: string | null;
  /** Decisions written but not acted on. */
  readonly pendingDecisions: readonly string[];
  /** The open review's clock, in milliseconds since the epoch. */
  readonly review: { readonly openedAt: number; readonly dueAt: number; readonly escalated: boolean } | null;
  /** How long a review of this order may take. */
  readonly slaMs: number;
}

const HOUR_MS = 3_600_000;

/** Reads where an order stands. */
export async function readProgress(store: Store, orderId: string): Promise<OrderProgress> {
  const order = await getOrder(store, orderId);
  const holds = await listOpenHolds(store, orderId);
  const review = await findOpenReview(store, orderId);
  const profile = await getSource(store, order.source);
  const slaHours = (order.customer_id === null ? undefined : profile.customerSlaHours[order.customer_id]) ?? profile.slaHours;
  return {
    orderId,
    revision: order.revision,
    state: order.state,
    resumeState: order.resume_state,
    finished: order.terminal_at !== null,
    holds: holds.map(({ code, releaseRole }) => ({ code, releaseRole })),
    source: order.source,
    channel: order.channel,
    customerId: order.customer_id,
    poNumber: order.po_number,
    lineCount: order.line_count,
    productionOrderId: order.production_order_id,
    pendingDecisions: await listPendingDecisionIds(store, orderId),
    review: review
      ? { openedAt: Date.parse(review.opened_at), dueAt: Date.parse(review.due_at), escalated: review.escalated_at !== null }
      : null,
    slaMs: slaHours * HOUR_MS,
  };
}
