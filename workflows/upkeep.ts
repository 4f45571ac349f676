import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';

/**
 * The scheduled workflows that keep things going. Each is one short activity: what it did stands in its result. They are
 * scheduled again soon, so a failed one is not retried for long.
 */
function upkeep(summary: string): Activities {
  return proxyActivities<Activities>({ startToCloseTimeout: '5 min', heartbeatTimeout: '30 s', retry: { maximumAttempts: 2 }, summary });
}

/** Lets orders whose hold may clear itself look again, paced. */
export function recheckHoldsWorkflow(): Promise<{ rechecked: number }> {
  return upkeep('Let held orders look again').recheckHolds();
}

/** Finds documents, orders and decisions without an owner and gives them one. */
export function reconcileWorkflow(): Promise<{ orders: number; documents: number; decisions: number }> {
  return upkeep('Give every order an owner').reconcile();
}

/** Sends what waits in the outbox. */
export function deliverOutboxWorkflow(): Promise<{ delivered: number; postponed: number }> {
  return upkeep('Send what waits in the outbox').deliverOutbox();
}
