import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { OrderProgress } from '../activities/progress.ts';
import { orderCustomer, orderHolds, orderState } from './contract.ts';

const WAITING: readonly string[] = ['in_review', 'held'];

/** What may be done about an order, by state, for an operator who reads the Web UI. */
const WHAT_NOW: Readonly<Partial<Record<OrderProgress['state'], string>>> = {
  in_review: 'approve, reject, correct or cancel it in the review queue. A signal sent from here decides nothing.',
  held: 'nothing; it goes on within two minutes after the cause is gone. It can be cancelled.',
  completed: 'nothing here; changes are made in production.',
  rejected: 'the source sends it again, corrected, or an operator reprocesses it.',
  cancelled: 'an operator may reprocess it.',
  applied: 'nothing; the order that it changes goes on.',
};

/**
 * Tells the Temporal Web UI where an order stands: current details always, search attributes only on entering or leaving a
 * wait and at the end, because they cost a write each.
 */
export function tell(order: OrderProgress): void {
  setCurrentDetails(describe(order));
  const known = workflowInfo().typedSearchAttributes.get(orderState);
  const waits = order.finished || WAITING.includes(order.state);
  if ((waits && known !== order.state) || (!waits && known !== undefined && WAITING.includes(known))) {
    upsertSearchAttributes([
      { key: orderState, value: order.state },
      { key: orderHolds, value: order.holds.map((hold) => hold.code) },
      { key: orderCustomer, value: order.customerId ?? 'unknown' },
    ]);
  }
}

function describe(order: OrderProgress): string {
  const { state, revision, source, channel, poNumber, customerId, lineCount, holds, review, productionOrderId } = order;
  const due = review
    ? `, decision due ${new Date(review.dueAt).toISOString()}${review.escalated ? ', **escalated**' : ''}`
    : '';
  const made = productionOrderId === null ? '' : `, production order ${productionOrderId}`;
  const lines = [
    `**${state.replace('_', ' ')}** (revision ${String(revision)})${due}${made}`,
    `PO ${poNumber ?? 'not read yet'}, customer ${customerId ?? 'not read yet'}, lines: ${String(lineCount ?? 0)}, from ${source} (${channel})`,
  ];
  const reasons = holds.map((hold) => `${hold.code} (${hold.releaseRole ?? 'clears itself'})`);
  if (reasons.length > 0) lines.push(`Waits because of ${reasons.join(', ')}`);
  lines.push(`To do: ${WHAT_NOW[state] ?? 'nothing.'}`);
  return lines.join('\n\n');
}
