import type { CustomerFacts, DeliveryCalendar, Facts, ProductFacts } from '../../../orders/facts.ts';
import { orderSchema } from '../../../orders/order.ts';
import type { Order, OrderLine } from '../../../orders/order.ts';
import { RULE_KINDS } from '../../../orders/rules/registry.ts';
import { isBreach, type RuleKind, type RuleVersion } from '../../../orders/rules/rule.ts';

/** Monday noon in Chicago. */
export const NOW = new Date('2026-11-23T18:00:00Z');

export function makeLine(changes: Partial<OrderLine> = {}): OrderLine {
  const line = { line: '1', sku: 'SKU-1', ids: {}, unit: 'EA', quantity: '10', unitPrice: '19.9900', discounts: [] };
  return { ...line, amount: '199.90', ...changes };
}

/** An order that passes every default rule with the facts of {@link makeFacts}. */
export function makeOrder(changes: Partial<Order> = {}): Order {
  return {
    ...orderSchema.parse({
      source: 'web-shop',
      poNumber: 'PO-7731',
      orderDate: '2026-11-23',
      requestedDeliveryDate: '2026-12-01',
      currency: 'USD',
      customerId: 'C-1001',
      shipTo: {
        name: 'Northwind',
        lines: ['1 Market St'],
        city: 'San Francisco',
        region: 'CA',
        postalCode: '94105',
        country: 'US',
      },
      payment: { method: 'terms', terms: 'NET30' },
      lines: [makeLine({ discounts: [{ code: 'VOL5', amount: '9.99' }], amount: '189.91' })],
      charges: [{ code: 'FREIGHT', amount: '12.50' }],
      total: '202.41',
    }),
    ...changes,
  };
}

export const CALENDAR: DeliveryCalendar = {
  zone: 'America/Chicago',
  weekdays: [1, 2, 3, 4, 5],
  holidays: ['2026-11-26', '2026-12-25'],
  cutOff: '14:00',
  leadDays: 2,
};

export function makeCustomer(changes: Partial<CustomerFacts> = {}): CustomerFacts {
  return {
    id: 'C-1001',
    status: 'active',
    currency: 'USD',
    creditLimit: '10000.00',
    creditUsed: '480.00',
    paymentMethods: ['terms', 'card_token'],
    paymentTerms: ['NET30'],
    addresses: [{ id: 'DC-7', lines: [] }],
    calendar: CALENDAR,
    minimumOrder: '50.00',
    maximumOrder: '5000.00',
    ...changes,
  };
}

export function makeProduct(changes: Partial<ProductFacts> = {}): ProductFacts {
  const prices = [
    { minQuantity: '1', unitPrice: '21.50', currency: 'USD' },
    { minQuantity: '10', unitPrice: '19.99', currency: 'USD' },
    { minQuantity: '10', unitPrice: '18.00', currency: 'EUR' },
  ];
  return { sku: 'SKU-1', active: true, unit: 'EA', available: '100', prices, ...changes };
}

export function makeFacts(changes: Partial<Facts> = {}): Facts {
  return { asOf: NOW.toISOString(), customer: makeCustomer(), products: { 'SKU-1': makeProduct() }, ...changes };
}

export function makeRule(changes: Partial<RuleVersion> = {}): RuleVersion {
  return {
    code: 'CUSTOMER.INACTIVE',
    kind: 'customer_active',
    version: 1,
    scope: { kind: 'all' },
    parameters: {},
    disposition: 'hold',
    releaseRole: 'reviewer',
    severity: 'medium',
    effectiveFrom: '2026-01-01T00:00:00Z',
    effectiveTo: null,
    author: 'ada',
    reason: 'test',
    ...changes,
  };
}

/** What one kind of rule says, as `path: message`. */
export function check(
  kind: RuleKind,
  order: Order,
  facts: Facts = makeFacts(),
  parameters: object = {},
  now = NOW,
): string[] {
  return RULE_KINDS[kind]
    .check(order, facts, parameters, now)
    .filter(isBreach)
    .map(({ path, message }) => `${path}: ${message}`);
}
