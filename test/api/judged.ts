import type { Deps } from '../../activities/deps.ts';
import { parseOrder } from '../../activities/parse-order.ts';
import {
  checkCredit,
  checkInventory,
  settleVerdict,
  takeFacts,
  validateOrder,
} from '../../activities/validate-order.ts';
import type { OrderRef } from '../../db/orders.ts';
import { makeOrderJson } from '../support/order-factory.ts';
import { type Gateway, orderIdOf } from './gateway.ts';

/** What a worker's steps need, on the database and the back office of a gateway. */
export function stepDepsOf({ store, deps: { backOffice } }: Gateway): Deps {
  return { store, backOffice: () => backOffice } as unknown as Deps;
}

/** An order with a wrong total that was sent, and judged by the worker's own steps. */
export async function givenJudged(gateway: Gateway): Promise<OrderRef> {
  const body = makeOrderJson({ total: '1.00' });
  const orderId = orderIdOf(await gateway.call('POST', '/v1/orders', { as: 'web-shop', body }));
  const deps = stepDepsOf(gateway);
  const ref = { orderId, revision: 1 };
  await parseOrder(deps, orderId);
  await takeFacts(deps, ref);
  for (const step of [validateOrder, checkCredit, checkInventory]) await step(deps, ref);
  await settleVerdict(deps, ref);
  return ref;
}
