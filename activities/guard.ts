import { log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { Damaged, FAULT_WORDS, findDatabaseFault } from '../db/faults.ts';

/** Failure types that workflows know; their messages are for people, and hold ids and codes only. */
const CONTENT_DAMAGED = 'ContentDamaged';
const STORE_FAULT = 'StoreFault';

const DOCUMENT_REST = '10 min';

/** For what is told beside something else: what is damaged of it is left out. @throws the error, if it is another. */
export function leaveOut(error: unknown): undefined {
  if (!(error instanceof Damaged)) throw error;
  log.error('left out', { why: error.message });
}

/** For sources, one by one: the others go on; its own orders wait until somebody has put its profile in place again. */
export function tellDamaged({ message }: Damaged): void {
  log.error('a source is left out', { why: message });
}

/**
 * Runs a step and turns what is wrong with the database, or with what is kept, into failures that workflows and people
 * understand. Content that is damaged does not get better by being read again.
 * @param subject whose step it is, such as `order:<id>`.
 */
export async function guard<T>(subject: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof Damaged) {
      const type = error.subject === subject ? CONTENT_DAMAGED : STORE_FAULT;
      // A document has nobody who waits for it, and its steps are never given up.
      if (subject.startsWith('document:')) log.error('a document is damaged', { subject, why: error.message });
      const again = subject.startsWith('document:') ? { nextRetryDelay: DOCUMENT_REST } : { nonRetryable: true };
      throw ApplicationFailure.create({ message: error.message, type, ...again });
    }
    const fault = findDatabaseFault(error);
    if (fault === undefined) throw error;
    throw ApplicationFailure.create({ message: FAULT_WORDS[fault], type: STORE_FAULT });
  }
}
