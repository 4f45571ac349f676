import { condition } from '@temporalio/workflow';
import type { OrderProgress } from '../activities/progress.ts';
import type { Milestone } from '../activities/review-order.ts';
import type { Inbox } from './inbox.ts';
import { step } from './steps.ts';
import { tell } from './telling.ts';

/** Points of the SLA, as parts of its length, at which somebody is told. */
const MILESTONES: readonly { readonly name: Milestone; readonly part: number }[] = [
  { name: 'half', part: 0.5 },
  { name: 'late', part: 0.875 },
  { name: 'escalated', part: 1 },
];

/**
 * Waits for a person. Half-way and shortly before the SLA ends somebody is reminded; at its end supervisors are told, and
 * the order goes on waiting: running out of time decides nothing.
 */
export async function waitForDecision(entered: OrderProgress, inbox: Inbox): Promise<OrderProgress> {
  let order = entered.review ? entered : await step('Open the review').enterReview(entered, Date.now());
  tell(order);
  for (const { name, part } of order.review?.escalated ? [] : MILESTONES) {
    const decided = await hasDecisionBefore(atPart(order, part), inbox);
    if (decided) break;
    order = await step(`SLA: ${name}`).recordMilestone(order, name, Date.now());
    tell(order);
  }
  await condition(() => inbox.hasNext());
  return (await inbox.takeNext()) ?? order;
}

/** Whether a decision came before an instant; one that has passed already is told of at once. */
async function hasDecisionBefore(at: number, inbox: Inbox): Promise<boolean> {
  const left = at - Date.now();
  if (inbox.hasNext()) return true;
  return left > 0 && (await condition(() => inbox.hasNext(), left));
}

function atPart({ review }: OrderProgress, part: number): number {
  if (!review) return Date.now();
  return review.openedAt + (review.dueAt - review.openedAt) * part;
}
