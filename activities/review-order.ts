import { appendLog } from '../db/log.ts';
import { getOrder, type OrderRef } from '../db/orders.ts';
import { findOpenReview, markEscalated, openReview } from '../db/reviews.ts';
import { getSource } from '../db/sources.ts';
import { inTransaction } from '../db/store.ts';
import type { SourceProfile } from '../orders/source.ts';
import { type Deps, WORKER } from './deps.ts';
import { putNotice } from './notice.ts';
import { type OrderProgress, readProgress } from './progress.ts';

const HOUR_MS = 3_600_000;

/**
 * Opens the review of an order that needs a person, or goes on with the open one, or with that which a recheck closed. The
 * clock is the workflow's, because its timers run on it.
 * @param openedAt milliseconds since the epoch.
 */
export async function enterReview({ store }: Deps, ref: OrderRef, openedAt: number): Promise<OrderProgress> {
  await inTransaction(store, async (tx) => {
    if (await findOpenReview(tx, ref.orderId)) return;
    const at = new Date(openedAt).toISOString();
    const order = await getOrder(tx, ref.orderId);
    if (order.state !== 'in_review') return;
    const review = await openReview(tx, order, at, slaMsOf(await getSource(tx, order.source), order.customer_id));
    const isNew = review.opened_at === at;
    const stepKey = `review:${review.id}:opened${isNew ? '' : `:${at}`}`;
    // People were told of it, and are told how late it is.
    if (isNew) await putNotice(tx, ref.orderId, { kind: 'review.opened', stepKey, at });
    const action = isNew ? 'review.opened' : 'review.reopened';
    const detail = { reviewId: review.id, dueAt: review.due_at };
    await appendLog(tx, `order:${ref.orderId}`, { stepKey, at, actor: WORKER, action, detail });
  });
  return readProgress(store, ref.orderId);
}

/** How long a review of an order may take: as its customer or its source has it. */
function slaMsOf({ customerSlaHours, slaHours }: SourceProfile, customerId: string | null): number {
  const ofCustomer = customerId === null ? undefined : customerSlaHours[customerId];
  return (ofCustomer ?? slaHours) * HOUR_MS;
}

/** Points of the SLA at which somebody is told. */
export type Milestone = 'half' | 'late' | 'escalated';

/** Tells that part of the time is over; at the end of it, escalates. The order goes on waiting. */
export async function recordMilestone(
  { store }: Deps,
  ref: OrderRef,
  milestone: Milestone,
  atMs: number,
): Promise<OrderProgress> {
  await inTransaction(store, async (tx) => {
    const review = await findOpenReview(tx, ref.orderId);
    if (!review) return;
    const at = new Date(atMs).toISOString();
    const stepKey = `review:${review.id}:${milestone}`;
    const escalated = milestone === 'escalated';
    if (escalated) await markEscalated(tx, review.id, at);
    await putNotice(tx, ref.orderId, { kind: escalated ? 'review.escalated' : 'review.reminder', stepKey, at });
    const action = escalated ? 'review.escalated' : 'review.reminder';
    await appendLog(tx, `order:${ref.orderId}`, {
      stepKey,
      at,
      actor: WORKER,
      action,
      detail: { reviewId: review.id, milestone },
    });
  });
  return readProgress(store, ref.orderId);
}
