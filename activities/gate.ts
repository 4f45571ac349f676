import { listApprovedCodes, openHolds } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { getOrder, moveOrder, type OrderRef } from '../db/orders.ts';
import { getSource } from '../db/sources.ts';
import type { Store } from '../db/store.ts';
import { decideGate } from '../orders/gate.ts';
import type { OrderState } from '../orders/state.ts';
import { WORKER } from './deps.ts';

/** Holds that the gate puts on an order. */
const GATE_MANUAL = 'GATE.MANUAL';
export const GATE_PAUSED = 'GATE.PAUSED';

/**
 * The one gate before reserve and before submit. Records its verdict on the order; an order that may not go on waits.
 * @returns whether the order goes on, and whether it does so only on paper.
 */
export async function passGate(
  tx: Store,
  ref: OrderRef,
  from: OrderState,
  at: string,
): Promise<'live' | 'shadow' | 'waits'> {
  const order = await getOrder(tx, ref.orderId);
  const verdict = decideGate(await getSource(tx, order.source), order.customer_id);
  await tx.db.updateTable('orders').set({ gate: verdict }).where('id', '=', ref.orderId).execute();
  switch (verdict) {
    case 'live':
    case 'shadow':
      return verdict;
    case 'manual':
      if ((await listApprovedCodes(tx, ref)).includes(GATE_MANUAL)) return 'live';
      return stop(tx, ref, from, at, { state: 'in_review', code: GATE_MANUAL, releaseRole: 'reviewer' });
    case 'paused':
      return stop(tx, ref, from, at, { state: 'held', code: GATE_PAUSED, releaseRole: null });
  }
}

async function stop(
  tx: Store,
  ref: OrderRef,
  from: OrderState,
  at: string,
  wait: { readonly state: 'in_review' | 'held'; readonly code: string; readonly releaseRole: 'reviewer' | null },
): Promise<'waits'> {
  if (await moveOrder(tx, ref, [from], wait.state, at, { resume_state: from })) {
    await openHolds(tx, ref, [{ code: wait.code, category: 'processing', releaseRole: wait.releaseRole }], at);
    const detail = { code: wait.code, before: from };
    const stepKey = `gate:${String(ref.revision)}:${from}:${at}`;
    await appendLog(tx, `order:${ref.orderId}`, {
      stepKey,
      at,
      actor: WORKER,
      action: 'order.stopped_at_gate',
      detail,
    });
  }
  return 'waits';
}
