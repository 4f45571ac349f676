import { clearHolds, listOpenHolds, openHolds } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { getOrder, moveOrder, type OrderRef } from '../db/orders.ts';
import { inTransaction } from '../db/store.ts';
import type { OrderState } from '../orders/state.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { type OrderProgress, readProgress } from './progress.ts';

/** Why an order waits although nothing is wrong with it. */
export type ProcessingHold =
  /** The back office did not answer three times; clears itself. */
  | 'BACKOFFICE.UNAVAILABLE'
  /** The back office refused a call for good: a person must look. */
  | 'BACKOFFICE.REFUSED'
  /** A step failed three times for another reason; clears itself. */
  | 'PROCESSING.FAILED';

/** States in which an order stays while it waits: it waits already, or nothing but its end is left to do. */
const STAYING: readonly OrderState[] = ['held', 'in_review', 'rejected', 'cancelled'];

/**
 * Lets an order wait for something to get well again.
 * @param why which call was refused, with status and code, for the person who looks.
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
    const staying = STAYING.includes(state);
    // No person can let an order that is ending go on: it looks again by itself, or it would ask without a pause.
    const forPerson = code === 'BACKOFFICE.REFUSED' && !staying;
    if (!staying) await moveOrder(tx, ref, [state], forPerson ? 'in_review' : 'held', at, { resume_state: state });
    await openHolds(tx, ref, [{ code, category: 'processing', releaseRole: forPerson ? 'supervisor' : null }], at);
    const stepKey = `hold:${code}:${at}`;
    await appendLog(tx, `order:${orderId}`, {
      stepKey,
      at,
      actor: WORKER,
      action: 'order.held',
      detail: { code, during: state, ...(why !== undefined && { why }) },
    });
  });
  return readProgress(store, orderId);
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
    await clearHolds(tx, ref.orderId, { clearedBy: 'recheck', at, only: 'self_clearing' });
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
