import type { OrderState } from '../orders/state.ts';
import { type Decision, settleDecision, writeDecision } from './decisions.ts';
import { inTransaction, type Store } from './store.ts';

/** Where an order may be begun anew from: its story is over, and production has nothing of it. */
const OVER: readonly OrderState[] = ['rejected', 'cancelled', 'staged'];

/**
 * Begins an order anew from the document as received, as a new revision: rules, source profile or gate may have changed
 * since. What the old revision had reserved was given back for good, so it can never be taken up again.
 * @param decision who asked for it and why, on the revision that is over.
 * @returns false if the order is not over, is in production, or has another revision by now.
 */
export function reprocessOrder(store: Store, decision: Decision, at: string): Promise<boolean> {
  return inTransaction(store, async (tx) => {
    const result = await tx.db
      .updateTable('orders')
      .set({
        state: 'received',
        resume_state: null,
        revision: decision.revision + 1,
        reservation: 'none',
        gate: null,
        automatic_done_at: null,
        terminal_at: null,
        changed_at: at,
      })
      .where('id', '=', decision.orderId)
      .where('revision', '=', decision.revision)
      .where('terminal_at', 'is not', null)
      .where('state', 'in', OVER)
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) return false;
    await writeDecision(tx, decision, at);
    await settleDecision(tx, decision.id, { refusal: null, at });
    return true;
  });
}
