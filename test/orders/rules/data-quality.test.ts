import { describe, expect, test } from '@jest/globals';
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
