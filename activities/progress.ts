import { listOpenHolds } from '../db/holds.ts';
import { getOrderWithCounts } from '../db/orders.ts';
import { listPendingDecisionIds } from '../db/decisions.ts';
import { findOpenReview } from '../db/reviews.ts';
import type { Store } from '../db/store.ts';
import type { Channel, OrderState } from '../orders/state.ts';

/** Where an order stands, as its workflow needs to know it: ids, codes, counts and states only. */
export interface OrderProgress {
  readonly orderId: string;
  readonly revision: number;
  readonly state: OrderState;
  /** `replace` and `cancel` are changes of an earlier order. */
  readonly type: string;
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
  /** Until when it may go on by the facts it was judged by, in milliseconds since the epoch; only the verdict tells it. */
  readonly freshUntil?: number;
}

/** Reads where an order stands. What most orders do not have is asked for only where there is some. */
export async function readProgress(store: Store, orderId: string): Promise<OrderProgress> {
  const order = await getOrderWithCounts(store, orderId);
  const holds = order.open_holds > 0 ? await listOpenHolds(store, orderId) : [];
  const review = order.open_reviews > 0 ? await findOpenReview(store, orderId) : undefined;
  return {
    orderId,
    revision: order.revision,
    state: order.state,
    type: order.type,
    resumeState: order.resume_state,
    finished: order.terminal_at !== null,
    holds: holds.map(({ code, releaseRole }) => ({ code, releaseRole })),
    source: order.source,
    channel: order.channel,
    customerId: order.customer_id,
    poNumber: order.po_number,
    lineCount: order.line_count,
    productionOrderId: order.production_order_id,
    pendingDecisions: order.pending_decisions > 0 ? await listPendingDecisionIds(store, orderId) : [],
    review: review
      ? {
          openedAt: Date.parse(review.opened_at),
          dueAt: Date.parse(review.due_at),
          escalated: review.escalated_at !== null,
        }
      : null,
  };
}
