import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Finding } from '../../../orders/finding.ts';
import { jsonReader } from '../../../orders/formats/json-documents.ts';
import { type SourceProfile, sourceProfileSchema } from '../../../orders/source.ts';
import { breachesOf, SHOPIFY, WOO } from './json-fixtures.ts';

const profile = sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce', defaults: { customerId: 'C-1' } });
const read = (order: object, source: SourceProfile = profile) =>
  jsonReader.parse(new TextEncoder().encode(JSON.stringify(order)), null, source);
const codes = (findings: readonly Finding[]) => findings.map(({ code, disposition }) => `${disposition} ${code}`);

/** Cents as amounts are written. */
const money = (cents: number): string => `${cents < 0 ? '-' : ''}${(Math.abs(cents) / 100).toFixed(2)}`;
const cents = fc.integer({ min: 1, max: 100_000_00 });

/** What a Shopify order of these parts says, its total by the sum that Shopify's own orders keep. */
const shopifyOrders = fc
  .record({
    lines: fc.array(fc.record({ price: cents, quantity: fc.integer({ min: 1, max: 500 }), share: fc.nat(100) }), {
      minLength: 1,
      maxLength: 6,
    }),
    shipping: fc.array(fc.record({ price: cents, share: fc.nat(100) }), { maxLength: 2 }),
    tax: cents,
    isTaxIncluded: fc.boolean(),
    tip: fc.nat(5_00),
    duties: fc.nat(50_00),
  })
  .map(({ lines, shipping, tax, isTaxIncluded, tip, duties }) => {
    const discounts = [...lines, ...shipping].map(({ price, share }) => Math.floor((price * share) / 100));
    const goods = lines.reduce((all, { price, quantity }) => all + price * quantity, 0);
    const discount = discounts.reduce((all, each) => all + each, 0);
    const freight = shipping.reduce((all, { price }) => all + price, 0);
    const allocation = (index: number) => [{ amount: money(discounts[index] ?? 0), discount_application_index: 0 }];
    return {
      name: '#1',
      created_at: '2026-11-23T10:00:00Z',
      currency: 'USD',
      financial_status: 'paid',
      taxes_included: isTaxIncluded,
      total_discounts: money(discount),
      total_tax: money(tax),
      total_tip_received: money(tip),
      original_total_duties_set: { shop_money: { amount: money(duties) } },
      total_price: money(goods - discount + freight + (isTaxIncluded ? 0 : tax) + tip + duties),
      discount_applications: [{ title: 'Autumn' }],
      line_items: lines.map(({ price, quantity }, index) => ({
        id: index + 1,
        sku: `SKU-${index}`,
        quantity,
        current_quantity: quantity,
        price: money(price),
        discount_allocations: allocation(index),
      })),
      shipping_lines: shipping.map(({ price }, index) => ({
        price: money(price),
        discount_allocations: allocation(lines.length + index),
      })),
    };
  });

describe('an order of Shopify', () => {
  test('adds up in the canonical form whenever it does in the shop', () => {
    fc.assert(
      fc.property(shopifyOrders, (composed) => {
        const { order, findings } = read(composed);
        expect(findings).toEqual([]);
        expect(order && breachesOf(order)).toEqual([]);
        expect(order?.total).toBe(composed.total_price);
      }),
    );
  });

  test('does not pass when a quantity, a price or a discount was changed', () => {
    const changes = fc.constantFrom('quantity', 'price', 'discount', 'total', 'lost allocation');
    fc.assert(
      fc.property(shopifyOrders, changes, fc.integer({ min: 1, max: 99 }), (composed, change, by) => {
        const changed = structuredClone(composed);
        const [line] = changed.line_items as [(typeof changed.line_items)[number]];
        const [allocation] = line.discount_allocations as [(typeof line.discount_allocations)[number]];
        if (change === 'quantity') line.quantity += by;
        if (change === 'price') line.price = money(Math.round(Number(line.price) * 100) + by);
        if (change === 'discount') allocation.amount = money(Math.round(Number(allocation.amount) * 100) + by);
        if (change === 'total') changed.total_price = money(Math.round(Number(changed.total_price) * 100) + by);
        if (change === 'lost allocation') {
          fc.pre(Number(allocation.amount) > 0);
          line.discount_allocations = [];
        }
        const { order, findings } = read(changed);
        expect([...findings, ...(order ? breachesOf(order) : [])]).not.toEqual([]);
      }),
    );
  });

  test('of a version without allocations has the discount of the order as a whole', () => {
    const { order, findings } = read({ ...SHOPIFY, total_discounts: '4.00', total_price: '6.00' });
    expect(findings).toEqual([]);
    expect(order?.charges).toEqual([{ code: 'DISCOUNT', amount: '-4.00' }]);
    expect(order && breachesOf(order)).toEqual([]);
  });

  test('is told about where it was cancelled, refunded, delivered, not paid or a test', () => {
    const told = (changes: object, json: object = {}) =>
      codes(read({ ...SHOPIFY, ...changes }, sourceProfileSchema.parse({ ...profile, json })).findings);
    expect(told({})).toEqual([]);
    expect(told({ test: true })).toEqual(['reject JSON.ORDER.TEST']);
    expect(told({ test: true }, { testOrders: 'take' })).toEqual(['warn JSON.ORDER.TEST']);
    expect(told({ financial_status: 'pending' })).toEqual(['hold JSON.ORDER.UNPAID']);
    expect(told({ financial_status: 'pending' }, { unpaidOrders: 'take' })).toEqual(['warn JSON.ORDER.UNPAID']);
    expect(told({ financial_status: 'pending', payment_terms: { payment_terms_name: 'Net 30' } })).toEqual([]);
    expect(told({ financial_status: 'refunded' })).toEqual(['hold JSON.ORDER.REFUNDED']);
    expect(told({ fulfillment_status: 'fulfilled' })).toEqual(['hold JSON.ORDER.FULFILLED']);
    expect(told({ cancelled_at: '2026-11-24T10:00:00Z', financial_status: 'voided' })).toEqual([
      'warn JSON.ORDER.CANCELLED',
    ]);
    expect(read({ ...SHOPIFY, cancelled_at: '2026-11-24T10:00:00Z' }).order?.type).toBe('cancel');
  });

  test('belongs to the customer of its place, company, person or domain, in this order', () => {
    const customers = {
      'shopify:location:3': 'C-LOCATION',
      'shopify:company:2': 'C-COMPANY',
      'shopify:1': 'C-PERSON',
      'domain:acme.example': 'C-DOMAIN',
    };
    const order = { ...SHOPIFY, email: 'jo@ACME.example', customer: { id: 1 }, company: { id: 2, location_id: 3 } };
    const found = (keys: readonly (readonly [string, string])[]) =>
      read(order, sourceProfileSchema.parse({ ...profile, json: { customers: Object.fromEntries(keys) } })).order
        ?.customerId;
    const keys = Object.entries(customers);
    keys.forEach(([, number], index) => {
      expect(found(keys.slice(index))).toBe(number);
    });
    expect(found([])).toBe('C-1');
  });

  test('of nobody known is refused once, without a word of the address', () => {
    const source = sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce' });
    const { order, findings } = read({ ...SHOPIFY, email: 'jo@smith.example', customer: { id: 88 } }, source);
    expect(order).toBeNull();
    expect(codes(findings)).toEqual(['reject JSON.CUSTOMER.UNMAPPED']);
    expect(findings[0]?.message).toContain('"shopify:88"');
    expect(JSON.stringify(findings)).not.toContain('smith');
  });

  test('has no line among its shipping', () => {
    const [order] = fc.sample(shopifyOrders, 1);
    const stray = { id: 9, sku: 'SKU-9', quantity: 1, price: '5.00' };
    const { findings } = read({ ...order, shipping_lines: [stray] });
    expect(codes(findings)).toContain('reject JSON.LINE.MISPLACED');
  });

  test('keeps the notes that an order has no room for among the extensions', () => {
    const attributes = Array.from({ length: 60 }, (_, index) => ({ name: `n${index}`, value: 'v' }));
    const { order, findings } = read({ ...SHOPIFY, note: 'x'.repeat(4500), note_attributes: attributes });
    expect(order?.notes.slice(0, 3).map(({ length }) => length)).toEqual([2000, 2000, 500]);
    expect(order?.notes).toHaveLength(50);
    expect(codes(findings)).toEqual(['warn JSON.NOTES.SHORTENED']);
    expect(order?.extensions?.['note_attributes']).toContainEqual({ name: 'n59', value: 'v' });
  });

  test('names the fields of the shop in what is wrong with it', () => {
    const lines = [{ id: 1, quantity: 'two', price: null, sku: 'A' }];
    const { findings } = read({ ...SHOPIFY, line_items: lines, total_price: undefined, financial_status: 'paid' },
      sourceProfileSchema.parse({ ...profile, json: { layout: 'shopify' } })); // prettier-ignore
    expect(findings.map(({ message }) => message.split(' ')[0])).toEqual(
      expect.arrayContaining(['"line_items[0].quantity"', '"line_items[0].price"', '"total_price"']),
    );
  });
});

/** What a WooCommerce order of these parts says, its total by the sum that WooCommerce's own orders keep. */
const wooOrders = fc
  .record({
    lines: fc.array(
      fc.record({
        subtotal: cents,
        quantity: fc.integer({ min: 1, max: 40_000 }),
        share: fc.nat(100),
        tax: fc.nat(99_99),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    shipping: fc.array(fc.record({ total: cents, tax: fc.nat(99_99) }), { maxLength: 2 }),
    fees: fc.array(fc.record({ total: fc.integer({ min: -50_00, max: 50_00 }), tax: fc.nat(9_99) }), { maxLength: 2 }),
    giftCard: fc.nat(9_99),
  })
  .map(({ lines, shipping, fees, giftCard }) => {
    const totals = lines.map(({ subtotal, share }) => subtotal - Math.floor((subtotal * share) / 100));
    const sum = (amounts: readonly number[]) => amounts.reduce((all, each) => all + each, 0);
    const taxes = sum([...lines, ...shipping, ...fees].map(({ tax }) => tax));
    const charges = sum([...shipping, ...fees].map(({ total }) => total));
    return {
      number: '7',
      status: 'processing',
      currency: 'EUR',
      date_created_gmt: '2026-11-23T10:00:00',
      date_paid_gmt: '2026-11-23T10:00:01',
      billing: {},
      discount_total: money(sum(lines.map(({ subtotal }) => subtotal)) - sum(totals)),
      total: money(sum(totals) + charges + taxes - giftCard),
      line_items: lines.map(({ subtotal, quantity, tax }, index) => ({
        id: index + 1,
        sku: `SKU-${index}`,
        quantity: quantity / 4,
        subtotal: money(subtotal),
        total: money(totals[index] ?? 0),
        total_tax: money(tax),
        price: (totals[index] ?? 0) / 100 / (quantity / 4),
      })),
      shipping_lines: shipping.map(({ total, tax }) => ({ total: money(total), total_tax: money(tax) })),
      fee_lines: fees.map(({ total, tax }) => ({ total: money(total), total_tax: money(tax) })),
      gift_cards: [{ code: 'X', amount: giftCard / 100 }],
    };
  });

describe('an order of WooCommerce', () => {
  test('adds up in the canonical form whenever it does in the shop, also where prices do not come out even', () => {
    fc.assert(
      fc.property(wooOrders, (composed) => {
        const { order, findings } = read(composed);
        expect(findings).toEqual([]);
        expect(order && breachesOf(order)).toEqual([]);
        expect(order?.lines.map(({ amount }) => amount)).toEqual(composed.line_items.map(({ total }) => total));
      }),
    );
  });

  test('does not pass when a quantity, an amount or the total was changed', () => {
    const changes = fc.constantFrom('quantity', 'subtotal', 'total', 'tax', 'whole');
    fc.assert(
      fc.property(wooOrders, changes, (composed, change) => {
        const changed = structuredClone(composed);
        const [line] = changed.line_items as [(typeof changed.line_items)[number]];
        fc.pre(Number(line.total) > 1);
        if (change === 'quantity') line.quantity *= 10;
        if (change === 'subtotal') line.subtotal = (Number(line.subtotal) + 5).toFixed(2);
        if (change === 'total') line.total = (Number(line.total) + 0.01).toFixed(2);
        if (change === 'tax') line.total_tax = (Number(line.total_tax) + 0.01).toFixed(2);
        if (change === 'whole') changed.total = (Number(changed.total) + 10).toFixed(2);
        const { order, findings } = read(changed);
        expect([...findings, ...(order ? breachesOf(order) : [])]).not.toEqual([]);
      }),
    );
  });

  test('is told about by its status', () => {
    const told = (status: string) => codes(read({ ...WOO, status }).findings);
    expect(told('processing')).toEqual([]);
    expect(told('awaiting-pickup')).toEqual([]);
    expect(told('pending')).toEqual(['hold JSON.ORDER.UNPAID']);
    expect(told('refunded')).toEqual(['hold JSON.ORDER.REFUNDED']);
    expect(told('completed')).toEqual(['hold JSON.ORDER.FULFILLED']);
    expect(told('checkout-draft')).toEqual(['reject JSON.ORDER.DRAFT']);
    expect(told('trash')).toEqual(['warn JSON.ORDER.CANCELLED']);
    expect(read({ ...WOO, status: 'cancelled' }).order?.type).toBe('cancel');
  });

  test('without the amounts of a line is refused, for nothing can stand for them', () => {
    const lines = [{ id: 1, sku: 'A', quantity: 1, price: 10 }];
    const { order, findings } = read({ ...WOO, line_items: lines });
    expect(order).toBeNull();
    expect(findings.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'JSON.REQUIRED /lines/0/unitPrice',
      'JSON.REQUIRED /lines/0/amount',
    ]);
  });

  test("finds the buyer's PO number under the keys of common plugins", () => {
    for (const key of ['_purchase_order_number', 'billing_purchase_order_number', '_po_number', 'PO_Number']) {
      expect(read({ ...WOO, meta_data: [{ key: 'vat_number', value: '1' }, { key, value: 'PO-9' }] }).order?.poNumber).toBe('PO-9'); // prettier-ignore
    }
    expect(read({ ...WOO, meta_data: [{ key: 'vat_number', value: '1' }] }).order?.poNumber).toBe('7');
  });
});
