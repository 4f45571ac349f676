import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { OrderProgress } from '../activities/progress.ts';
import { orderCustomer, orderHolds, orderState } from './contract.ts';

const WAITING: readonly string[] = ['in_review', 'held'];

/** What may be done about an order, by state, for an operator who reads the Web UI. */
const WHAT_NOW: Readonly<Partial<Record<OrderProgress['state'], string>>> = {
  in_review: 'A reviewer decides: `POST /v1/orders/{id}/review/approve`, `reject` or `correct`. A signal from here decides nothing.',
  held: 'It goes on by itself within two minutes after the cause is gone. It can be cancelled: `POST /v1/orders/{id}/cancel`.',
  completed: 'Nothing. Changes are made in production.',
  rejected: 'The source corrects the order and sends it again, or an operator reprocesses it.',
  cancelled: 'Nothing.',
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
  const lines = [
    `**${state.replace('_', ' ')}** (revision ${String(revision)})`,
    `PO ${poNumber ?? 'not read yet'} of customer ${customerId ?? 'not read yet'}, ${String(lineCount ?? 0)} lines, from ${source} (${channel})`,
  ];
  if (holds.length > 0) lines.push(`Waits because of: ${holds.map((hold) => `${hold.code} (${hold.releaseRole ?? 'clears itself'})`).join(', ')}`);
  if (review) lines.push(`Decision due ${new Date(review.dueAt).toISOString()}${review.escalated ? ', **escalated**' : ''}`);
  if (productionOrderId !== null) lines.push(`Production order ${productionOrderId}`);
  lines.push(`What can be done: ${WHAT_NOW[state] ?? 'Nothing needs to be done.'}`);
  return lines.join('\n\n');
}
