import { createReferenceAdmin } from '../../backoffice/reference/admin-client.ts';
import type { Gateway, OrderPage, OrderSummary } from '../gateway.ts';
import type { Seen } from '../samples/compare.ts';
import type { Stack } from '../stack.ts';
import { tokenOf } from './feed.ts';

type Admin = ReturnType<typeof createReferenceAdmin>;
type ProductionOrder = Awaited<ReturnType<Admin['listProductionOrders']>>['productionOrders'][number];

/** What there is now that was not there before the samples went in. */
export interface Created {
  readonly orders: readonly OrderSummary[];
  readonly productionOrders: readonly ProductionOrder[];
}

const PAGE = 1000;

/** All production orders that were not cancelled, from the back office itself. */
export async function listProduction({ backOfficeUrl, credentials }: Stack): Promise<readonly ProductionOrder[]> {
  const admin = createReferenceAdmin({ baseUrl: backOfficeUrl, apiKey: credentials.backOffice });
  const all: ProductionOrder[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await admin.listProductionOrders({ limit: PAGE, ...(last && { after: last.productionOrderId }) });
    all.push(...page.productionOrders);
    if (page.productionOrders.length < PAGE) return all.filter(({ state }) => state !== 'cancelled');
  }
}

/** The orders received since an instant, from the gateway. */
export async function listReceivedSince(
  stack: Stack,
  gateway: Gateway,
  since: string,
): Promise<readonly OrderSummary[]> {
  const all: OrderSummary[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = new URLSearchParams({ receivedFrom: since, limit: '200', ...(cursor !== '' && { cursor }) });
    const page: OrderPage = await gateway.get(`/v1/orders?${query.toString()}`, tokenOf(stack, 'axel'));
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
}

/**
 * Says where a sample became an order, or an order a production order, more than once or without being meant to. Orders of
 * others that came in meanwhile, and those that a person decides, are left out.
 */
export function findDoubles(
  seen: readonly Seen[],
  created: Created,
  production: readonly ProductionOrder[],
): readonly string[] {
  const orders = new Map(seen.flatMap(({ orders }) => orders).map((order) => [order.orderId, order]));
  const poNumbers = new Set([...orders.values()].map(({ poNumber }) => poNumber));
  const strays = created.orders.filter(({ orderId, poNumber }) => !orders.has(orderId) && poNumbers.has(poNumber));
  const made = Map.groupBy(production, ({ orderId }) => orderId);
  return [
    ...strays.map(
      ({ orderId, poNumber }) => `order ${orderId} with PO number ${poNumber ?? ''} was made beside the samples`,
    ),
    ...[...orders.values()].flatMap(({ orderId, poNumber, state, decidedBy }) => {
      const count = made.get(orderId)?.length ?? 0;
      const isRight = decidedBy === null ? count === (state === 'completed' ? 1 : 0) : count <= 1;
      return isRight ? [] : [`order ${poNumber ?? orderId} is ${state} and has ${count} production orders`];
    }),
  ];
}
