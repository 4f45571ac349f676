import { log } from '@temporalio/activity';
import { putFindings } from '../db/findings.ts';
import { clearHolds, countFailures, type Failing, listOpenHolds, openHolds, RECHECK } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { getOrder, moveOrder, type OrderRef } from '../db/orders.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { Finding } from '../orders/finding.ts';
import type { OrderState } from '../orders/state.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { leaveOut } from './guard.ts';
import { type OrderProgress, readProgress } from './progress.ts';

/** Why an order waits although nothing is wrong with it. */
export type ProcessingHold =
  /** The back office did not answer three times; clears itself. */
  | 'BACKOFFICE.UNAVAILABLE'
  /** The back office refused a call for good: a person must look. */
  | 'BACKOFFICE.REFUSED'
  /** Something kept of the order cannot be read as it was written: a person must look. */
  | 'CONTENT.DAMAGED'
  /** A step failed three times for another reason; clears itself, ever more slowly, until a person must look. */
  | 'PROCESSING.FAILED';

/** States in which an order stays while it waits: it waits already, or nothing but its end is left to do. */
const STAYING: readonly OrderState[] = ['held', 'in_review', 'rejected', 'cancelled'];

/** After so many failures in a row, within about an hour, a step is not tried again before a person has looked. */
const MOST_FAILURES = 8;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 3_600_000;

/** How long a step rests that failed so often in a row: nothing, 1 min, 2 min, 4 min … at most an hour. */
function restMs(failures: number): number {
  return failures <= 1 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS);
}

/**
 * Lets an order wait for something to get well again.
 * @param why what failed, in ids, codes and statuses, for the person who looks.
 */
export async function holdOrder(
  { store }: Deps,
  orderId: string,
  code: ProcessingHold,
  why?: string,
): Promise<OrderProgress> {
  await inTransaction(store, async (tx) => {
    const at = nowIso();
    const { state, revision, terminal_at: terminalAt } = await getOrder(tx, orderId);
    const stands = (await listOpenHolds(tx, orderId)).some((hold) => hold.code === code);
    if (terminalAt !== null || stands) return;
    const ref = { orderId, revision };
    const failures = (await countFailures(tx, ref, code)) + 1;
    const staying = STAYING.includes(state);
    // No person can let an order that is ending go on: it looks again by itself, or it would ask without a pause.
    const forPerson = !staying && needsPerson(code, failures);
    if (!staying) await moveOrder(tx, ref, [state], forPerson ? 'in_review' : 'held', at, { resume_state: state });
    const failing = findFailing(code, failures, forPerson, at);
    const releaseRole = forPerson ? 'supervisor' : null;
    await openHolds(tx, ref, [{ code, category: 'processing', releaseRole, ...failing }], at);
    if (forPerson) await explain(tx, ref, code, why ?? '', at);
    const detail = { code, during: state, ...(why !== undefined && { why }), ...failing };
    const entry = { stepKey: `hold:${code}:${at}`, at, actor: WORKER, action: 'order.held', detail };
    await appendLog(tx, `order:${orderId}`, entry);
    log[forPerson ? 'error' : 'warn']('an order is held', { orderId, ...detail });
  });
  return readProgress(store, orderId);
}

function needsPerson(code: ProcessingHold, failures: number): boolean {
  if (code === 'PROCESSING.FAILED') return failures >= MOST_FAILURES;
  return code !== 'BACKOFFICE.UNAVAILABLE';
}

/** Whether the back office is there is asked before the orders that wait for it, so those need no rest. */
function findFailing(code: ProcessingHold, failures: number, forPerson: boolean, at: string): Partial<Failing> {
  if (code === 'BACKOFFICE.UNAVAILABLE') return {};
  const retryAt = forPerson ? null : new Date(Date.parse(at) + restMs(failures)).toISOString();
  return { failures, retryAt };
}

const WHAT_NOW: Readonly<Partial<Record<ProcessingHold, string>>> = {
  'CONTENT.DAMAGED': 'something kept of the order is damaged; have it restored from a backup, then approve, or cancel',
  'PROCESSING.FAILED': 'a step failed again and again; have the cause mended, then approve to try it once more',
};

/** Writes a finding for whoever looks. Where the order's own key is damaged nothing can be sealed: the log has it too. */
async function explain(tx: Store, ref: OrderRef, code: ProcessingHold, why: string, at: string): Promise<void> {
  const message = WHAT_NOW[code];
  if (message === undefined) return;
  const finding: Finding = { code, category: 'processing', disposition: 'hold', path: '', message, evidence: why, location: {} }; // prettier-ignore
  const of = { subject: `order:${ref.orderId}`, revision: ref.revision, step: 'process', at } as const;
  await putFindings(tx, of, [finding]).catch(leaveOut);
}

/** Lets an order go on where it was stopped. */
export async function resumeOrder({ store }: Deps, ref: OrderRef): Promise<OrderProgress> {
  await inTransaction(store, async (tx) => {
    const at = nowIso();
    const { state, resume_state: resumeState } = await getOrder(tx, ref.orderId);
    const held = state === 'held' && resumeState !== null;
    const clears = (await listOpenHolds(tx, ref.orderId)).some((hold) => hold.releaseRole === null);
    if (!held && !clears) return;
    if (held) await moveOrder(tx, ref, ['held'], resumeState, at);
    await clearHolds(tx, ref.orderId, { clearedBy: RECHECK, at, only: 'self_clearing' });
    const stepKey = `resumed:${at}`;
    await appendLog(tx, `order:${ref.orderId}`, {
      stepKey,
      at,
      actor: WORKER,
      action: 'order.resumed',
      detail: { to: resumeState },
    });
  });
  return readProgress(store, ref.orderId);
}
