import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { condition, isCancellation, log } from '@temporalio/workflow';
import type { OrderProgress } from '../activities/progress.ts';
import type { Milestone } from '../activities/review-order.ts';
import type { Inbox } from './inbox.ts';
import { ask, step } from './steps.ts';
import { tell } from './telling.ts';

/** Points of the SLA, as parts of its length, at which somebody is told. */
const MILESTONES: readonly { readonly name: Milestone; readonly part: number }[] = [
  { name: 'half', part: 0.5 },
  { name: 'late', part: 0.875 },
  { name: 'escalated', part: 1 },
];

/** The milestones that this run has told of already, by review. */
export type Told = Set<string>;

/**
 * Waits for a person, or for the cause of the holds to go away. Half-way and shortly before the SLA ends somebody is
 * reminded; at its end supervisors are told, and the order goes on waiting: running out of time decides nothing.
 */
export async function waitForDecision(entered: OrderProgress, inbox: Inbox, told: Told): Promise<OrderProgress> {
  let order = entered.review ? entered : await step('Open the review').enterReview(entered, Date.now());
  tell(order);
  const ahead = MILESTONES.map((milestone) => ({ ...milestone, key: keyOf(order, milestone.name) }));
  for (const { name, part, key } of order.review?.escalated ? [] : ahead.filter((one) => !told.has(one.key))) {
    if (await isWokenBefore(atPart(order, part), inbox)) break;
    order = await step(`SLA: ${name}`).recordMilestone(order, name, Date.now());
    told.add(key);
    tell(order);
  }
  await condition(() => isWoken(inbox));
  if (inbox.hasNext()) return (await inbox.takeNext()) ?? order;
  inbox.forgetRecheck();
  const waiting = order;
  return ask('Judge it again by fresh facts', (steps) => steps.rejudgeOrder(waiting)).catch(waitOn(waiting));
}

/** Whether a decision came, or somebody says that the cause of a hold may be gone. */
function isWoken(inbox: Inbox): boolean {
  return inbox.hasNext() || inbox.recheckAsked();
}

/** Whether that was before an instant; one that has passed already is told of at once. */
async function isWokenBefore(at: number, inbox: Inbox): Promise<boolean> {
  const left = at - Date.now();
  if (isWoken(inbox)) return true;
  return left > 0 && (await condition(() => isWoken(inbox), left));
}

/** A look that failed changes nothing: the order waits for its person, and is looked at again later. */
function waitOn(order: OrderProgress): (fault: unknown) => OrderProgress {
  return (fault) => {
    const isOfStep =
      fault instanceof ActivityFailure || fault instanceof ApplicationFailure || fault instanceof TimeoutFailure;
    if (!isOfStep || isCancellation(fault)) throw fault;
    log.warn('an order could not be judged again');
    return order;
  };
}

function keyOf({ review }: OrderProgress, milestone: Milestone): string {
  return `${String(review?.openedAt)} ${milestone}`;
}

function atPart({ review }: OrderProgress, part: number): number {
  if (!review) return Date.now();
  return review.openedAt + (review.dueAt - review.openedAt) * part;
}
