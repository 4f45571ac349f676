import { log } from '@temporalio/activity';
import { findDatabaseFault } from '../db/faults.ts';
import { appendLog } from '../db/log.ts';
import { giveUpOld, stopDestination } from '../db/notice-destinations.ts';
import { isForHouse } from '../db/notices.ts';
import { giveUpOutbox, type OutboxRow, postponeOutbox } from '../db/outbox.ts';
import { inTransaction } from '../db/store.ts';
import { REFUSALS } from '../exchange/webhook-sender.ts';
import { type Deps, isoIn, nameOf, nowIso, WORKER } from './deps.ts';
import { type Failure, FINAL } from './prepare-notice.ts';

/* What becomes of a notice that was not taken: when it is tried again, and when it is given up. */

/** Seconds from one attempt to the next; after the last the message has failed. @see the specification of Standard Webhooks */
const DELAYS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/** Each is a little longer than that: not all that failed at one moment come again at one moment. */
const MOST_SCATTER = 0.1;
/** A destination that is away is tried less often than its messages ask for: those get too old instead. */
const OLD_MS = DELAYS.reduce((sum, delay) => sum + delay, 0) * (1 + MOST_SCATTER) * 1000;
const FEWEST_ATTEMPTS = 3;
const LONGEST_WAIT_SECONDS = 86_400;

/** Codes of failures for which only messages about the same order or document wait. */
export const OF_ONE_MESSAGE: readonly string[] = [...REFUSALS, 'internal'];

/** What came of a run. */
export interface Counts {
  delivered: number;
  postponed: number;
  failed: number;
}

/** A mistake of ours about one message keeps no other one waiting. @throws the error, if it is the database's */
export function failByMistake(error: unknown, deps: Deps, row: OutboxRow, counts: Counts): Promise<boolean> {
  if (findDatabaseFault(error) !== undefined) throw error;
  log.error('a notice cannot be sent', { id: row.id, error: nameOf(error) });
  return failNotice(deps, row, { code: 'internal', about: 'message' }, counts);
}

/** Notes a failure: to be tried again, or given up. @returns whether another message may do better */
export async function failNotice({ store }: Deps, row: OutboxRow, failure: Failure, counts: Counts): Promise<boolean> {
  const { id, destination, kind, attempts } = row;
  const { code, about } = failure;
  const delay = delaySeconds(row, failure);
  log.warn('a notice could not be delivered', { id, destination, kind, attempts: attempts + 1, code });
  if (delay === undefined) await giveUpOutbox(store, id, code);
  else await postponeOutbox(store, id, isoIn(delay * 1000), code);
  counts[delay === undefined ? 'failed' : 'postponed'] += 1;
  if (about === 'message') return true;
  const bounds = { writtenBefore: isoIn(-OLD_MS), fewestAttempts: FEWEST_ATTEMPTS };
  const old = await giveUpOld(store, String(destination), bounds, code);
  if (old > 0) log.warn('notices that are too old were given up', { destination, notices: old, code });
  counts.failed += old;
  return false;
}

/** Seconds to the next attempt, as the destination asks or later; undefined: there is none. */
function delaySeconds(
  { attempts, created_at: createdAt }: OutboxRow,
  { isFinal, retryAfterSeconds = 0 }: Failure,
): number | undefined {
  const delay = DELAYS[attempts];
  const isOld = Date.now() - Date.parse(createdAt) > OLD_MS && attempts + 1 >= FEWEST_ATTEMPTS;
  if (isFinal || isOld || delay === undefined) return undefined;
  return Math.max(delay * (1 + Math.random() * MOST_SCATTER), Math.min(retryAfterSeconds, LONGEST_WAIT_SECONDS));
}

/** 410 Gone: nothing more goes there until the address is another one, or an operator says so. */
export async function stopDestinationOf(deps: Deps, row: OutboxRow, address: string, counts: Counts): Promise<boolean> {
  const at = nowIso();
  const destination = String(row.destination);
  await inTransaction(deps.store, async (tx) => {
    await stopDestination(tx, destination, address, at);
    if (isForHouse(row)) return;
    const entry = { stepKey: `notices stopped:${row.id}:${at}`, at, actor: WORKER, action: 'notices.stopped' };
    await appendLog(tx, `source:${row.source}`, { ...entry, detail: { destination, message: row.id } });
  });
  return failNotice(deps, row, { code: 'gone', about: 'message', ...FINAL }, counts);
}
