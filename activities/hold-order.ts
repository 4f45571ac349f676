import { clearHolds, openHolds } from '../db/holds.ts';
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

/** Where an order that was stopped by a fault goes on: states whose way ended already only keep the hold. */
const ENDING: readonly OrderState[] = ['rejected', 'cancelled'];

/** Lets an order wait for something to get well again. */
export async function holdOrder({ store }: Deps, ref: OrderRef, code: ProcessingHold): Promise<OrderProgress> {
  await inTransaction(store, async (tx) => {
    const at = nowIso();
    const { state } = await getOrder(tx, ref.orderId);
    const forPerson = code === 'BACKOFFICE.REFUSED';
    if (!ENDING.includes(state)) await moveOrder(tx, ref, [state], forPerson ? 'in_review' : 'held', at, { resume_state: state });
    await openHolds(tx, ref, [{ code, category: 'processing', releaseRole: forPerson ? 'supervisor' : null }], at);
    const stepKey = `hold:${code}:${at}`;
    await appendLog(tx, `order:${ref.orderId}`, { stepKey, at, actor: WORKER, action: 'order.held', detail: { code, during: state } });
  });
  return readProgress(store, ref.orderId);
}

/** Lets an order go on where it was stopped. */
export async function resumeOrder({ store }: Deps, ref: OrderRef): Promise<OrderProgress> {
  await inTransaction(store, async (tx) => {
    const at = nowIso();
    const { state, resume_state: resumeState } = await getOrder(tx, ref.orderId);
    if (state === 'held' && resumeState !== null) await moveOrder(tx, ref, ['held'], resumeState, at);
    await clearHolds(tx, ref.orderId, { clearedBy: 'recheck', at, only: 'self_clearing' });
    const stepKey = `resumed:${at}`;
    await appendLog(tx, `order:${ref.orderId}`, { stepKey, at, actor: WORKER, action: 'order.resumed', detail: { to: resumeState } });
  });
  return readProgress(store, ref.orderId);
}
