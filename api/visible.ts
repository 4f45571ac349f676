import { findOrder, type OrderRow } from '../db/orders.ts';
import type { Deps } from './deps.ts';
import { type Caller, maySee } from './principal.ts';
import { Problem } from './problem.ts';
import { toOrderSummary } from './views.ts';

/**
 * An order, if the caller may see it.
 * @throws Problem the same for an order that is not there and one that is not theirs: neither exists for them.
 */
export async function getVisibleOrder({ store }: Deps, caller: Caller, orderId: string): Promise<OrderRow> {
  const row = await findOrder(store, orderId);
  if (row && maySee(caller, row)) return row;
  throw new Problem('not-found', 'there is no such order');
}

/** {@link getVisibleOrder} with its content. @throws Problem also if that is gone, telling when and why, and what is left. */
export async function getReadableOrder(deps: Deps, caller: Caller, orderId: string): Promise<OrderRow> {
  const row = await getVisibleOrder(deps, caller, orderId);
  const { erased_at: erasedAt, expired_at: expiredAt } = row;
  if (erasedAt === null && expiredAt === null) return row;
  const why =
    erasedAt === null
      ? `at the end of its retention on ${String(expiredAt)}`
      : `on ${erasedAt}, because a person asked for it`;
  const order = toOrderSummary(deps, row);
  throw new Problem('erased', `the content of this order was erased ${why}; its audit trail is kept`, { order });
}
