import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeOrderJson } from '../support/order-factory.ts';
import {
  buying,
  dayFrom,
  expectHeld,
  expectPassed,
  expectRejected,
  type Office,
  openOffice,
  type ShownOrder,
} from './office.ts';

/* The rows of the plan's "Validation Rules", in its own words; each with an order that passes and one that does not. */

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.close());

/** A version of a rule for one source alone, so that it stops no order of another test. */
const forSource = (source: string, rule: object) => ({
  scope: { kind: 'source', source },
  disposition: 'reject',
  ...rule,
});
const without = (name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(makeOrderJson()).filter(([member]) => member !== name));
const codesOf = ({ findings }: ShownOrder, disposition: string): string[] =>
  findings.filter((finding) => finding.disposition === disposition).map(({ code }) => code);
const shipTo = {
  name: 'Pat Example',
  lines: ['1 Market St'],
  city: 'San Francisco',
  postalCode: '94105',
  country: 'US',
};

/** A line in a unit, for the sources that must say it. */
const unit = (name: string) => ({
  lines: [{ line: '1', sku: 'SKU-2', quantity: '4', unit: name, unitPrice: '5.2500', amount: '21.00' }],
  total: '21.00',
});

describe('Data Quality Validation', () => {
  test('Required fields completeness check', async () => {
    const answer = await office.ask('web-shop', 'POST', '/v1/orders', without('currency'), { Prefer: 'wait=60' });
    expect(answer.status).toBe(422);
    const shown = await office.look(String(answer.body.orders[0].orderId));
    await expectRejected(office, shown, { code: 'JSON.REQUIRED', category: 'data_format', says: 'currency' });

    const required = { kind: 'required_fields', parameters: { fields: ['/externalId', '/contact/email'] } };
    await office.rule(forSource('api-zapco', { code: 'ZAPCO.REQUIRED', ...required }));
    expectPassed(await office.order({}, 'api-zapco'));
    const incomplete = await office.order({ contact: { name: 'Pat Example' } }, 'api-zapco');
    const says = '"/contact/email" is missing: orders of this source must carry it';
    await expectRejected(office, incomplete, { code: 'ZAPCO.REQUIRED', category: 'data_format', says });
    // Those of others need not carry it.
    expectPassed(await office.order({ contact: { name: 'Pat Example' } }));
  });

  test('Data format and type validation', async () => {
    const wrongType = await office.order({ total: 'a lot' });
    await expectRejected(office, wrongType, { code: 'JSON.FORMAT', category: 'data_format', says: /decimal/ });
    const wrongDate = await office.order({ orderDate: '23.11.2026' });
    await expectRejected(office, wrongDate, { code: 'JSON.FORMAT', category: 'data_format', says: /date/ });

    const pattern = { field: '/externalId', pattern: 'Z-[0-9]{6}', words: 'Z- and six digits' };
    await office.rule(forSource('api-zapco', { code: 'ZAPCO.FORMAT', kind: 'field_format', parameters: pattern }));
    const type = { field: '/notes/*', type: 'integer' };
    await office.rule(forSource('api-zapco', { code: 'ZAPCO.TYPE', kind: 'field_type', parameters: type }));
    expectPassed(await office.order({ ...unit('EA'), externalId: 'Z-100001', notes: ['17'] }, 'api-zapco'));
    const format = await office.order({ ...unit('EA'), externalId: 'Z-10002', notes: ['17'] }, 'api-zapco');
    const written = 'is not written as agreed: Z- and six digits';
    await expectRejected(office, format, { code: 'ZAPCO.FORMAT', category: 'data_format', says: written });
    const noNumber = await office.order({ ...unit('EA'), externalId: 'Z-100003', notes: ['many'] }, 'api-zapco');
    await expectRejected(office, noNumber, {
      code: 'ZAPCO.TYPE',
      category: 'data_format',
      says: 'must be a whole number',
    });
  });

  test('Field length and range validation', async () => {
    const tooLong = await office.order({ poNumber: 'P'.repeat(500) });
    await expectRejected(office, tooLong, { code: 'JSON.LENGTH', category: 'data_format', says: /characters/ });
    const zero = await office.order(buying('SKU-2', 0, '5.2500'));
    expect(zero.state).toBe('rejected');
    expect(codesOf(zero, 'reject')).toEqual(['QUANTITY.NOT_POSITIVE']);
    const many = await office.order(buying('SKU-2', 100_001, '5.2500'));
    expect(codesOf(many, 'hold')).toContain('QUANTITY.TOO_LARGE');

    const length = { field: '/poNumber', minimum: 4, maximum: 30 };
    await office.rule(forSource('api-zapco', { code: 'ZAPCO.LENGTH', kind: 'field_length', parameters: length }));
    const range = { field: '/tax', minimum: '0', maximum: '5.00' };
    await office.rule(forSource('api-zapco', { code: 'ZAPCO.RANGE', kind: 'field_range', parameters: range }));
    const good = { ...unit('EA'), externalId: 'Z-200001', tax: '5.00', total: '26.00' };
    expectPassed(await office.order(good, 'api-zapco'));
    const short = await office.order({ ...good, externalId: 'Z-200002', poNumber: 'PO1' }, 'api-zapco');
    const says = 'has 3 characters, allowed are 4 to 30';
    await expectRejected(office, short, { code: 'ZAPCO.LENGTH', category: 'data_format', says });
    const taxed = await office.order({ ...good, externalId: 'Z-200003', tax: '5.01', total: '26.01' }, 'api-zapco');
    const outside = 'is outside of its range: allowed is from 0 to 5.00';
    await expectRejected(office, taxed, { code: 'ZAPCO.RANGE', category: 'data_format', says: outside });
  });

  test('Reference data integrity checks', async () => {
    const country = await office.order({ shipTo: { ...shipTo, country: 'ZZ', postalCode: '1' } });
    const says = 'does not stand in the list of countries';
    await expectRejected(office, country, { code: 'SHIPTO.COUNTRY', category: 'data_format', says });
    const own = { field: '/lines/*/unit', values: ['EA', 'BX'] };
    await office.rule(forSource('api-zapco', { code: 'ZAPCO.UNIT', kind: 'reference_data', parameters: own }));
    expectPassed(await office.order({ ...unit('EA'), externalId: 'Z-300001' }, 'api-zapco'));
    const other = await office.order({ ...unit('PALLET'), externalId: 'Z-300002' }, 'api-zapco');
    expect(other.state).toBe('rejected');
    expect(other.findings.find(({ code }) => code === 'ZAPCO.UNIT')?.message).toContain('does not stand in the list');
  });
});

describe('Business Rule Validation', () => {
  test('Customer credit limit verification', async () => {
    // The limit is lowered under what an order needs that passes otherwise.
    const { admin } = office.house;
    await admin.changeCustomer('C-2002', { creditLimit: '199.90' });
    expectPassed(await office.order({ customerId: 'C-2002' }));
    const over = await office.order({ customerId: 'C-2002', ...buying('SKU-2', 1, '5.2500') });
    const says = 'credit used 199.90 + this order 5.25 = 205.15 is over the limit 199.90';
    await expectHeld(office, over, {
      code: 'CREDIT.LIMIT',
      category: 'business_rule',
      releaseRole: 'supervisor',
      says,
    });
    const stopped = await office.order({ customerId: 'C-1003' });
    const stop = { code: 'CUSTOMER.CREDIT_STOP', category: 'business_rule', releaseRole: 'supervisor' } as const;
    await expectHeld(office, stopped, { ...stop, says: 'settle it with accounts receivable' });
  });

  test('Inventory availability confirmation', async () => {
    await office.house.admin.changeProduct('SKU-5', { stock: '7' });
    expectPassed(await office.order(buying('SKU-5', 7, '219.0000')));
    const short = await office.order(buying('SKU-5', 1, '219.0000'));
    await expectHeld(office, short, { code: 'STOCK.SHORT', category: 'business_rule', says: 'short by 1' });
    // The reviewer agrees with the customer on another product.
    const changes = [
      { path: '/lines/0', value: { line: '1', sku: 'SKU-2', quantity: '2', unitPrice: '5.2500', amount: '10.50' } },
      { path: '/total', value: '10.50' },
    ];
    expect(await office.act('ravi', 'correct', short, { changes })).toMatchObject({ status: 200 });
    expectPassed(await office.untilOver(short));
  });

  test('Pricing and discount rule application', async () => {
    const { lines } = makeOrderJson() as { lines: object[] };
    const discounted = (amount: string, rest: string) => ({
      lines: [{ ...lines[0], discounts: [{ code: 'SALE', amount }], amount: rest }],
      total: rest,
    });
    expectPassed(await office.order(discounted('99.95', '99.95')));
    const half = await office.order(discounted('99.96', '99.94'));
    const limit = { code: 'DISCOUNT.LIMIT', category: 'business_rule', releaseRole: 'supervisor' } as const;
    await expectHeld(office, half, { ...limit, says: 'are 99.96, more than 50 % of 10 × 19.9900, 99.95' });
    const price = await office.order(buying('SKU-1', 10, '19.9800'));
    const says = 'is 19.9800, agreed from a quantity of 1 on is 19.99';
    await expectHeld(office, price, { code: 'PRICE.MISMATCH', category: 'business_rule', says });

    const within = { kind: 'price', disposition: 'hold', parameters: { tolerancePercent: '1' } };
    await office.rule({ ...within, code: 'PRICE.MISMATCH', scope: { kind: 'customer', customer: 'C-2001' } });
    const northwind = { customerId: 'C-2001' };
    expectPassed(await office.order({ ...northwind, ...buying('SKU-1', 10, '19.7901') }));
    const off = await office.order({ ...northwind, ...buying('SKU-1', 10, '19.7900') });
    await expectHeld(office, off, { code: 'PRICE.MISMATCH', category: 'business_rule', says: 'with 1 % either way' });
  });

  test('Delivery date feasibility check', async () => {
    const march = `${String(new Date().getUTCFullYear() + 1)}-03-08`;
    expectPassed(await office.order({ requestedDeliveryDate: dayFrom(march, [3]) }));
    const days = { code: 'DELIVERY.LEAD_TIME', kind: 'delivery_lead_time', parameters: { extraDays: 365 } };
    const scope = { kind: 'customer', customer: 'C-2001' };
    await office.rule({ ...days, scope, disposition: 'hold' });
    const soon = await office.order({ customerId: 'C-2001', requestedDeliveryDate: dayFrom(march, [3]) });
    const says = /ordered on .* with 367 days' lead time, \d{4}-\d\d-\d\d is the earliest/;
    await expectHeld(office, soon, { code: 'DELIVERY.LEAD_TIME', category: 'business_rule', says });
    const sunday = await office.order({ requestedDeliveryDate: dayFrom(march, [7]) });
    await expectHeld(office, sunday, { code: 'DELIVERY.DAY', category: 'business_rule', says: 'a Sunday' });
  });

  test('Order minimum/maximum validation', async () => {
    const forCustomer = { scope: { kind: 'customer', customer: 'C-2001' }, disposition: 'hold' };
    await office.rule({
      ...forCustomer,
      code: 'ORDER.BELOW_MINIMUM',
      kind: 'order_minimum',
      parameters: { otherwise: '21.00' },
    });
    await office.rule({
      ...forCustomer,
      code: 'ORDER.ABOVE_MAXIMUM',
      kind: 'order_maximum',
      parameters: { otherwise: '42.00' },
    });
    const from = (quantity: number) => office.order({ customerId: 'C-2001', ...buying('SKU-2', quantity, '5.2500') });
    expectPassed(await from(4));
    expectPassed(await from(8));
    const small = { code: 'ORDER.BELOW_MINIMUM', category: 'business_rule' } as const;
    await expectHeld(office, await from(3), { ...small, says: 'The total 15.75 is under the minimum order of 21.00' });
    const large = { code: 'ORDER.ABOVE_MAXIMUM', category: 'business_rule', releaseRole: 'reviewer' } as const;
    await expectHeld(office, await from(9), { ...large, says: 'The total 47.25 is over the maximum order of 42.00' });
    const packs = await office.order(buying('SKU-8', 13, '8.4000'));
    await expectHeld(office, packs, {
      code: 'PACK.SIZE',
      category: 'business_rule',
      says: 'packs of 12: order 12 or 24',
    });
  });
});

describe('System Integration Validation', () => {
  test('Customer exists in master system', async () => {
    expectPassed(await office.order({ customerId: 'C-1001' }));
    const unknown = await office.order({ customerId: 'C-9999' });
    const says = 'The back office has no customer of this number';
    await expectHeld(office, unknown, { code: 'CUSTOMER.UNKNOWN', category: 'system_integration', says });
  });

  test('Products exist and are active', async () => {
    expectPassed(await office.order(buying('SKU-2', 1, '5.2500')));
    const unknown = await office.order(buying('SKU-NONE', 1, '5.2500'));
    const why = 'The back office does not know the product of line 1 (SKU-NONE)';
    await expectHeld(office, unknown, { code: 'PRODUCT.UNKNOWN', category: 'system_integration', says: why });
    const inactive = await office.order(buying('SKU-4', 1, '34.5000'));
    const says = 'The product of line 1 (SKU-4) is no longer sold';
    await expectHeld(office, inactive, { code: 'PRODUCT.INACTIVE', category: 'system_integration', says });
  });

  test('Shipping addresses are valid', async () => {
    expectPassed(await office.order({ shipTo }));
    expectPassed(await office.order({ shipTo: { id: '0002' } }));
    const unknown = await office.order({ shipTo: { id: '0099' } });
    const says = 'The customer has no ship-to place of this code';
    await expectHeld(office, unknown, { code: 'SHIPTO.UNKNOWN', category: 'system_integration', says });
    const none = await office.order({ shipTo: null });
    const missing = { code: 'SHIPTO.MISSING', category: 'data_format' } as const;
    await expectRejected(office, none, { ...missing, says: 'has no ship-to address' });
    const partial = await office.order({ shipTo: { ...shipTo, city: ' ' } });
    await expectRejected(office, partial, { ...missing, says: 'lacks city' });
    const wrong = await office.order({ shipTo: { ...shipTo, postalCode: '9410' } });
    const code = 'not written as those of US are';
    await expectRejected(office, wrong, { code: 'SHIPTO.POSTAL_CODE', category: 'data_format', says: code });
  });

  test('Payment methods are acceptable', async () => {
    expectPassed(await office.order({ payment: { method: 'card_token', token: 'tok_1' } }));
    expectPassed(await office.order({ payment: { method: 'terms', terms: 'NET30' } }));
    const terms = await office.order({ payment: { method: 'terms', terms: 'NET90' } });
    const says = 'These payment terms are not agreed with the customer; agreed: NET30';
    await expectHeld(office, terms, { code: 'PAYMENT.NOT_ACCEPTED', category: 'business_rule', says });
    const bare = await office.order({ payment: { method: 'card_token' } });
    const token = "needs the payment provider's token: add it, and never a card number";
    await expectRejected(office, bare, { code: 'PAYMENT.TOKEN_MISSING', category: 'data_format', says: token });
  });
});
