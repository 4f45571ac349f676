import { describe, expect, test } from '@jest/globals';
import { jsonReader } from '../../../orders/formats/json-documents.ts';
import { type SourceProfile, sourceProfileSchema } from '../../../orders/source.ts';
import { SHOPIFY, WOO } from './json-fixtures.ts';

/* Orders of web shops in which something is missing, doubled or cut. */

const profileOf = (json: object = {}, defaults: object = { customerId: 'C-1' }): SourceProfile =>
  sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce', defaults, json });
const read = (order: object, profile = profileOf()) => {
  const { order: read, findings } = jsonReader.parse(new TextEncoder().encode(JSON.stringify(order)), null, profile);
  return {
    order: read,
    told: findings.map(({ disposition, code, path }) => `${disposition} ${code} ${path}`),
    messages: findings.map(({ message }) => message),
  };
};

describe('an order of Shopify', () => {
  const withAllocation = (allocation: object, applications: unknown): unknown => {
    const line = { ...SHOPIFY.line_items[0], discount_allocations: [{ amount: '2.00', ...allocation }] };
    return read({
      ...SHOPIFY,
      total_price: '8.00',
      total_discounts: '2.00',
      line_items: [line],
      discount_applications: applications,
    }).order?.lines[0]?.discounts;
  };

  test('names a discount by its code, else its title, else as a discount', () => {
    const at = { discount_application_index: 0 };
    expect(withAllocation(at, [{ code: 'AUTUMN5', title: 'Autumn' }])).toEqual([{ code: 'AUTUMN5', amount: '2.00' }]);
    expect(withAllocation(at, [{ title: 'Autumn' }])).toEqual([{ code: 'Autumn', amount: '2.00' }]);
    for (const [allocation, applications] of [[at, [{}]], [at, []], [at, undefined], [{}, [{ code: 'X' }]]] as const)
      expect(withAllocation(allocation, applications)).toEqual([{ code: 'DISCOUNT', amount: '2.00' }]);
  }); // prettier-ignore

  test('has duties on top of its prices, or in them', () => {
    const duties = { original_total_duties_set: { shop_money: { amount: '3.00' } } };
    expect(read({ ...SHOPIFY, ...duties, total_price: '13.00' }).order?.charges).toEqual([{ code: 'DUTIES', amount: '3.00' }]);
    expect(read({ ...SHOPIFY, ...duties, duties_included: true }).order?.charges).toEqual([]);
  }); // prettier-ignore

  test('on account has its terms, also where these have no name', () => {
    const terms = (payment_terms: object): unknown =>
      read({ ...SHOPIFY, financial_status: 'pending', payment_terms }).order?.payment;
    expect(terms({ payment_terms_name: 'Net 30' })).toEqual({ method: 'terms', terms: 'NET30' });
    expect(terms({ payment_terms_type: 'net' })).toEqual({ method: 'terms', terms: null });
    expect(terms({ payment_terms_name: '\u0007' })).toEqual({ method: 'terms', terms: 'TERMS' });
  });

  test('has its notes with their names, those of a line with its id or number; properties of apps are left beside', () => {
    const properties = [{ name: 'Engraving', value: 'Jo' }, { name: '_app', value: '1' }, { value: 'blue' }, { name: 'Size' }];
    const note_attributes = [{ name: 'Gate', value: 'B' }, { value: 'ring twice' }];
    const lines = [{ ...SHOPIFY.line_items[0], properties }, { sku: 'B', quantity: 1, price: '0.00', properties: properties.slice(0, 1) }];
    expect(read({ ...SHOPIFY, note: ' At noon ', note_attributes, line_items: lines }).order?.notes).toEqual([
      'At noon', 'Gate: B', 'ring twice', 'Line 1: Engraving: Jo', 'Line 1: blue', 'Line 2: Engraving: Jo',
    ]);
  }); // prettier-ignore

  test('without a SKU takes what the shop calls the product, and one of nobody says so', () => {
    const line = { ...SHOPIFY.line_items[0], sku: null, variant_id: 77 };
    const { order, told } = read({ ...SHOPIFY, line_items: [line] });
    expect([order?.lines[0]?.sku, told]).toEqual(['77', ['hold JSON.LINE.SKU /lines/0/sku']]);
    expect(read(SHOPIFY, profileOf({}, {}))).toMatchObject({
      told: ['reject JSON.CUSTOMER.UNMAPPED /customerId'],
      messages: ['The order names no customer, and this source has no default customer: add one to its profile under json.customers.'],
    });
  }); // prettier-ignore

  test('goes to a company, to a person there, or to a person alone', () => {
    const shipTo = (shipping_address: object): unknown => read({ ...SHOPIFY, shipping_address }).order?.shipTo;
    const street = { address1: '2 Mill Lane', city: 'Leeds', country_code: 'GB' };
    expect(shipTo({ ...street, company: 'Acme', name: 'Jo' })).toMatchObject({ name: 'Acme', lines: ['Jo', '2 Mill Lane'] });
    expect(shipTo({ ...street, name: 'Jo' })).toMatchObject({ name: 'Jo', lines: ['2 Mill Lane'] });
    expect(shipTo({ company: 'Acme', name: 'Jo', city: 'Leeds' })).toMatchObject({ name: 'Acme', lines: [] });
    expect(shipTo({})).toBeNull();
  }); // prettier-ignore
});

describe('an order of WooCommerce', () => {
  test('that is not paid is held, or taken where that is agreed', () => {
    expect(read({ ...WOO, status: 'pending' }).told).toEqual(['hold JSON.ORDER.UNPAID /payment']);
    expect(read({ ...WOO, status: 'pending' }, profileOf({ unpaidOrders: 'take' })).told).toEqual(['warn JSON.ORDER.UNPAID /payment']);
  }); // prettier-ignore

  test('of no pieces is told as such, not divided by', () => {
    const line = { ...WOO.line_items[0], quantity: 0 };
    expect(read({ ...WOO, line_items: [line] }).order?.lines[0]).toMatchObject({ quantity: '0', unitPrice: '10.00' });
  });

  test('whose discount is not that of its lines is told, but for cents of tax in its prices', () => {
    const told = (changes: object): unknown => read({ ...WOO, ...changes }).told;
    expect(told({ discount_total: '1.00' })).toEqual(['hold JSON.DISCOUNT.MISMATCH /lines']);
    expect(told({ discount_total: '0.01' })).toEqual(['hold JSON.DISCOUNT.MISMATCH /lines']);
    expect(told({ discount_total: '0.01', prices_include_tax: true })).toEqual([]);
    expect(told({ discount_total: 'none' })).toEqual([]);
  });

  test('with gift cards is less by them, whichever sign they have', () => {
    const charges = (amount: string, total: string): unknown => read({ ...WOO, gift_cards: [{ amount }], total }).order?.charges;
    expect(charges('4.00', '6.00')).toEqual([{ code: 'GIFT_CARD', amount: '-4.00' }]);
    expect(charges('-4.00', '14.00')).toEqual([{ code: 'GIFT_CARD', amount: '4.00' }]);
  }); // prettier-ignore

  test('whose numbers have exponents is told the field', () => {
    const text = JSON.stringify(WOO).replace('"quantity":1', '"quantity":1e0');
    const { findings } = jsonReader.parse(new TextEncoder().encode(text), null, profileOf());
    expect(findings).toMatchObject([
      { code: 'JSON.FORMAT', path: '/lines/0/quantity' },
      { code: 'JSON.EXPONENT', path: '/lines/0/quantity' },
    ]);
  });
});

describe('an order by a table', () => {
  const mapping = {
    order: {
      poNumber: 'po',
      orderDate: 'date',
      total: 'sum',
      type: { from: 'kind', values: { N: 'new', R: 'replace' } },
      notes: '/remarks/0',
      'charges.FREIGHT': 'freight',
      'payment.terms': 'terms',
      'payment.method': { default: 'terms' },
      currency: { from: 'cur', default: 'USD' },
    },
    lines: 'rows',
    line: { sku: 'article', quantity: 'count', unitPrice: 'price', line: { from: ['no', 'nr'] } },
  };
  const table = (changes: object = {}): SourceProfile =>
    sourceProfileSchema.parse({
      id: 'erp',
      channel: 'api',
      defaults: { customerId: 'C-1' },
      mapping: { ...mapping, ...changes },
    });
  const ORDER = {
    po: 'P-1', date: '2026-11-23', sum: '5.00', kind: 'N', remarks: ['ring twice'], freight: '3.00', terms: 'NET30',
    rows: [{ article: ' A ', count: '1', price: '2.00', nr: '010' }],
  }; // prettier-ignore

  test('has notes, charges and values of its sender in our words', () => {
    expect(read(ORDER, table())).toMatchObject({
      told: [],
      order: {
        type: 'new',
        notes: ['ring twice'],
        charges: [{ code: 'FREIGHT', amount: '3.00' }],
        payment: { method: 'terms', terms: 'NET30' },
        currency: 'USD',
        lines: [{ line: '010', sku: 'A' }],
      },
    });
  });

  test('is told in the names of its sender what cannot be read, wherever that stands', () => {
    const messages = (changes: object): unknown => read({ ...ORDER, ...changes }, table()).messages;
    expect(messages({ kind: 'X' })).toEqual([expect.stringMatching(/^"kind" must be one of/)]);
    expect(messages({ date: true })).toEqual([expect.stringMatching(/^"date" must be/)]);
    expect(messages({ sum: ' ' })).toEqual(['"sum" is missing: every order needs it.']);
    expect(messages({ rows: 'A' })).toEqual([expect.stringMatching(/^"rows" /)]);
    // A list of one, as converters from XML write it.
    expect(read({ ...ORDER, rows: ORDER.rows[0] }, table()).order?.lines).toHaveLength(1);
  });
});
