import { ApplicationFailure } from '@temporalio/common';
import { condition, log, setHandler } from '@temporalio/workflow';
import type { OrderProgress } from '../activities/progress.ts';
import {
  automaticPartUpdate,
  decideSignal,
  decideUpdate,
  type DecisionOutcome,
  type DecisionRef,
  type OrderOutcome,
  recheckSignal,
} from './contract.ts';
import { ask } from './steps.ts';

/** What people and the recheck have to say to an order: one queue, whichever way a decision came. */
export interface Inbox {
  /** Queues decisions that were written but not acted on. */
  add(decisionIds: readonly string[]): void;
  hasNext(): boolean;
  /** Lets the next decision take effect, if there is one; where the order stands then. */
  takeNext(): Promise<OrderProgress | undefined>;
  /** Tells everyone still in the queue why nothing comes of it. */
  refuseRest(): Promise<void>;
  recheckAsked(): boolean;
  forgetRecheck(): void;
  /** Notes where the order stands, for those who wait for its automatic part. */
  report(order: OrderProgress): void;
}

interface Entry {
  readonly decisionId: string;
  outcome: DecisionOutcome | undefined;
}

const DECISION_ID = /^[0-9a-f-]{36}$/;
const WAITING: readonly string[] = ['in_review', 'held'];

/** Opens the order's inbox; before the first await of the workflow, so that no message finds nobody there. */
export function openInbox(orderId: string): Inbox {
  const queue: Entry[] = [];
  let recheck = false;
  let settled: OrderProgress | undefined;

  const push = ({ decisionId }: DecisionRef): Entry => {
    const known = queue.find((entry) => entry.decisionId === decisionId);
    const entry = known ?? { decisionId, outcome: undefined };
    if (!known) queue.push(entry);
    return entry;
  };
  const takeNext = async (): Promise<OrderProgress | undefined> => {
    const entry = queue[0];
    if (!entry) return undefined;
    const { applied, refusal, progress } = await ask('Let a decision take effect', (steps) =>
      steps.applyDecision(orderId, entry.decisionId),
    );
    queue.shift();
    entry.outcome = { applied, refusal, ...outcomeOf(progress) };
    if (!applied) log.warn('decision without effect', { decisionId: entry.decisionId, refusal });
    return progress;
  };

  setHandler(decideSignal, (ref) => {
    if (isDecisionRef(ref)) push(ref);
    else log.warn('stray signal ignored');
  });
  setHandler(decideUpdate, (ref) => waitForOutcome(push(ref)), { validator: assertDecisionRef });
  setHandler(automaticPartUpdate, async () => {
    await condition(() => settled !== undefined);
    return outcomeOf(settled as OrderProgress);
  });
  setHandler(recheckSignal, () => {
    recheck = true;
  });

  return {
    add: (decisionIds) => {
      for (const decisionId of decisionIds) push({ decisionId });
    },
    hasNext: () => queue.length > 0,
    takeNext,
    refuseRest: async () => {
      while (queue.length > 0) await takeNext();
    },
    recheckAsked: () => recheck,
    forgetRecheck: () => {
      recheck = false;
    },
    report: (order) => {
      if (order.finished || WAITING.includes(order.state)) settled = order;
    },
  };
}

/** What callers learn of where an order stands. */
export function outcomeOf(order: OrderProgress): OrderOutcome {
  return { state: order.state, revision: order.revision, holds: order.holds.map((hold) => hold.code) };
}

async function waitForOutcome(entry: Entry): Promise<DecisionOutcome> {
  await condition(() => entry.outcome !== undefined);
  return entry.outcome as DecisionOutcome;
}

function isDecisionRef(ref: unknown): ref is DecisionRef {
  return typeof ref === 'object' && ref !== null && DECISION_ID.test(String((ref as DecisionRef).decisionId));
}

function assertDecisionRef(ref: unknown): void {
  if (!isDecisionRef(ref)) throw ApplicationFailure.nonRetryable('a decision is named by its id', 'InvalidDecision');
}
