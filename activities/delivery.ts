import type { OrderRef } from '../db/orders.ts';
import { getFactsNow } from '../db/rejudgements.ts';
import type { Store } from '../db/store.ts';
import type { Delivery } from '../orders/fulfilment.ts';
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
