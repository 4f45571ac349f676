import type { CustomerFacts, Facts, ProductFacts } from '../orders/facts.ts';
import { type Order, type OrderLine, orderSchema } from '../orders/order.ts';
import type { RuleKind } from '../orders/rules/rule.ts';

/** What a kind of rule says of an order that is good but for one thing. */
export interface RuleExample {
  readonly kind: RuleKind;
  readonly parameters: object;
  /** What is different from the good order, its only line, its customer and its product. */
  readonly order?: Partial<Order>;
  readonly line?: Partial<OrderLine>;
  readonly customer?: Partial<CustomerFacts> | null;
  readonly product?: Partial<ProductFacts> | null;
  /** The finding: `path: message`. */
  readonly says: string;
}

/** Monday noon in Chicago. */
export const EXAMPLE_MOMENT = new Date('2026-11-23T18:00:00Z');

const GOOD_LINE: OrderLine = {
  line: '1',
  sku: 'SKU-1',
  ids: {},
  quantity: '10',
  unit: 'EA',
  unitPrice: '19.99',
  discounts: [{ code: 'VOL5', amount: '9.99' }],
  amount: '189.91',
};

const GOOD_ORDER: Order = orderSchema.parse({
  source: 'web-shop',
  poNumber: 'PO-7731',
  orderDate: '2026-11-23',
  requestedDeliveryDate: '2026-12-01',
  currency: 'USD',
  customerId: 'C-1001',
  shipTo: { name: 'Receiving', lines: ['1 Market Street'], city: 'San Francisco', postalCode: '94105', country: 'US' },
  payment: { method: 'terms', terms: 'NET30' },
  lines: [GOOD_LINE],
  charges: [{ code: 'FREIGHT', amount: '12.50' }],
  total: '202.41',
});

const GOOD_CUSTOMER: CustomerFacts = {
  id: 'C-1001',
  status: 'active',
  currency: 'USD',
  creditLimit: '10000.00',
  creditUsed: '480.00',
  paymentMethods: ['terms', 'card_token'],
  paymentTerms: ['NET30'],
  addresses: [{ id: 'DC-7', lines: [] }],
  calendar: {
    zone: 'America/Chicago',
    weekdays: [1, 2, 3, 4, 5],
    holidays: ['2026-11-26', '2026-12-25'],
    cutOff: '14:00',
    leadDays: 2,
  },
  minimumOrder: null,
  maximumOrder: null,
};

const GOOD_PRODUCT: ProductFacts = {
  sku: 'SKU-1',
  active: true,
  unit: 'EA',
  available: '100',
  prices: [
    { minQuantity: '1', unitPrice: '21.50', currency: 'USD' },
    { minQuantity: '10', unitPrice: '19.99', currency: 'USD' },
  ],
};

/** The order and the facts of an example; the good ones without one. */
export function makeExample(example: Omit<RuleExample, 'kind' | 'parameters' | 'says'> = {}): {
  readonly order: Order;
  readonly facts: Facts;
} {
  const { order, line, customer, product } = example;
  const products = product === null ? {} : { 'SKU-1': { ...GOOD_PRODUCT, ...product } };
  return {
    order: { ...GOOD_ORDER, lines: [{ ...GOOD_LINE, ...line }], ...order },
    facts: {
      asOf: EXAMPLE_MOMENT.toISOString(),
      customer: customer === null ? null : { ...GOOD_CUSTOMER, ...customer },
      products,
    },
  };
}

const shipTo = GOOD_ORDER.shipTo;
const tens = Array.from({ length: 8 }, () => ({ quantity: '10', unitPrice: '19.99' }));

// prettier-ignore
/** At least one example of each kind. */
export const RULE_EXAMPLES: readonly RuleExample[] = [
  { kind: 'required_fields', parameters: { fields: ['/externalId', '/lines/*/sku'] }, says: '/externalId: "/externalId" is missing: orders of this source must carry it.' },
  { kind: 'field_type', parameters: { field: '/externalId', type: 'integer' }, order: { externalId: 'W-17' }, says: '/externalId: "/externalId" must be a whole number: correct it.' },
  { kind: 'field_length', parameters: { field: '/poNumber', minimum: 3, maximum: 6 }, says: '/poNumber: "/poNumber" has 7 characters, allowed are 3 to 6 characters.' },
  { kind: 'field_format', parameters: { field: '/poNumber', pattern: 'PO-\\d{6}', words: 'PO- and six digits' }, says: '/poNumber: "/poNumber" is not written as agreed: PO- and six digits.' },
  { kind: 'field_range', parameters: { field: '/tax', minimum: '0', maximum: '1000' }, order: { tax: '-1.00' }, says: '/tax: "/tax" is outside of its range: allowed is from 0 to 1000.' },
  { kind: 'reference_data', parameters: { field: '/currency', list: 'currencies' }, order: { currency: 'ABC' }, says: '/currency: "/currency" does not stand in the list of currencies: correct it.' },
  { kind: 'reference_data', parameters: { field: '/lines/*/unit', values: ['CA', 'BX'] }, says: '/lines/0/unit: "/lines/0/unit" does not stand in the list of values of "/lines/*/unit": correct it.' },
  { kind: 'line_count', parameters: { maximum: 1 }, order: { lines: [GOOD_LINE, { ...GOOD_LINE, line: '2' }] }, says: '/lines: The order has 2 lines, at most 1 are allowed: split it.' },
  { kind: 'line_ids', parameters: {}, order: { lines: [GOOD_LINE, GOOD_LINE] }, says: '/lines/1/line: Line number 1 stands twice: give each line its own.' },
  { kind: 'quantity_positive', parameters: {}, line: { quantity: '0' }, says: '/lines/0/quantity: The quantity of line 1 (SKU-1) is 0: it must be more than zero.' },
  { kind: 'quantity_maximum', parameters: { maximum: '1000' }, line: { quantity: '1001' }, says: '/lines/0/quantity: The quantity of line 1 (SKU-1) is 1001, more than 1000: confirm it.' },
  { kind: 'quantity_range', parameters: { minimum: '12', skus: ['SKU-1'] }, says: '/lines/0/quantity: The quantity of line 1 (SKU-1) is 10, the least that is sold at once is 12.' },
  { kind: 'pack_size', parameters: { otherwise: null }, product: { packSize: '6' }, says: '/lines/0/quantity: The quantity of line 1 (SKU-1) is 10, but it is sold in packs of 6: order 6 or 12.' },
  { kind: 'line_amount_range', parameters: { currency: 'USD', minimum: '200.00' }, says: '/lines/0/amount: The amount of line 1 (SKU-1) is 189.91, under the least of 200.00.' },
  { kind: 'price_not_negative', parameters: {}, line: { unitPrice: '-0.01' }, says: '/lines/0/unitPrice: The unit price of line 1 (SKU-1) is -0.01: it must not be below zero.' },
  { kind: 'ship_to_present', parameters: { parts: ['name', 'city'] }, order: { shipTo: { lines: [], name: 'Receiving' } }, says: '/shipTo: The ship-to address lacks city: add what is missing.' },
  { kind: 'ship_to_postal_code', parameters: {}, order: { shipTo: { lines: [], ...shipTo, postalCode: '9410' } }, says: '/shipTo/postalCode: The postal code is not written as those of US are: correct it or the country.' },
  { kind: 'ship_to_country', parameters: { countries: ['CA'] }, says: '/shipTo/country: US is not delivered to, only CA: agree on another address.' },
  { kind: 'ship_to_known', parameters: {}, order: { shipTo: { id: 'DC-8', lines: [] } }, says: '/shipTo/id: The customer has no ship-to place of this code: send the address, or have the place set up.' },
  { kind: 'customer_known', parameters: {}, customer: null, says: '/customerId: The back office has no customer of this number: correct it or have the customer set up.' },
  { kind: 'customer_active', parameters: {}, customer: { status: 'inactive' }, says: '/customerId: The customer is inactive in the back office: reactivate the customer or reject the order.' },
  { kind: 'customer_credit_stop', parameters: {}, customer: { status: 'credit_stop' }, says: '/customerId: The customer is on credit stop: settle it with accounts receivable before the order goes on.' },
  { kind: 'currency', parameters: {}, customer: { currency: 'EUR' }, says: "/currency: The order is in USD, the customer's account in EUR." },
  { kind: 'product_known', parameters: {}, product: null, says: '/lines/0/sku: The back office does not know the product of line 1 (SKU-1): correct the SKU or set the product up.' },
  { kind: 'product_active', parameters: {}, product: { active: false }, says: '/lines/0/sku: The product of line 1 (SKU-1) is no longer sold: agree on a substitute or take the line out.' },
  { kind: 'product_allowed', parameters: {}, product: { allowed: false }, says: '/lines/0/sku: The product of line 1 (SKU-1) is not sold to this customer: have it released, or take the line out.' },
  { kind: 'unit', parameters: {}, product: { unit: 'CA' }, says: '/lines/0/unit: The unit of line 1 (SKU-1) is EA, but the product is sold in CA.' },
  { kind: 'payment_accepted', parameters: {}, order: { payment: { method: 'terms', terms: 'NET90' } }, says: '/payment/terms: These payment terms are not agreed with the customer; agreed: NET30.' },
  { kind: 'payment_token', parameters: {}, order: { payment: { method: 'card_token' } }, says: "/payment/token: Payment by card_token needs the payment provider's token: add it, and never a card number." },
  { kind: 'amount_decimals', parameters: {}, order: { tax: '0.001' }, says: '/tax: 0.001 has more decimals than USD has (2): round it.' },
  { kind: 'line_amount', parameters: { toleranceMinorUnits: 0 }, line: { amount: '190.00' }, says: '/lines/0/amount: The amount of line 1 (SKU-1) is 190.00, but 10 × 19.99 − 9.99 = 189.91.' },
  { kind: 'total', parameters: { toleranceMinorUnits: 0 }, order: { total: '202.42' }, says: '/total: The total is 202.42, but lines 189.91 + charges 12.50 + tax 0.00 = 202.41.' },
  { kind: 'total', parameters: { sums: ['lines', 'lines+charges+tax'] }, order: { total: '200.00' }, says: '/total: The total is 200.00, but lines 189.91 = 189.91, and lines 189.91 + charges 12.50 + tax 0.00 = 202.41.' },
  { kind: 'total_positive', parameters: {}, order: { total: '-0.01' }, says: '/total: The total is -0.01: an order cannot pay its customer.' },
  { kind: 'price', parameters: { tolerancePercent: '2.5' }, line: { unitPrice: '18.00' }, says: '/lines/0/unitPrice: The price of line 1 (SKU-1) is 18.00, agreed from a quantity of 10 on is 19.99, with 2.5 % either way.' },
  { kind: 'discount', parameters: { maximumPercent: '4' }, says: '/lines/0/discounts: The discounts of line 1 (SKU-1) are 9.99, more than 4 % of 10 × 19.99, 7.996.' },
  { kind: 'discount_agreed', parameters: { tolerancePercent: '0' }, customer: { discounts: [{ code: 'AUTUMN', percent: '3', from: '2026-09-01', to: '2026-11-30', skus: null }, { code: 'LOYAL', percent: '1', from: null, to: null, skus: ['SKU-1'] }] }, says: '/lines/0/discounts: line 1 (SKU-1) is discounted by 9.99, agreed is AUTUMN 3 % + LOYAL 1 % of 10 × 19.99 = 7.996.' },
  { kind: 'allowance', parameters: { maximumPercent: '5' }, order: { charges: [{ code: 'PICKUP', amount: '-20.00' }] }, says: "/charges: Negative charges take 20.00 off the order, more than 5 % of the lines' 189.91, 9.4955." },
  { kind: 'order_minimum', parameters: { otherwise: '250.00' }, says: '/total: The total 202.41 is under the minimum order of 250.00.' },
  { kind: 'order_maximum', parameters: { otherwise: null }, customer: { maximumOrder: '200.00' }, says: '/total: The total 202.41 is over the maximum order of 200.00.' },
  { kind: 'delivery_past', parameters: {}, order: { requestedDeliveryDate: '2026-11-20' }, says: "/requestedDeliveryDate: Delivery is requested for 2026-11-20, which is past: today is 2026-11-23 at the customer's." },
  { kind: 'delivery_day', parameters: {}, order: { requestedDeliveryDate: '2026-11-26' }, says: "/requestedDeliveryDate: Delivery is requested for 2026-11-26, a holiday in the customer's calendar; the next possible day is 2026-11-27." },
  { kind: 'delivery_lead_time', parameters: { extraDays: 1 }, order: { requestedDeliveryDate: '2026-11-25' }, says: "/requestedDeliveryDate: Delivery is requested for 2026-11-25: ordered on 2026-11-23 with 3 days' lead time, 2026-11-26 is the earliest." },
  { kind: 'unusual_quantity', parameters: { minimumPurchases: 8, times: '6', slackPercent: '50' }, line: { quantity: '100' }, product: { history: tens }, says: '/lines/0/quantity: The quantity of line 1 (SKU-1) is 100, but in 8 earlier purchases the middle is 10, usually within 0 of it; up to 5 away is usual: confirm it.' },
  { kind: 'unusual_price', parameters: {}, line: { unitPrice: '1.99' }, product: { history: tens }, says: '/lines/0/unitPrice: The price of line 1 (SKU-1) is 1.99, but in 8 earlier purchases the middle is 19.99, usually within 0 of it; up to 9.995 away is usual: confirm it.' },
  { kind: 'credit', parameters: { exemptMethods: ['prepaid'] }, customer: { creditLimit: '600.00' }, says: '/total: The credit does not cover the order: credit used 480.00 + this order 202.41 = 682.41 is over the limit 600.00.' },
  { kind: 'inventory', parameters: { warehouses: [], partial: 'hold' }, product: { available: '9' }, says: '/lines/0/quantity: Of SKU-1 are ordered 10, available 9: short by 1; by the rule, an order goes whole or a person decides.' },
  { kind: 'inventory', parameters: { warehouses: ['OAK', 'SAC'], partial: 'split' }, product: { warehouses: { OAK: '3', SAC: '4', RENO: '93' } }, says: '/lines/0/quantity: Of SKU-1 are ordered 10, available 7 in OAK, SAC: short by 3; by the rule, what is there goes at once and the rest later: of line 1 go 7 and wait 3.' },
  { kind: 'expression', parameters: { expression: 'order.lines.all(l, l.quantity <= l.product.available / 20)', message: 'No more than a twentieth of the stock goes to one customer.', path: '/lines' }, says: '/lines: No more than a twentieth of the stock goes to one customer.' },
];
