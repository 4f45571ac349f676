import type { Selectable } from 'kysely';
import { insertOnce } from './dialect.ts';
import type { OrderRef } from './orders.ts';
import type { Store } from './store.ts';
import type { HandoffTable } from './tables.ts';

export type HandoffRow = Selectable<HandoffTable>;

/**
 * Notes, before the call, that a submission of this revision begins. One that production refused and a person approved
 * once more begins again: its outcome is unknown again.
 */
export async function beginHandoff(tx: Store, ref: OrderRef, at: string): Promise<void> {
  const key = { order_id: ref.orderId, revision: ref.revision };
  if (await insertOnce(tx.db, 'handoffs', { ...key, began_at: at })) return;
  await tx.db
    .updateTable('handoffs')
    .set({ began_at: at, outcome: null, settled_at: null })
    .where((eb) => eb.and(key))
    .where('outcome', '=', 'refused')
    .execute();
}

/** Notes what the back office answered. */
export async function settleHandoff(
  tx: Store,
  ref: OrderRef,
  outcome: NonNullable<HandoffRow['outcome']>,
  productionOrderId: string | null,
  at: string,
): Promise<void> {
  await tx.db
    .updateTable('handoffs')
    .set({ outcome, production_order_id: productionOrderId, settled_at: at })
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .execute();
}

export function findHandoff(store: Store, ref: OrderRef): Promise<HandoffRow | undefined> {
  return store.db
    .selectFrom('handoffs')
    .selectAll()
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .executeTakeFirst();
}
