import { describe, expect, test } from '@jest/globals';
import type { CustomerFacts } from '../../../orders/facts.ts';
import { RULE_KINDS } from '../../../orders/rules/registry.ts';
import { isBreach } from '../../../orders/rules/rule.ts';
import { check, makeCustomer, makeFacts, makeLine, makeOrder, makeProduct, NOW } from './factories.ts';

const withCustomer = (changes: Partial<CustomerFacts>) => makeFacts({ customer: makeCustomer(changes) });

describe('the customer', () => {
  test('must be known', () => {
    expect(check('customer_known', makeOrder())).toEqual([]);
    expect(check('customer_known', makeOrder(), makeFacts({ customer: null }))).toEqual([
      '/customerId: The back office has no customer of this number: correct it or have the customer set up.',
    ]);
  });

  test.each([
    ['active', 0, 0],
    ['inactive', 1, 0],
    ['credit_stop', 0, 1],
  ] as const)('who is %s', (status, inactive, stopped) => {
    expect(check('customer_active', makeOrder(), withCustomer({ status }))).toHaveLength(inactive);
    expect(check('customer_credit_stop', makeOrder(), withCustomer({ status }))).toHaveLength(stopped);
  });

  test('has an account in one currency', () => {
    expect(check('currency', makeOrder())).toEqual([]);
    expect(check('currency', makeOrder({ currency: 'EUR' }))).toEqual([
      "/currency: The order is in EUR, the customer's account in USD.",
    ]);
  });

  test('is needed by rules about the customer', () => {
    expect(() => check('credit', makeOrder(), makeFacts({ customer: null }))).toThrow(TypeError);
  });
});

describe('products', () => {
  test('must be known, whatever they are called', () => {
    const lines = ['SKU-1', 'constructor', '__proto__'].map((sku, index) => makeLine({ line: String(index + 1), sku }));
    expect(check('product_known', makeOrder({ lines }))).toEqual([
      '/lines/1/sku: The back office does not know the product of line 2 (constructor): correct the SKU or set the product up.',
      '/lines/2/sku: The back office does not know the product of line 3 (__proto__): correct the SKU or set the product up.',
    ]);
  });

  test('must be sold still', () => {
    expect(check('product_active', makeOrder())).toEqual([]);
    expect(check('product_active', makeOrder(), makeFacts({ products: {} }))).toEqual([]);
    expect(
      check('product_active', makeOrder(), makeFacts({ products: { 'SKU-1': makeProduct({ active: false }) } })),
    ).toEqual([
      '/lines/0/sku: The product of line 1 (SKU-1) is no longer sold: agree on a substitute or take the line out.',
    ]);
  });

  test('are ordered in their own unit', () => {
    expect(check('unit', makeOrder())).toEqual([]);
    expect(check('unit', makeOrder(), makeFacts({ products: {} }))).toEqual([]);
    expect(check('unit', makeOrder({ lines: [makeLine({ unit: 'CA' })] }))).toEqual([
      '/lines/0/unit: The unit of line 1 (SKU-1) is CA, but the product is sold in EA.',
    ]);
  });
});

describe('payment', () => {
  test.each([
    ['terms that are agreed', { method: 'terms', terms: 'NET30' }, []],
    ['terms without a code', { method: 'terms' }, []],
    ['nothing said', null, []],
    ['a card', { method: 'card_token', token: 'tok_1' }, []],
    ['a card, whatever the terms', { method: 'card_token', token: 'tok_1', terms: 'NET90' }, []],
    [
      'terms that are not agreed',
      { method: 'terms', terms: 'NET90' },
      ['/payment/terms: These payment terms are not agreed with the customer; agreed: NET30.'],
    ],
    [
      'a method that is not agreed',
      { method: 'prepaid' },
      ['/payment/method: Payment by prepaid is not agreed with the customer; agreed: terms, card_token.'],
    ],
  ] as const)('by %s', (_, payment, breaches) => {
    expect(check('payment_accepted', makeOrder({ payment }))).toEqual(breaches);
  });

  test('for a customer with nothing agreed', () => {
    const none = withCustomer({ paymentMethods: [], paymentTerms: [] });
    expect(check('payment_accepted', makeOrder({ payment: null }), none)).toEqual([
      '/payment: Payment by terms is not agreed with the customer; agreed: none.',
    ]);
    const noTerms = withCustomer({ paymentTerms: [] });
    expect(check('payment_accepted', makeOrder(), noTerms)).toEqual([
      '/payment/terms: These payment terms are not agreed with the customer; agreed: none.',
    ]);
  });

  test('by card needs a token', () => {
    const message =
      "/payment/token: Payment by purchase_card_token needs the payment provider's token: add it, and never a card number.";
    expect(check('payment_token', makeOrder({ payment: { method: 'purchase_card_token' } }))).toEqual([message]);
    expect(check('payment_token', makeOrder({ payment: { method: 'purchase_card_token', token: ' ' } }))).toEqual([
      message,
    ]);
    expect(check('payment_token', makeOrder({ payment: { method: 'card_token', token: 'tok_1' } }))).toEqual([]);
    expect(check('payment_token', makeOrder())).toEqual([]);
    expect(check('payment_token', makeOrder({ payment: null }))).toEqual([]);
  });
});

describe('a line amount', () => {
  const amountOf = (changes: Parameters<typeof makeLine>[0], parameters = {}, currency = 'USD') =>
    check('line_amount', makeOrder({ currency, lines: [makeLine(changes)] }), makeFacts(), parameters);

  test('is quantity × unit price − discounts', () => {
    const discounts = [
      { code: 'A', amount: '5.00' },
      { code: 'B', amount: '4.99' },
    ];
    expect(amountOf({ discounts, amount: '189.91' })).toEqual([]);
    expect(amountOf({ discounts, amount: '189.92' })).toEqual([
      '/lines/0/amount: The amount of line 1 (SKU-1) is 189.92, but 10 × 19.9900 − 5.00 − 4.99 = 189.91.',
    ]);
  });

  test.each([
    ['0.33', 0],
    ['0.34', 0],
    ['0.32', 1],
    ['0.35', 1],
    ['0.335', 0],
  ])('of 1 × 0.335 may be rounded either way: %s', (amount, breaches) => {
    expect(amountOf({ quantity: '1', unitPrice: '0.335', amount })).toHaveLength(breaches);
  });

  test('may be off by the tolerance and no more', () => {
    expect(amountOf({ amount: '199.88' }, { toleranceMinorUnits: 2 })).toEqual([]);
    expect(amountOf({ amount: '199.87' }, { toleranceMinorUnits: 2 })).toHaveLength(1);
    expect(amountOf({ quantity: '1', unitPrice: '100', amount: '101' }, { toleranceMinorUnits: 1 }, 'JPY')).toEqual([]);
    expect(
      amountOf({ quantity: '1', unitPrice: '100', amount: '102' }, { toleranceMinorUnits: 1 }, 'JPY'),
    ).toHaveLength(1);
  });

  test('is exact where a float is not', () => {
    expect(amountOf({ quantity: '3', unitPrice: '0.1', amount: '0.30' })).toEqual([]);
    expect(amountOf({ quantity: '999999999', unitPrice: '999999.99', amount: '999999989000000.01' })).toEqual([]);
  });
});

describe('the total', () => {
  test('is the sum of line amounts, charges and tax', () => {
    expect(check('total', makeOrder())).toEqual([]);
    expect(check('total', makeOrder({ tax: '1.00', total: '203.41' }))).toEqual([]);
    expect(check('total', makeOrder({ charges: [{ code: 'ALLOWANCE', amount: '-9.91' }], total: '180.00' }))).toEqual(
      [],
    );
  });

  test('is held for a cent, with the sum in words', () => {
    expect(check('total', makeOrder({ total: '202.42' }))).toEqual([
      '/total: The total is 202.42, but lines 189.91 + charges 12.50 + tax 0.00 = 202.41.',
    ]);
  });

  test('shows more decimals where there are more', () => {
    expect(check('total', makeOrder({ tax: '0.001' }))).toEqual([
      '/total: The total is 202.41, but lines 189.91 + charges 12.50 + tax 0.001 = 202.411.',
    ]);
  });

  test('may be off by the tolerance', () => {
    expect(check('total', makeOrder({ total: '202.42' }), makeFacts(), { toleranceMinorUnits: 1 })).toEqual([]);
    expect(check('total', makeOrder({ total: '202.43' }), makeFacts(), { toleranceMinorUnits: 1 })).toHaveLength(1);
  });
});

describe('a price', () => {
  const priceOf = (changes: Parameters<typeof makeLine>[0], parameters = {}, currency = 'USD') =>
    check('price', makeOrder({ currency, lines: [makeLine(changes)] }), makeFacts(), parameters);

  test.each([
    ['9', '21.50', 0],
    ['9', '19.99', 1],
    ['10', '19.99', 0],
    ['10', '21.50', 1],
    ['11.5', '19.990', 0],
  ])('for a quantity of %s is %s: %d breaches', (quantity, unitPrice, breaches) => {
    expect(priceOf({ quantity, unitPrice })).toHaveLength(breaches);
  });

  test('says what was agreed', () => {
    expect(priceOf({ unitPrice: '18.00' })).toEqual([
      '/lines/0/unitPrice: The price of line 1 (SKU-1) is 18.00, agreed from a quantity of 10 on is 19.99.',
    ]);
    expect(priceOf({ unitPrice: '18.00' }, { tolerancePercent: '2.5' })).toEqual([
      '/lines/0/unitPrice: The price of line 1 (SKU-1) is 18.00, agreed from a quantity of 10 on is 19.99, with 2.5 % either way.',
    ]);
  });

  test('may be off by the tolerance either way', () => {
    expect(priceOf({ quantity: '1', unitPrice: '22.575' }, { tolerancePercent: '5' })).toEqual([]);
    expect(priceOf({ quantity: '1', unitPrice: '20.425' }, { tolerancePercent: '5' })).toEqual([]);
    expect(priceOf({ quantity: '1', unitPrice: '20.424' }, { tolerancePercent: '5' })).toHaveLength(1);
  });

  test('is looked for in the currency of the order', () => {
    expect(priceOf({ unitPrice: '18.00' }, {}, 'EUR')).toEqual([]);
    expect(priceOf({}, {}, 'CHF')).toEqual(['/lines/0/unitPrice: No price in CHF is agreed for line 1 (SKU-1).']);
  });

  test('of an unknown product is not judged', () => {
    expect(priceOf({ sku: 'SKU-2' })).toEqual([]);
  });
});

describe('discounts', () => {
  const discountOf = (amounts: readonly string[], parameters = {}) =>
    check(
      'discount',
      makeOrder({
        lines: [
          makeLine({ quantity: '2', unitPrice: '50', discounts: amounts.map((amount) => ({ code: 'D', amount })) }),
        ],
      }),
      makeFacts(),
      parameters,
    );

  test('may take the whole price and no more, unless the rule says less', () => {
    expect(discountOf([])).toEqual([]);
    expect(discountOf(['60', '40'])).toEqual([]);
    expect(discountOf(['60', '40.01'])).toEqual([
      '/lines/0/discounts: The discounts of line 1 (SKU-1) are 100.01, more than 100 % of 2 × 50, 100.',
    ]);
    expect(discountOf(['10'], { maximumPercent: '10' })).toEqual([]);
    expect(discountOf(['10.01'], { maximumPercent: '10' })).toHaveLength(1);
  });

  test('are no charges in disguise', () => {
    expect(discountOf(['-1'])).toEqual([
      '/lines/0/discounts: A discount of line 1 (SKU-1) is negative: state surcharges as charges.',
    ]);
  });
});

describe('the size of an order', () => {
  test.each([
    ['49.99', 1, 0],
    ['50.00', 0, 0],
    ['5000.00', 0, 0],
    ['5000.01', 0, 1],
  ])('with a total of %s', (total, under, over) => {
    expect(check('order_minimum', makeOrder({ total }))).toHaveLength(under);
    expect(check('order_maximum', makeOrder({ total }))).toHaveLength(over);
  });

  test('is told in words', () => {
    expect(check('order_minimum', makeOrder({ total: '1.00' }))).toEqual([
      '/total: The total 1.00 is under the minimum order of 50.00.',
    ]);
    expect(check('order_maximum', makeOrder({ total: '9999.00' }))).toEqual([
      '/total: The total 9999.00 is over the maximum order of 5000.00.',
    ]);
  });

  test('is judged by the rule where nothing is agreed with the customer', () => {
    const facts = withCustomer({ minimumOrder: null, maximumOrder: null });
    expect(check('order_minimum', makeOrder({ total: '1.00' }), facts)).toEqual([]);
    expect(check('order_maximum', makeOrder({ total: '99999.00' }), facts)).toEqual([]);
    expect(check('order_minimum', makeOrder({ total: '1.00' }), facts, { otherwise: '2.00' })).toHaveLength(1);
    expect(check('order_maximum', makeOrder({ total: '3.00' }), facts, { otherwise: '2.00' })).toHaveLength(1);
  });

  test('is not judged across currencies', () => {
    expect(check('order_minimum', makeOrder({ currency: 'EUR', total: '1.00' }))).toEqual([]);
    expect(check('order_maximum', makeOrder({ currency: 'EUR', total: '99999.00' }))).toEqual([]);
  });
});

describe('credit', () => {
  test.each([
    ['682.41', []],
    [
      '682.40',
      [
        '/total: The credit does not cover the order: credit used 480.00 + this order 202.41 = 682.41 is over the limit 682.40.',
      ],
    ],
  ])('with a limit of %s', (creditLimit, breaches) => {
    expect(check('credit', makeOrder(), withCustomer({ creditLimit }))).toEqual(breaches);
  });

  test('is told with all decimals of the currency', () => {
    const facts = withCustomer({ creditLimit: '500', creditUsed: '480' });
    expect(check('credit', makeOrder(), facts)[0]).toContain(
      'credit used 480.00 + this order 202.41 = 682.41 is over the limit 500.00',
    );
  });

  test('is not used by methods that the rule exempts', () => {
    const facts = withCustomer({ creditLimit: '0' });
    const exempt = { exemptMethods: ['prepaid'] };
    expect(check('credit', makeOrder({ payment: { method: 'prepaid' } }), facts, exempt)).toEqual([]);
    expect(check('credit', makeOrder({ payment: { method: 'prepaid' } }), facts)).toHaveLength(1);
    expect(check('credit', makeOrder({ payment: null }), facts, exempt)).toHaveLength(1);
  });

  test('in another currency is left to a person', () => {
    expect(check('credit', makeOrder({ currency: 'EUR' }))).toEqual([
      '/total: The order is in EUR, the credit limit in USD: a person has to judge the credit.',
    ]);
  });
});

describe('inventory', () => {
  const stocked = (available: string) => makeFacts({ products: { 'SKU-1': makeProduct({ available }) } });

  test('covers what is available to the last piece', () => {
    expect(check('inventory', makeOrder(), stocked('10'))).toEqual([]);
    expect(check('inventory', makeOrder(), stocked('9.5'))).toEqual([
      '/lines/0/quantity: Of SKU-1 are ordered 10, available 9.5: short by 0.5; as nothing else is agreed with the customer, an order goes whole or a person decides.',
    ]);
  });

  test('counts lines of the same SKU together', () => {
    const lines = [
      makeLine({ sku: 'SKU-2' }),
      makeLine({ line: '2', quantity: '6' }),
      makeLine({ line: '3', quantity: '5.5' }),
    ];
    expect(check('inventory', makeOrder({ lines }), stocked('11'))).toEqual([
      '/lines/1/quantity: Of SKU-1 are ordered 6 + 5.5 = 11.5, available 11: short by 0.5; as nothing else is agreed with the customer, an order goes whole or a person decides.',
    ]);
  });
});

describe('stock by warehouse', () => {
  const facts = makeFacts({
    products: { 'SKU-1': makeProduct({ available: '100', warehouses: { OAK: '6', SAC: '3.5' } }) },
  });
  const judge = (warehouses: readonly string[], given = facts) =>
    check('inventory', makeOrder(), given, { warehouses });

  test('counts only where the rule says', () => {
    expect(judge([])).toEqual([]);
    expect(judge(['OAK', 'SAC'])).toEqual([
      '/lines/0/quantity: Of SKU-1 are ordered 10, available 9.5 in OAK, SAC: short by 0.5; as nothing else is agreed with the customer, an order goes whole or a person decides.',
    ]);
    expect(judge(['RENO'])).toEqual([
      '/lines/0/quantity: Of SKU-1 are ordered 10, available 0 in RENO: short by 10; as nothing else is agreed with the customer, an order goes whole or a person decides.',
    ]);
    expect(judge(['OAK'], makeFacts())).toHaveLength(1);
  });
});

describe('an order that the stock does not cover', () => {
  const short = { 'SKU-1': makeProduct({ available: '9' }), 'SKU-2': makeProduct({ sku: 'SKU-2', available: '5' }) };
  const lines = [makeLine({ quantity: '12' }), makeLine({ line: '2', sku: 'SKU-2', quantity: '5' })];
  const judge = (partialDelivery: CustomerFacts['partialDelivery'], parameters = {}, given = lines) => {
    const facts = makeFacts({ customer: makeCustomer({ partialDelivery }), products: short });
    const breaches = RULE_KINDS.inventory.check(makeOrder({ lines: given }), facts, parameters, NOW).filter(isBreach);
    return breaches.map(
      ({ disposition, message }) => `${disposition ?? 'as the rule'}: ${message.split('; ')[1] ?? ''}`,
    );
  };
  const HELD = 'as nothing else is agreed with the customer, an order goes whole or a person decides.';

  test('waits, unless the customer takes the rest later; a rule may say otherwise', () => {
    expect(judge(undefined)).toEqual([`as the rule: ${HELD}`]);
    expect(judge('hold')).toEqual([
      'as the rule: as agreed with the customer, an order goes whole or a person decides.',
    ]);
    expect(judge('backorder')).toEqual([
      'warn: as agreed with the customer, a line waits until all of it is there: line 1 waits (12).',
    ]);
    expect(judge('split')).toEqual([
      'warn: as agreed with the customer, what is there goes at once and the rest later: of line 1 go 9 and wait 3.',
    ]);
    expect(judge('split', { partial: 'hold' })).toEqual([
      'as the rule: by the rule, an order goes whole or a person decides.',
    ]);
    expect(judge('hold', { partial: 'split' })[0]).toContain('warn: by the rule, what is there goes at once');
  });

  test('is a person’s where nothing of it can go, whatever is agreed', () => {
    expect(judge('backorder', {}, lines.slice(0, 1))).toEqual([
      'as the rule: as agreed with the customer, a line waits until all of it is there, but nothing of the order can go now.',
    ]);
    expect(judge('split', { warehouses: ['RENO'] }).join()).toContain('nothing of the order can go now');
  });

  test('says line by line what goes now and what waits, each line having what the ones before leave', () => {
    const three = ['7', '4', '2'].map((quantity, index) => makeLine({ line: String(index + 1), quantity }));
    expect(judge('backorder', {}, three)[0]).toMatch(/: line 1 goes \(7\), line 2 waits \(4\), line 3 goes \(2\)\.$/);
    expect(judge('split', {}, three)[0]).toMatch(
      /: line 1 goes \(7\), of line 2 go 2 and wait 2, line 3 waits \(2\)\.$/,
    );
    const many = Array.from({ length: 12 }, (_, index) => makeLine({ line: String(index + 1), quantity: '1' }));
    expect(judge('split', {}, many)[0]).toMatch(/line 10 waits \(1\), 2 more lines alike\.$/);
  });

  test('breaks no packs', () => {
    const facts = makeFacts({
      customer: makeCustomer({ partialDelivery: 'split' }),
      products: { 'SKU-1': makeProduct({ available: '20', packSize: '6' }) },
    });
    const [breach] = RULE_KINDS.inventory.check(makeOrder({ lines: [makeLine({ quantity: '24' })] }), facts, {}, NOW);
    expect(breach).toMatchObject({ message: expect.stringContaining('of line 1 go 18 and wait 6') as unknown });
  });

  test('waits where the customer is not known', () => {
    expect(check('inventory', makeOrder(), makeFacts({ customer: null, products: short }))).toHaveLength(1);
  });
});

describe('a total whose format leaves open what is in it', () => {
  test.each([
    ['189.91', ['lines', 'lines+charges+tax'], 0],
    ['203.41', ['lines', 'lines+charges+tax'], 0],
    ['190.91', ['lines+tax'], 0],
    ['202.41', ['lines+charges'], 0],
    ['202.41', ['lines', 'lines+tax', 'lines+charges+tax'], 1],
  ])('of %s may be %j: %d breaches', (total, sums, breaches) => {
    expect(check('total', makeOrder({ total, tax: '1.00' }), makeFacts(), { sums })).toHaveLength(breaches);
  });
});

describe('agreed discounts', () => {
  const judge = (amount: string, parameters = {}, currency = 'USD') => {
    const discounts = [{ code: 'A', percent: '2.5', from: null, to: null, skus: ['SKU-1'] }];
    const line = makeLine({ quantity: '1', unitPrice: '19.99', discounts: [{ code: 'X', amount }] });
    const facts = withCustomer({ discounts, currency });
    return check('discount_agreed', makeOrder({ currency, lines: [line] }), facts, parameters);
  };

  test('are rounded up to the minor unit and no further, unless the rule says so', () => {
    expect(judge('0.50')).toEqual([]);
    expect(judge('0.51')).toHaveLength(1);
    expect(judge('0.51', { tolerancePercent: '2' })).toEqual([]);
    expect(judge('1', {}, 'JPY')).toEqual([]);
  });

  test('are no matter of lines without a discount, or of a back office that keeps no account of them', () => {
    expect(check('discount_agreed', makeOrder({ lines: [makeLine()] }), withCustomer({ discounts: [] }))).toEqual([]);
    expect(check('discount_agreed', makeOrder())).toEqual([]);
    expect(check('discount_agreed', makeOrder(), withCustomer({ discounts: [] }))).toHaveLength(1);
  });
});

describe('what is usual', () => {
  test('is not known of few purchases, of even less than is asked for', () => {
    const history = Array.from({ length: 7 }, () => ({ quantity: '1', unitPrice: '1' }));
    const facts = makeFacts({ products: { 'SKU-1': makeProduct({ history }) } });
    expect(check('unusual_quantity', makeOrder(), facts)).toEqual([]);
    expect(check('unusual_quantity', makeOrder(), facts, { minimumPurchases: 7 })).toHaveLength(1);
    expect(check('unusual_quantity', makeOrder(), makeFacts({ products: {} }))).toEqual([]);
  });
});
