import { createBackOfficeClient } from '../../backoffice/http-client.ts';
import type { BackOffice, BackOfficeLookups, Allowance, ReserveRequest } from '../../backoffice/port.ts';
import { createReferenceAdmin, type ReferenceAdmin } from '../../backoffice/reference/admin-client.ts';
import { type ReferenceServer, startReferenceServer } from '../../backoffice/reference/server.ts';
import type { Delivery } from '../../orders/fulfilment.ts';
import { type Order, orderSchema } from '../../orders/order.ts';

/** A reference server with the seeded data, and what speaks to it over HTTP. */
export interface RunningBackOffice {
  readonly server: ReferenceServer;
  readonly backOffice: BackOffice & BackOfficeLookups;
  readonly admin: ReferenceAdmin;
}

export const API_KEY = 'test-key-for-the-back-office';

/** Starts a reference server whose store is gone afterwards. */
export async function startBackOffice(): Promise<RunningBackOffice> {
  const server = await startReferenceServer({ apiKey: API_KEY, databasePath: ':memory:' });
  return { server, ...connect(server.url) };
}

/** Speaks to the back office at the URL. */
export function connect(baseUrl: string, timeoutMs = 5000): Omit<RunningBackOffice, 'server'> {
  const options = { baseUrl, apiKey: API_KEY, timeoutMs };
  return { backOffice: createBackOfficeClient(options), admin: createReferenceAdmin(options) };
}

/** An order of C-1001 for one SKU-1, or what is given instead. */
export function makeOrder(
  changes: { customerId?: string; total?: string; quantities?: Record<string, string> } = {},
): Order {
  const quantities = changes.quantities ?? { 'SKU-1': '1' };
  return orderSchema.parse({
    source: 'web-shop',
    poNumber: 'PO-7731',
    orderDate: '2026-11-23',
    currency: 'USD',
    customerId: changes.customerId ?? 'C-1001',
    operatorId: 'op-7',
    contact: { name: 'Ada Person', email: 'ada@example.com' },
    lines: Object.entries(quantities).map(([sku, quantity], index) => ({
      line: String(index + 1),
      sku,
      quantity,
      unitPrice: '19.9900',
      amount: '19.99',
    })),
    total: changes.total ?? '19.99',
  });
}

/** The reservation that belongs to an order. */
export function reservationOf(
  orderId: string,
  revision: number,
  order: Order = makeOrder(),
  allow: readonly Allowance[] = [],
  delivery: Partial<Delivery> = {},
): ReserveRequest {
  const { customerId, currency, total: amount, lines } = order;
  return {
    orderId,
    revision,
    customerId,
    currency,
    amount,
    allow,
    partial: 'hold',
    warehouses: [],
    ...delivery,
    lines: lines.map(({ line, sku, quantity }) => ({ line, sku, quantity })),
  };
}

/** What a bystander sees: the units free and the credit used. */
export async function look(backOffice: BackOffice, sku = 'SKU-3', customerId = 'C-1001') {
  const facts = await backOffice.getFacts('bystander', makeOrder({ customerId, quantities: { [sku]: '1' } }));
  return { available: facts.products[sku]?.available, creditUsed: facts.customer?.creditUsed };
}
