import { findOrder, type OrderRow } from '../db/orders.ts';
import type { Deps } from './deps.ts';
import { type Caller, maySee } from './principal.ts';
import { Problem } from './problem.ts';

/**
 * An order, if the caller may see it.
 * @throws Problem the same for an order that is not there and one that is not theirs: neither exists for them.
 */
export async function getVisibleOrder({ store }: Deps, caller: Caller, orderId: string): Promise<OrderRow> {
  const row = await findOrder(store, orderId);
  if (row && maySee(caller, row)) return row;
  throw new Problem('not-found', 'there is no such order');
}
