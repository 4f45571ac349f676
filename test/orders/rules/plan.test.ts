import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CustomerFacts, Facts, ProductFacts } from '../../../orders/facts.ts';
import type { Order } from '../../../orders/order.ts';
import { DEFAULT_RULES } from '../../../orders/rules/default-rules.ts';
import { evaluateRules } from '../../../orders/rules/evaluate.ts';
import type { RuleVersion } from '../../../orders/rules/rule.ts';
import { CALENDAR, makeCustomer, makeFacts, makeLine, makeOrder, makeProduct, makeRule, NOW } from './factories.ts';

/*
 * What the business asks for, in its own words, with the rules of a new installation. The edges are drawn by chance.
 */

const judge = (order: Partial<Order>, facts: Facts = makeFacts(), rules: readonly RuleVersion[] = DEFAULT_RULES) =>
  evaluateRules(rules, makeOrder(order), facts, NOW).findings;
const codesOf = (order: Partial<Order>, facts?: Facts, rules?: readonly RuleVersion[]): string[] =>
  judge(order, facts, rules).map(({ code }) => code);
const withCustomer = (changes: Partial<CustomerFacts>) => makeFacts({ customer: makeCustomer(changes) });
const withProduct = (changes: Partial<ProductFacts>) => makeFacts({ products: { 'SKU-1': makeProduct(changes) } });
const rule = (kind: RuleVersion['kind'], parameters: object) => [makeRule({ code: 'OWN.RULE', kind, parameters })];

const cents = (amount: number): string => `${amount < 0 ? '-' : ''}${(Math.abs(amount) / 100).toFixed(2)}`;
const amountInCents = fc.integer({ min: 1, max: 10_000_000 });
/** Just under the edge, on it, and just over it. */
const offset = fc.constantFrom(-1, 0, 1);

describe('business rules', () => {
  test('customer credit limits must be validated', () => {
    fc.assert(
      fc.property(amountInCents, amountInCents, offset, (used, total, over) => {
        const facts = withCustomer({ creditUsed: cents(used), creditLimit: cents(used + total - over) });
        expect(codesOf({ total: cents(total) }, facts).includes('CREDIT.LIMIT')).toBe(over > 0);
      }),
    );
  });

  test('inventory availability must be confirmed', () => {
    const quantities = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(quantities, offset, (ordered, missing) => {
        const sum = ordered.reduce((total, quantity) => total + quantity, 0);
        const lines = ordered.map((quantity, index) => makeLine({ line: String(index), quantity: String(quantity) }));
        const facts = withProduct({ available: String(sum - missing) });
        expect(codesOf({ lines }, facts).includes('STOCK.SHORT')).toBe(missing > 0);
      }),
    );
  });

  test('order totals must match line item sums', () => {
    const amounts = fc.array(amountInCents, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        amounts,
        fc.integer({ min: -5000, max: 5000 }),
        amountInCents,
        offset,
        (given, charge, tax, wrong) => {
          const sum = given.reduce((total, amount) => total + amount, charge + tax);
          const lines = given.map((amount, index) => makeLine({ line: String(index), amount: cents(amount) }));
          const charges = [{ code: 'FREIGHT', amount: cents(charge) }];
          const order = { lines, charges, tax: cents(tax), total: cents(sum + wrong) };
          expect(codesOf(order).includes('TOTAL.MISMATCH')).toBe(wrong !== 0);
        },
      ),
    );
  });

  test('delivery dates must respect customer schedules', () => {
    const dates = fc.date({ min: new Date('2026-11-24'), max: new Date('2027-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (date, weekdays) => {
        const day = date.toISOString().slice(0, 10);
        const facts = withCustomer({ calendar: { ...CALENDAR, weekdays } });
        const taken = weekdays.includes(date.getUTCDay() || 7) && !CALENDAR.holidays.includes(day);
        expect(codesOf({ requestedDeliveryDate: day }, facts).includes('DELIVERY.DAY')).toBe(!taken);
      }),
    );
    expect(codesOf({ requestedDeliveryDate: '2026-11-22' })).toContain('DELIVERY.PAST');
    expect(codesOf({ requestedDeliveryDate: '2026-11-24' })).toContain('DELIVERY.LEAD_TIME');
  });

  test('pricing rules and discounts are applied correctly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), offset, (quantity, wrong) => {
        const agreed = quantity >= 10 ? 1999 : 2150;
        const lines = [makeLine({ quantity: String(quantity), unitPrice: cents(agreed + wrong) })];
        const found = judge({ lines }).find(({ code }) => code === 'PRICE.MISMATCH');
        expect(found !== undefined).toBe(wrong !== 0);
        if (found) expect(found.message).toContain(quantity >= 10 ? 'from a quantity of 10 on is 19.99' : 'is 21.50');
      }),
    );
    fc.assert(
      fc.property(amountInCents, fc.integer({ min: 0, max: 30 }), offset, (price, percent, over) => {
        const discounts = [
          { code: 'SUMMER', percent: String(percent), from: '2026-11-01', to: '2026-11-23', skus: null },
        ];
        const given = price * 4 * percent + over * 100;
        fc.pre(given > 0 && given % 100 === 0);
        const line = makeLine({
          quantity: '4',
          unitPrice: cents(price),
          discounts: [{ code: 'D', amount: cents(given / 100) }],
        });
        expect(codesOf({ lines: [line] }, withCustomer({ discounts })).includes('DISCOUNT.NOT_AGREED')).toBe(over > 0);
      }),
    );
  });

  test('promotions count from their first day to their last', () => {
    const discounts = [{ code: 'AUTUMN', percent: '10', from: '2026-11-01', to: '2026-11-30', skus: ['SKU-1'] }];
    const on = (orderDate: string) =>
      codesOf({ orderDate }, withCustomer({ discounts })).includes('DISCOUNT.NOT_AGREED');
    expect(['2026-10-31', '2026-11-01', '2026-11-30', '2026-12-01'].map(on)).toEqual([true, false, false, true]);
  });

  test('what is given away needs a supervisor: a whole price as a discount, a charge below zero, a total below zero', () => {
    const gift = makeLine({ discounts: [{ code: 'GIFT', amount: '199.90' }], amount: '0.00' });
    expect(codesOf({ lines: [gift], total: '12.50' })).toEqual(['ORDER.BELOW_MINIMUM', 'DISCOUNT.LIMIT']);
    const charges = [{ code: 'OFF', amount: '-189.91' }];
    expect(codesOf({ charges, total: '0.00' })).toEqual(['ORDER.BELOW_MINIMUM', 'ALLOWANCE.LIMIT']);
    expect(codesOf({ charges: [{ code: 'OFF', amount: '-189.92' }], total: '-0.01' })).toContain('TOTAL.NEGATIVE');
    for (const code of ['DISCOUNT.LIMIT', 'ALLOWANCE.LIMIT', 'TOTAL.NEGATIVE'])
      expect(DEFAULT_RULES.find((one) => one.code === code)?.releaseRole).toBe('supervisor');
  });

  test('orders have a minimum and a maximum', () => {
    fc.assert(
      fc.property(amountInCents, offset, offset, (limit, under, over) => {
        const facts = withCustomer({ minimumOrder: cents(limit), maximumOrder: cents(limit) });
        expect(codesOf({ total: cents(limit - under) }, facts).includes('ORDER.BELOW_MINIMUM')).toBe(under > 0);
        expect(codesOf({ total: cents(limit + over) }, facts).includes('ORDER.ABOVE_MAXIMUM')).toBe(over > 0);
      }),
    );
  });

  test('only whole packs are sold', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 24 }), (quantity, pack) => {
        const lines = [makeLine({ quantity: String(quantity) })];
        const codes = codesOf({ lines }, withProduct({ packSize: String(pack) }));
        expect(codes.includes('PACK.SIZE')).toBe(quantity % pack !== 0);
      }),
    );
  });

  test("orders that are unusual for the customer are told, whatever few odd ones stand in the customer's past", () => {
    const history = [10, 11, 9, 10, 12, 10, 8, 10, 900, 1].map((quantity) => ({
      quantity: String(quantity),
      unitPrice: '19.99',
    }));
    const buying = (quantity: string) =>
      codesOf({ lines: [makeLine({ quantity })] }, withProduct({ history })).includes('UNUSUAL.QUANTITY');
    expect(['1', '15', '18', '19', '100'].map(buying)).toEqual([true, false, false, true, true]);
  });
});

describe('data quality', () => {
  const text = fc.stringMatching(/^[A-Z0-9]{1,20}$/);

  test('required fields are complete', () => {
    const own = rule('required_fields', { fields: ['/externalId', '/contact/email'] });
    expect(codesOf({ externalId: 'W-1', contact: { email: 'pat@example.com' } }, makeFacts(), own)).toEqual([]);
    expect(judge({}, makeFacts(), own).map(({ path }) => path)).toEqual(['/externalId', '/contact/email']);
  });

  test('formats and types are valid', () => {
    fc.assert(
      fc.property(text, (externalId) => {
        const isWhole = codesOf(
          { externalId },
          makeFacts(),
          rule('field_type', { field: '/externalId', type: 'integer' }),
        );
        expect(isWhole.length === 0).toBe(/^\d{1,18}$/.test(externalId));
        const pattern = { field: '/externalId', pattern: '[A-Z]+[0-9]*', words: 'letters, then digits' };
        const isWritten = codesOf({ externalId }, makeFacts(), rule('field_format', pattern));
        expect(isWritten.length === 0).toBe(/^[A-Z]+[0-9]*$/.test(externalId));
      }),
    );
  });

  test('fields keep to their length and range', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (poNumber, maximum) => {
        const own = rule('field_length', { field: '/poNumber', maximum });
        expect(codesOf({ poNumber }, makeFacts(), own).length > 0).toBe(poNumber.length > maximum);
      }),
    );
    fc.assert(
      fc.property(amountInCents, offset, offset, (limit, under, over) => {
        const own = rule('field_range', { field: '/tax', minimum: cents(limit), maximum: cents(limit) });
        expect(codesOf({ tax: cents(limit + over - under) }, makeFacts(), own).length > 0).toBe(over !== under);
      }),
    );
  });

  test('reference data is sound', () => {
    expect(codesOf({ currency: 'ABC' })).toContain('CURRENCY.UNKNOWN');
    expect(codesOf({ shipTo: { ...makeOrder().shipTo!, country: 'XX' } })).toContain('SHIPTO.COUNTRY');
    const own = rule('reference_data', { field: '/lines/*/unit', values: ['EA', 'CA'] });
    expect(codesOf({}, makeFacts(), own)).toEqual([]);
    expect(codesOf({ lines: [makeLine({ unit: 'BX' })] }, makeFacts(), own)).toEqual(['OWN.RULE']);
  });
});

describe('system integration', () => {
  test('the customer exists in the master system', () => {
    expect(codesOf({}, makeFacts({ customer: null }))).toEqual(['CUSTOMER.UNKNOWN']);
    expect(codesOf({}, withCustomer({ status: 'inactive' }))).toEqual(['CUSTOMER.INACTIVE']);
    expect(codesOf({}, withCustomer({ status: 'credit_stop' }))).toEqual(['CUSTOMER.CREDIT_STOP']);
  });

  test('products exist, are active and are sold to the customer', () => {
    expect(codesOf({}, makeFacts({ products: {} }))).toEqual(['PRODUCT.UNKNOWN']);
    expect(codesOf({}, withProduct({ active: false }))).toEqual(['PRODUCT.INACTIVE']);
    expect(codesOf({}, withProduct({ allowed: false }))).toEqual(['PRODUCT.NOT_ALLOWED']);
  });

  test('shipping addresses are valid', () => {
    expect(codesOf({ shipTo: { id: 'DC-7', lines: [] } })).toEqual([]);
    expect(codesOf({ shipTo: { id: 'DC-8', lines: [] } })).toEqual(['SHIPTO.UNKNOWN']);
    expect(codesOf({ shipTo: null })).toEqual(['SHIPTO.MISSING']);
    expect(codesOf({ shipTo: { ...makeOrder().shipTo!, postalCode: '9410' } })).toEqual(['SHIPTO.POSTAL_CODE']);
  });

  test('payment methods are acceptable', () => {
    expect(codesOf({ payment: { method: 'prepaid' } })).toEqual(['PAYMENT.NOT_ACCEPTED']);
    expect(codesOf({ payment: { method: 'card_token' } })).toEqual(['PAYMENT.TOKEN_MISSING']);
    expect(codesOf({ payment: { method: 'card_token', token: 'tok_1' } })).toEqual([]);
  });
});
