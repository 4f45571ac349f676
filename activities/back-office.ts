import { ApplicationFailure } from '@temporalio/common';
import { BackOfficeRefused, BackOfficeUnavailable } from '../backoffice/port.ts';
import { CircuitOpen } from '../exchange/circuit.ts';
import { type Fulfilment, isFulfilmentOf } from '../orders/fulfilment.ts';

/** Failure types that workflows know. Messages name calls and codes only: they end up in plain histories. */
const UNAVAILABLE = 'BackOfficeUnavailable';
export const REFUSED = 'BackOfficeRefused';

/** A back office that asks for more time than this gets it: the order waits in a hold, where it can be cancelled. */
const MOST_SECONDS_WAITED = 10;

/**
 * Calls the back office and turns its errors into failures that Temporal treats right: no answer is tried again, a refusal
 * is final, and so is a call that was not made because the back office is known to be away: the order waits in a hold.
 */
export async function askBackOffice<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof BackOfficeUnavailable || error instanceof CircuitOpen) throw failureOf(error);
    if (error instanceof BackOfficeRefused) {
      throw ApplicationFailure.nonRetryable(error.message, REFUSED);
    }
    throw error;
  }
}

/** Who asks for a short time gets it between two tries; the detail is for the workflow, which is not told of the delay. */
function failureOf(error: BackOfficeUnavailable | CircuitOpen): ApplicationFailure {
  const { message, retryAfterSeconds: seconds } = error;
  const isKnownAway = seconds === undefined ? error instanceof CircuitOpen : seconds > MOST_SECONDS_WAITED;
  if (isKnownAway) return ApplicationFailure.nonRetryable(message, UNAVAILABLE);
  if (seconds === undefined || seconds === 0) return ApplicationFailure.create({ message, type: UNAVAILABLE });
  const delay = seconds * 1000;
  return ApplicationFailure.create({ message, type: UNAVAILABLE, nextRetryDelay: delay, details: [delay] });
}

/**
 * What the back office says of an order's lines, if it can be: an answer about other lines, or by which more or less goes
 * than was ordered, tells nothing.
 * @param quantities what the lines order
 * @throws BackOfficeUnavailable
 */
export function trustFulfilments(
  call: 'reserve' | 'takeBackorders',
  quantities: readonly string[],
  answered: readonly Fulfilment[],
): readonly Fulfilment[] {
  if (isFulfilmentOf(quantities, answered)) return answered;
  throw new BackOfficeUnavailable(call, 'the lines do not come to what was ordered', { isGarbled: true });
}
