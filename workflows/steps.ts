import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { proxyActivities, proxyLocalActivities, sleep } from '@temporalio/workflow';
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
    return await call(
      proxyLocalActivities<Activities>({ startToCloseTimeout: '2500 ms', retry: { maximumAttempts: 1 }, summary }),
    );
  } catch (fault) {
    const cause = causeOf(fault);
    if (!cause || isFinal(cause)) throw fault;
    const waitMs = waitOf(cause);
    if (waitMs !== undefined) await sleep(waitMs);
  }
  const retry = { initialInterval: '1 s', backoffCoefficient: 3, maximumAttempts: ATTEMPTS - 1 };
  return call(proxyActivities<Activities>({ startToCloseTimeout: '15 s', retry, summary: `${summary} (again)` }));
}

/** Failures whose words are for people. */
const TOLD: readonly string[] = ['BackOfficeRefused', 'ContentDamaged', 'StoreFault'];

/** Lets the order wait after a step failed for good; whatever else went wrong is not for the order to bear. */
export async function holdAfter(fault: unknown, orderId: string): Promise<OrderProgress> {
  const cause = causeOf(fault);
  if (!cause) throw fault;
  const code = holdFor(cause);
  // These name calls, statuses, codes and ids; what other failures say may quote anything.
  const why = cause instanceof ApplicationFailure && TOLD.includes(cause.type ?? '') ? [cause.message] : [];
  return patientStep('Hold the order').holdOrder(orderId, code, ...why);
}

/** A step without a limit of tries: while our own database is away, there is nowhere to write anything else to. */
export function patientStep(summary: string): Activities {
  const retry = { initialInterval: '1 s', maximumInterval: '20 s' };
  return proxyLocalActivities<Activities>({ startToCloseTimeout: '10 s', retry, summary });
}

/**
 * Why a step failed; undefined if it was none that failed. The failure of a regular activity comes wrapped, that of a
 * local one as it is.
 */
function causeOf(fault: unknown): ApplicationFailure | TimeoutFailure | undefined {
  const cause = fault instanceof ActivityFailure ? fault.cause : fault;
  return cause instanceof ApplicationFailure || cause instanceof TimeoutFailure ? cause : undefined;
}

function holdFor(cause: ApplicationFailure | TimeoutFailure): ProcessingHold {
  if (cause instanceof TimeoutFailure || cause.type === 'BackOfficeUnavailable') return 'BACKOFFICE.UNAVAILABLE';
  if (cause.type === 'BackOfficeRefused') return 'BACKOFFICE.REFUSED';
  return cause.type === 'ContentDamaged' ? 'CONTENT.DAMAGED' : 'PROCESSING.FAILED';
}

/** Milliseconds for which the back office asked before the next try: Temporal obeys between tries of one activity alone. */
function waitOf(cause: ApplicationFailure | TimeoutFailure): number | undefined {
  if (!(cause instanceof ApplicationFailure) || cause.type !== 'BackOfficeUnavailable') return undefined;
  const [waitMs] = cause.details ?? [];
  return typeof waitMs === 'number' ? waitMs : undefined;
}

function isFinal(cause: ApplicationFailure | TimeoutFailure): boolean {
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}
