import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { OrderProgress } from '../activities/progress.ts';
import type { OrderInput, OrderOutcome } from './contract.ts';
import { type Inbox, openInbox, outcomeOf } from './inbox.ts';
import { type Told, waitForDecision } from './review.ts';
import { ask, holdAfter, step } from './steps.ts';
import { tell } from './telling.ts';

/**
 * One order's story, from any state that the database has kept: what is done is not done again, what is left is done.
 * Started by the gateway, by a document, or by the reconciler when an order has lost its owner.
 */
export async function orderWorkflow({ orderId }: OrderInput): Promise<OrderOutcome> {
  const inbox = openInbox(orderId);
  const hold = (fault: unknown): Promise<OrderProgress> => holdAfter(fault, orderId);
  const note = (progress: OrderProgress): OrderProgress => {
    tell(progress);
    inbox.report(progress);
    return progress;
  };
  const told: Told = new Set();
  let order = note(await step('Parse the order, or read where it stands').parseOrder(orderId).catch(hold));
  while (!order.finished) {
    // An order that waits for weeks is looked at thousands of times; all that it knows is in the database.
    if (workflowInfo().continueAsNewSuggested && allHandlersFinished())
      await continueAsNew<typeof orderWorkflow>({ orderId });
    order = note(await advance(order, inbox, told).catch(hold));
  }
  await inbox.refuseRest();
  await condition(allHandlersFinished);
  return outcomeOf(order);
}

/** The next step of the story. Each one leaves a new state in the database; a decision comes before a step it may stop. */
async function advance(order: OrderProgress, inbox: Inbox, told: Told): Promise<OrderProgress> {
  switch (order.state) {
    case 'received':
      return step('Parse the order').parseOrder(order.orderId);
    case 'parsed':
      return (await inbox.takeNext()) ?? (isChange(order) ? change(order) : validate(order));
    case 'validated':
      return (await inbox.takeNext()) ?? goOnJudged(order);
    case 'reserved':
      return step('Stage the order for production').stageOrder(order);
    case 'staged':
      return (await inbox.takeNext()) ?? ask('Submit to production', (steps) => steps.submitOrder(order));
    case 'submitted':
      return (await inbox.takeNext()) ?? ask('Ask what became of the submission', (steps) => steps.submitOrder(order));
    case 'in_review':
      return waitsForItself(order) ? waitForRecheck(order, inbox) : waitForDecision(order, inbox, told);
    case 'held':
      return waitForRecheck(order, inbox);
    case 'rejected':
    case 'cancelled':
      if (waitsForItself(order)) return waitForRecheck(order, inbox);
      return ask(`Close the ${order.state} order`, (steps) => steps.closeOrder(order));
    case 'completed':
    case 'applied':
      return order;
  }
}

/** Whether the order is a change of an earlier one, which makes no production order of its own. */
function isChange({ type }: OrderProgress): boolean {
  return type === 'replace' || type === 'cancel';
}

/** Brings a change to its order; what is to replace an order that production has is judged as an order is. */
async function change(order: OrderProgress): Promise<OrderProgress> {
  const linked = await step('Bring the change to its order').linkChange(order);
  return linked.state === 'parsed' ? validate(linked) : linked;
}

/** Judges the order by the facts of now; credit and inventory are steps of their own. */
async function validate(order: OrderProgress): Promise<OrderProgress> {
  await ask('Ask the back office for the facts', (steps) => steps.takeFacts(order));
  // Side by side, because each answer that the workflow waits for costs a turn of its sandbox.
  await Promise.all([
    step('Validate data, customer, products, totals').validateOrder(order),
    step('Check credit').checkCredit(order),
    step('Check inventory').checkInventory(order),
  ]);
  return step('Draw the verdict').settleVerdict(order);
}

/**
 * Reserves for the order, or brings a change to production; what waited, if only for the workers to come back, is judged by
 * fresh facts first, if the old ones are too old. What cancels an order is judged by none.
 */
async function goOnJudged(order: OrderProgress): Promise<OrderProgress> {
  const isFresh = order.freshUntil !== undefined && Date.now() < order.freshUntil;
  if (!isFresh && order.type !== 'cancel') {
    const judged = await ask('Judge by fresh facts if the old ones are too old', (steps) =>
      steps.refreshVerdict(order),
    );
    if (judged.state !== 'validated') return judged;
  }
  if (isChange(order)) return ask('Change it in production', (steps) => steps.carryOutChange(order));
  return ask('Reserve credit and stock', (steps) => steps.reserveOrder(order));
}

function waitsForItself(order: OrderProgress): boolean {
  return order.holds.some((hold) => hold.releaseRole === null);
}

/** Waits without a timer until someone says that the cause may be gone. A submission's outcome comes before any decision. */
async function waitForRecheck(order: OrderProgress, inbox: Inbox): Promise<OrderProgress> {
  const mayDecide = order.resumeState !== 'submitted';
  await condition(() => inbox.recheckAsked() || (mayDecide && inbox.hasNext()));
  if (!inbox.recheckAsked()) return (await inbox.takeNext()) ?? order;
  inbox.forgetRecheck();
  return step('Go on where the order was held').resumeOrder(order);
}
