import { describe, expect, test } from '@jest/globals';
import { isPattern } from '../../../orders/rules/patterns.ts';
import { check, makeCustomer, makeFacts, makeLine, makeOrder } from './factories.ts';

describe('required fields', () => {
  test('are named where they are missing, blank or null, on each line too', () => {
    const order = makeOrder({
      externalId: '  ',
      contact: null,
      lines: [makeLine({ description: 'Bolt' }), makeLine({ line: '2', description: null })],
    });
    const fields = ['/poNumber', '/externalId', '/contact/email', '/lines/*/description', '/poNumber/*'];
    expect(check('required_fields', order, makeFacts(), { fields })).toEqual([
      '/externalId: "/externalId" is missing: orders of this source must carry it.',
      '/contact/email: "/contact/email" is missing: orders of this source must carry it.',
      '/lines/1/description: "/lines/1/description" is missing: orders of this source must carry it.',
    ]);
  });

  test('must be given as pointers', () => {
    expect(() => check('required_fields', makeOrder(), makeFacts(), { fields: ['poNumber'] })).toThrow(
      'must be a pointer',
    );
  });
});

describe('the length of a field', () => {
  const parameters = { field: '/poNumber', minimum: 3, maximum: 5 };

  test.each([
    ['12', ['/poNumber: "/poNumber" has 2 characters, allowed are 3 to 5 characters.']],
    ['123', []],
    ['12345', []],
    ['123456', ['/poNumber: "/poNumber" has 6 characters, allowed are 3 to 5 characters.']],
  ])('of %s', (poNumber, breaches) => {
    expect(check('field_length', makeOrder({ poNumber }), makeFacts(), parameters)).toEqual(breaches);
  });

  test('is no matter of a field that is missing', () => {
    expect(check('field_length', makeOrder(), makeFacts(), { ...parameters, field: '/contact/name' })).toEqual([]);
  });
});

describe('lines', () => {
  const two = makeOrder({ lines: [makeLine(), makeLine({ line: '2' })] });

  test('may be as many as the rule allows', () => {
    expect(check('line_count', two, makeFacts(), { maximum: 2 })).toEqual([]);
    expect(check('line_count', two, makeFacts(), { maximum: 1 })).toEqual([
      '/lines: The order has 2 lines, at most 1 are allowed: split it.',
    ]);
  });

  test('have each a number of their own', () => {
    expect(check('line_ids', two)).toEqual([]);
    const order = makeOrder({ lines: [makeLine(), makeLine({ line: '01' }), makeLine()] });
    expect(check('line_ids', order)).toEqual(['/lines/2/line: Line number 1 stands twice: give each line its own.']);
  });

  test.each([
    ['0', true],
    ['0.00', true],
    ['-1', true],
    ['0.001', false],
    ['1', false],
  ])('a quantity of %s is refused: %s', (quantity, refused) => {
    const words = `/lines/0/quantity: The quantity of line 1 (SKU-1) is ${quantity}: it must be more than zero.`;
    expect(check('quantity_positive', makeOrder({ lines: [makeLine({ quantity })] }))).toEqual(refused ? [words] : []);
  });

  test.each([
    ['1000', []],
    ['1000.5', ['/lines/0/quantity: The quantity of line 1 (SKU-1) is 1000.5, more than 1000: confirm it.']],
  ])('a quantity of %s against a maximum of 1000', (quantity, breaches) => {
    const order = makeOrder({ lines: [makeLine({ quantity })] });
    expect(check('quantity_maximum', order, makeFacts(), { maximum: '1000' })).toEqual(breaches);
  });

  test.each([
    ['-0.01', ['/lines/0/unitPrice: The unit price of line 1 (SKU-1) is -0.01: it must not be below zero.']],
    ['0', []],
    ['0.00', []],
  ])('a price of %s', (unitPrice, breaches) => {
    expect(check('price_not_negative', makeOrder({ lines: [makeLine({ unitPrice })] }))).toEqual(breaches);
  });
});

describe('the ship-to', () => {
  const address = makeOrder().shipTo!;

  test('must be there', () => {
    expect(check('ship_to_present', makeOrder())).toEqual([]);
    expect(check('ship_to_present', makeOrder({ shipTo: null }))).toEqual([
      '/shipTo: The order has no ship-to address: add it.',
    ]);
  });

  test('may be left to the lines when each has a destination', () => {
    const lines = [makeLine({ deliverTo: address }), makeLine({ line: '2', deliverTo: { ...address, city: ' ' } })];
    expect(check('ship_to_present', makeOrder({ shipTo: null, lines }))).toEqual([
      '/lines/1/deliverTo: The ship-to address lacks city: add what is missing.',
    ]);
  });

  test('names what it lacks', () => {
    const shipTo = { ...address, name: null, lines: ['', ' '], postalCode: undefined, country: '' };
    expect(check('ship_to_present', makeOrder({ shipTo }))).toEqual([
      '/shipTo: The ship-to address lacks name, lines, postalCode, country: add what is missing.',
    ]);
    expect(check('ship_to_present', makeOrder({ shipTo }), makeFacts(), { parts: ['city'] })).toEqual([]);
  });

  test('may be a code instead, which the back office must know', () => {
    const known = makeOrder({ shipTo: { id: 'DC-7', lines: [] } });
    expect(check('ship_to_present', known)).toEqual([]);
    expect(check('ship_to_known', known)).toEqual([]);
    const unknown =
      '/shipTo/id: The customer has no ship-to place of this code: send the address, or have the place set up.';
    expect(check('ship_to_known', makeOrder({ shipTo: { id: 'DC-8', lines: [] } }))).toEqual([unknown]);
    expect(check('ship_to_known', known, makeFacts({ customer: makeCustomer({ addresses: [] }) }))).toEqual([unknown]);
    expect(check('ship_to_known', makeOrder({ shipTo: { ...address, id: ' ' } }))).toEqual([]);
  });

  test.each([
    ['US', '94105', true],
    ['US', '94105-1234', true],
    ['US', '9410', false],
    ['CA', 'K1A 0B1', true],
    ['CA', 'D1A 0B1', false],
    ['GB', 'SW1A 1AA', true],
    ['GB', '12345', false],
    ['DE', '01067', true],
    ['DE', '1067', false],
    ['NL', '1012 AB', true],
    ['IE', 'anything', true],
    [null, '9410', true],
    ['US', null, true],
  ])('in %s with postal code %s is accepted: %s', (country, postalCode, accepted) => {
    const message = `/shipTo/postalCode: The postal code is not written as those of ${String(country)} are: correct it or the country.`;
    const order = makeOrder({ shipTo: { ...address, country, postalCode } });
    expect(check('ship_to_postal_code', order)).toEqual(accepted ? [] : [message]);
  });
});

describe('a range', () => {
  const range = (changes: Parameters<typeof makeOrder>[0], parameters: object) =>
    check('field_range', makeOrder(changes), makeFacts(), parameters);

  test('may be one of dates, and may have one end', () => {
    const dates = { field: '/orderDate', minimum: '2026-11-01', maximum: '2026-11-30' };
    expect(range({ orderDate: '2026-11-01' }, dates)).toEqual([]);
    expect(range({ orderDate: '2026-11-30' }, dates)).toEqual([]);
    expect(range({ orderDate: '2026-12-01' }, dates)).toEqual([
      '/orderDate: "/orderDate" is outside of its range: allowed is from 2026-11-01 to 2026-11-30.',
    ]);
    expect(range({ tax: '5' }, { field: '/tax', minimum: '4.99' })).toEqual([]);
    expect(range({ tax: '5' }, { field: '/tax', maximum: '4.99' })).toEqual([
      '/tax: "/tax" is outside of its range: allowed is to 4.99.',
    ]);
    expect(range({ tax: '4' }, { field: '/tax', minimum: '4.99' })).toEqual([
      '/tax: "/tax" is outside of its range: allowed is from 4.99 on.',
    ]);
  });

  test('holds no value of another type', () => {
    expect(range({ externalId: 'W-1' }, { field: '/externalId', minimum: '1' })).toHaveLength(1);
    expect(range({ externalId: '17' }, { field: '/externalId', minimum: '2026-01-01' })).toHaveLength(1);
  });

  test('needs an end', () => {
    expect(() => range({}, { field: '/tax' })).toThrow('needs a minimum or a maximum');
    expect(() => range({}, { field: '/tax', minimum: 'low' })).toThrow('must be a number such as');
  });
});

describe('a type', () => {
  test.each([
    ['integer', '-17', '1.5'],
    ['decimal', '19.99', '1,5'],
    ['date', '2026-12-01', '2026-13-01'],
    ['datetime', '2026-12-01T08:00:00+01:00', '2026-12-01'],
    ['boolean', 'false', 'no'],
  ])('%s fits %s, but not %s', (type, good, bad) => {
    const judge = (externalId: string | null) =>
      check('field_type', makeOrder({ externalId }), makeFacts(), { field: '/externalId', type });
    expect(judge(good)).toEqual([]);
    expect(judge(bad)).toHaveLength(1);
    expect(judge(null)).toEqual([]);
  });

  test('of a field that no order has is not judged', () => {
    expect(check('field_type', makeOrder(), makeFacts(), { field: '/notes/*', type: 'date' })).toEqual([]);
  });
});

describe('a format', () => {
  const judge = (pattern: string, poNumber: string) =>
    check('field_format', makeOrder({ poNumber }), makeFacts(), { field: '/poNumber', pattern, words: 'as agreed' });

  test('is that of the whole text', () => {
    expect(judge('PO-\\d+', 'PO-17')).toEqual([]);
    expect(judge('PO-\\d+', 'xPO-17')).toHaveLength(1);
  });

  test('is refused if it is none, or too long', () => {
    expect(() => judge('(', 'x')).toThrow('must be a regular expression');
    expect(isPattern('a'.repeat(501))).toBe(false);
  });

  test('may be one of very many', () => {
    const patterns = Array.from({ length: 600 }, (_, index) => `x{0}PO-${String(index)}`);
    expect(patterns.every((pattern, index) => judge(pattern, `PO-${String(index)}`).length === 0)).toBe(true);
    expect(judge(patterns[0] ?? '', 'PO-0')).toEqual([]);
  });
});

describe('quantities', () => {
  const judge = (quantity: string, parameters: object) =>
    check('quantity_range', makeOrder({ lines: [makeLine({ quantity })] }), makeFacts(), parameters);

  test.each([
    ['5', []],
    ['4.99', ['/lines/0/quantity: The quantity of line 1 (SKU-1) is 4.99, the least that is sold at once is 5.']],
    ['20', []],
    ['20.01', ['/lines/0/quantity: The quantity of line 1 (SKU-1) is 20.01, the most that is sold at once is 20.']],
  ])('of 5 to 20: %s', (quantity, breaches) => {
    expect(judge(quantity, { minimum: '5', maximum: '20' })).toEqual(breaches);
  });

  test('may be limited for some products, and on one side', () => {
    expect(judge('1', { minimum: '5', skus: ['SKU-2'] })).toEqual([]);
    expect(judge('9', { minimum: '5' })).toEqual([]);
    expect(judge('9', { maximum: '10' })).toEqual([]);
    expect(() => judge('1', {})).toThrow('needs a minimum or a maximum');
  });

  test('in packs of nothing make the rule break', () => {
    expect(() => check('pack_size', makeOrder(), makeFacts(), { otherwise: '0' })).toThrow('has a size of 0');
  });

  test('of packs are told if no pack is known', () => {
    expect(check('pack_size', makeOrder(), makeFacts(), { otherwise: '5' })).toEqual([]);
    expect(check('pack_size', makeOrder(), makeFacts(), { otherwise: '3' })).toHaveLength(1);
  });
});

describe('line amounts', () => {
  const judge = (parameters: object, currency = 'USD') =>
    check('line_amount_range', makeOrder({ currency, lines: [makeLine()] }), makeFacts(), {
      currency: 'USD',
      ...parameters,
    });

  test('keep to their range, both ends included', () => {
    expect(judge({ minimum: '199.90', maximum: '199.90' })).toEqual([]);
    expect(judge({ minimum: '199.91' })).toHaveLength(1);
    expect(judge({ maximum: '199.89' })).toEqual([
      '/lines/0/amount: The amount of line 1 (SKU-1) is 199.90, over the most of 199.89.',
    ]);
    expect(judge({ minimum: '1' })).toEqual([]);
    expect(judge({ maximum: '1' }, 'EUR')).toEqual([]);
    expect(() => judge({})).toThrow('needs a minimum or a maximum');
  });
});

describe('the country', () => {
  test('is one that is delivered to', () => {
    const judge = (shipTo: ReturnType<typeof makeOrder>['shipTo']) =>
      check('ship_to_country', makeOrder({ shipTo }), makeFacts(), { countries: ['US', 'CA'] });
    expect(judge({ lines: [], country: 'CA' })).toEqual([]);
    expect(judge({ lines: [] })).toEqual([]);
    expect(judge(null)).toEqual([]);
    expect(judge({ lines: [], country: 'MX' })).toHaveLength(1);
  });
});
