import { BackOfficeUnavailable } from '../backoffice/port.ts';
import type { OrderRef } from '../db/orders.ts';
import { getFactsNow } from '../db/rejudgements.ts';
import type { Store } from '../db/store.ts';
import { type Delivery, type Fulfilment, isFulfilmentOf } from '../orders/fulfilment.ts';
import type { Order } from '../orders/order.ts';
import { chooseRules } from '../orders/rules/evaluate.ts';
import { chooseDelivery } from '../orders/rules/inventory.ts';
import { listRulesFor } from './validate-order.ts';

/** How a revision is to be delivered, by the rules and the facts that it was judged by last. */
export async function findDelivery(store: Store, ref: OrderRef, order: Order): Promise<Delivery> {
  const facts = await getFactsNow(store, ref);
  const at = new Date(facts.asOf);
  return chooseDelivery(chooseRules(await listRulesFor(store, ref, at), order, at), facts);
}

/**
 * What the back office says of an order's lines, if it can be: an answer about other lines, or by which more or less goes
 * than was ordered, tells nothing.
 * @param quantities what the lines order
 * @throws BackOfficeUnavailable
 */
export function trustFulfilments(
  call: 'reserve' | 'takeBackorders',
  quantities: readonly string[],
  answered: readonly Fulfilment[],
): readonly Fulfilment[] {
  if (isFulfilmentOf(quantities, answered)) return answered;
  throw new BackOfficeUnavailable(call, 'the lines do not come to what was ordered', { isGarbled: true });
}
