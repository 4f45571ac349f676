import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { ProcessingHold } from '../activities/hold-order.ts';
import type { OrderProgress } from '../activities/progress.ts';

/** Tries in all before an order waits in a processing hold. */
const ATTEMPTS = 3;

/**
 * A step on our own database: local, so it costs no round trip to Temporal.
 * @param summary what the Temporal Web UI calls it.
 */
export function step(summary: string): Activities {
  return proxyLocalActivities<Activities>({
    startToCloseTimeout: '10 s',
    retry: { initialInterval: '200 ms', maximumAttempts: ATTEMPTS },
    summary,
  });
}

/**
 * A step that calls the back office: the first try is local, because it nearly always succeeds within milliseconds; the
 * others are regular activities, so that a slow other side does not block the order's messages.
 */
export async function ask<T>(summary: string, call: (steps: Activities) => Promise<T>): Promise<T> {
  try {
    return await call(proxyLocalActivities<Activities>({ startToCloseTimeout: '2500 ms', retry: { maximumAttempts: 1 }, summary }));
  } catch (fault) {
    if (!(fault instanceof ActivityFailure) || isFinal(fault.cause)) throw fault;
  }
  const retry = { initialInterval: '1 s', backoffCoefficient: 3, maximumAttempts: ATTEMPTS - 1 };
  return call(proxyActivities<Activities>({ startToCloseTimeout: '15 s', retry, summary: `${summary} (again)` }));
}

/** Lets the order wait after a step failed for good; whatever else went wrong is not for the order to bear. */
export async function holdAfter(fault: unknown, order: OrderProgress): Promise<OrderProgress> {
  if (!(fault instanceof ActivityFailure)) throw fault;
  // Without a limit: while our own database is away there is nowhere to write the hold to.
  const retry = { initialInterval: '1 s', maximumInterval: '20 s' };
  const patient = proxyLocalActivities<Activities>({ startToCloseTimeout: '10 s', retry, summary: 'Hold the order' });
  return patient.holdOrder(order, holdFor(fault.cause));
}

function holdFor(cause: Error | undefined): ProcessingHold {
  if (cause instanceof TimeoutFailure) return 'BACKOFFICE.UNAVAILABLE';
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  if (type === 'BackOfficeUnavailable') return 'BACKOFFICE.UNAVAILABLE';
  return type === 'BackOfficeRefused' ? 'BACKOFFICE.REFUSED' : 'PROCESSING.FAILED';
}

function isFinal(cause: Error | undefined): boolean {
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}
