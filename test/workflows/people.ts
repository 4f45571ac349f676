import { setTimeout as pause } from 'node:timers/promises';
import { ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import { type Decision, findDecision, insertDecision, type KeptDecision } from '../../db/decisions.ts';
import { getOrder } from '../../db/orders.ts';
import { findOpenReview, type ReviewRow } from '../../db/reviews.ts';
import { decideUpdate, type DecisionOutcome } from '../../workflows/contract.ts';
import type { House } from '../support/house.ts';

/** A decision as a test tells it: by ravi the reviewer, on the order as it stands, unless said otherwise. */
export type Saying = Pick<Decision, 'action'> & Partial<Omit<Decision, 'id' | 'orderId' | 'action'>>;

/** Writes a decision as the gateway does. @returns its id. @throws Error if another one stands. */
export async function writeDecision({ store }: Pick<House, 'store'>, orderId: string, saying: Saying): Promise<string> {
  const { revision } = await getOrder(store, orderId);
  const review = saying.action === 'cancel' ? undefined : await findOpenReview(store, orderId);
  const usual = {
    revision,
    reviewId: review?.id ?? null,
    actor: 'ravi',
    roles: ['reviewer'],
    reason: 'a test',
    changes: [],
  } as const;
  const decision: Decision = { id: uuidv7(), orderId, ...usual, ...saying };
  if (!(await insertDecision(store, decision, new Date().toISOString()))) throw new Error('another decision stands');
  return decision.id;
}

/** Decides as the gateway does: the row first, then the update. */
export async function decide(
  house: Pick<House, 'store' | 'client'>,
  orderId: string,
  saying: Saying,
): Promise<DecisionOutcome> {
  return tell(house, orderId, await writeDecision(house, orderId, saying));
}

/**
 * Tells a decision to its order and waits for what became of it. An update that meets the end of its workflow is not
 * answered, then the row is.
 */
export async function tell(
  house: Pick<House, 'store' | 'client'>,
  orderId: string,
  decisionId: string,
): Promise<DecisionOutcome> {
  try {
    return await house.client.workflow
      .getHandle(`order:${orderId}`)
      .executeUpdate(decideUpdate, { args: [{ decisionId }] });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError || isTaskFailure(error))) throw error;
  }
  const decision = await untilSettled(house, decisionId);
  const { state, revision } = await getOrder(house.store, orderId);
  return { applied: decision.state === 'applied', refusal: decision.refusal, state, revision, holds: [] };
}

/** A signal came while the workflow was ending: Temporal does its last task once more, without the updates. */
function isTaskFailure(error: unknown): boolean {
  const FAILED_PRECONDITION = 9;
  return error instanceof ServiceError && (error.cause as { code?: unknown }).code === FAILED_PRECONDITION;
}

/** Waits until a person may decide about an order. */
export function untilReview({ store }: Pick<House, 'store'>, orderId: string): Promise<ReviewRow> {
  return until(async () => {
    const { state } = await getOrder(store, orderId);
    return state === 'in_review' ? findOpenReview(store, orderId) : undefined;
  });
}

/** Waits until something became of a decision. */
export function untilSettled({ store }: Pick<House, 'store'>, decisionId: string): Promise<KeptDecision> {
  return until(async () => {
    const decision = await findDecision(store, decisionId);
    return decision?.state === 'pending' ? undefined : decision;
  });
}

/** Waits until there is an answer. @throws Error after `limitMs` milliseconds. */
export async function until<T>(ask: () => Promise<T | undefined>, limitMs = 20_000): Promise<T> {
  const giveUpAt = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > giveUpAt) throw new Error(`nothing after ${String(limitMs)} ms`);
    await pause(25);
  }
}
