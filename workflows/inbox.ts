import { ApplicationFailure } from '@temporalio/common';
import { condition, log, setHandler } from '@temporalio/workflow';
import type { AppliedDecision } from '../activities/apply-decision.ts';
import type { Activities } from '../activities/index.ts';
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
import { ask, patientStep } from './steps.ts';

/** What people and the recheck have to say to an order: one queue, whichever way a decision came. */
export interface Inbox {
  hasNext(): boolean;
  /** Lets the next decision take effect, if there is one; where the order stands then. */
  takeNext(): Promise<OrderProgress | undefined>;
  /** Tells everyone still in the queue why nothing comes of it. */
  refuseRest(): Promise<void>;
  recheckAsked(): boolean;
  forgetRecheck(): void;
  /**
   * Notes where the order stands, for those who wait for its automatic part, and queues the decisions that were written:
   * messages come between a workflow's tasks only, and the automatic part is one task.
   */
  report(order: OrderProgress): void;
}

interface Entry {
  readonly decisionId: string;
  outcome: DecisionOutcome | undefined;
}

type ApplyCall = (steps: Activities) => Promise<AppliedDecision>;

const APPLY = 'Let a decision take effect';
const DECISION_ID = /^[0-9a-f-]{36}$/;
const WAITING: readonly string[] = ['in_review', 'held'];

/** Opens the order's inbox; before the first await of the workflow, so that no message finds nobody there. */
export function openInbox(orderId: string): Inbox {
  const queue: Entry[] = [];
  let recheck = false;
  // The first decision could not be tried to its end: it waits for a recheck, or it would be tried without a pause.
  let stuck = false;
  let settled: OrderProgress | undefined;

  const push = ({ decisionId }: DecisionRef): Entry => {
    const known = queue.find((entry) => entry.decisionId === decisionId);
    if (known) return known;
    const entry = { decisionId, outcome: undefined };
    queue.push(entry);
    stuck = false;
    return entry;
  };
  const hasNext = (): boolean => queue.length > 0 && !stuck;
  const take = async (entry: Entry, apply: (call: ApplyCall) => Promise<AppliedDecision>): Promise<OrderProgress> => {
    const { applied, refusal, progress } = await apply((steps) => steps.applyDecision(orderId, entry.decisionId));
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
    stuck = false;
  });

  return {
    hasNext,
    takeNext: async () => {
      const [entry] = queue;
      if (!entry || stuck) return undefined;
      stuck = true;
      const progress = await take(entry, (call) => ask(APPLY, call));
      stuck = false;
      return progress;
    },
    refuseRest: async () => {
      for (let entry = queue[0]; entry; entry = queue[0]) await take(entry, (call) => call(patientStep(APPLY)));
    },
    recheckAsked: () => recheck,
    forgetRecheck: () => {
      recheck = false;
    },
    report: (order) => {
      for (const decisionId of order.pendingDecisions) push({ decisionId });
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
  return typeof ref === 'object' && ref !== null && DECISION_ID.test((ref as DecisionRef).decisionId);
}

function assertDecisionRef(ref: unknown): void {
  if (!isDecisionRef(ref)) throw ApplicationFailure.nonRetryable('a decision is named by its id', 'InvalidDecision');
}
