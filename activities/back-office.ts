import { ApplicationFailure } from '@temporalio/common';
import { BackOfficeRefused, BackOfficeUnavailable } from '../backoffice/port.ts';

/** Failure types that workflows know. Messages name calls and codes only: they end up in plain histories. */
const UNAVAILABLE = 'BackOfficeUnavailable';
export const REFUSED = 'BackOfficeRefused';

/** A back office that asks for more time than this gets it: the order waits in a hold, where it can be cancelled. */
const MOST_SECONDS_WAITED = 10;

/**
 * Calls the back office and turns its errors into failures that Temporal treats right: no answer is tried again, a
 * refusal is final.
 */
export async function askBackOffice<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof BackOfficeUnavailable) {
      const { retryAfterSeconds } = error;
      const delay = Math.min(retryAfterSeconds ?? 0, MOST_SECONDS_WAITED) * 1000;
      const nextRetryDelay = delay > 0 ? { nextRetryDelay: delay } : {};
      throw ApplicationFailure.create({ message: error.message, type: UNAVAILABLE, ...nextRetryDelay });
    }
    if (error instanceof BackOfficeRefused) {
      throw ApplicationFailure.nonRetryable(error.message, REFUSED);
    }
    throw error;
  }
}
