import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { JSON_CODES } from '../../../orders/formats/json.ts';
import { jsonReader } from '../../../orders/formats/json-documents.ts';
import { SHOP_CODES } from '../../../orders/formats/shop-codes.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';
import { expectedFile, FIXTURES, readFixture, summarize } from './json-fixtures.ts';

const profile = sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce', defaults: { customerId: 'C-1' } });
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const inspect = (text: string) => jsonReader.inspect(encode(text), profile);
const split = (text: string) => jsonReader.split(encode(text), profile);

const order = (poNumber: string) => ({
  poNumber,
  orderDate: '2026-11-23',
  currency: 'USD',
  customerId: 'C-1001',
  lines: [{ sku: 'SKU-1', quantity: '1', unitPrice: '2.00' }],
  total: '2.00',
});

describe.each(Object.entries(FIXTURES))('%s', (name, source) => {
  test('gives the order and the findings that are written beside it', () => {
    expect(summarize(readFixture(name), source)).toEqual(JSON.parse(readFileSync(expectedFile(name), 'utf8')));
  });

  test('gives no order that is complete when it is cut off anywhere', () => {
    const bytes = readFixture(name);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.lastIndexOf('}'.charCodeAt(0)) }), (length) => {
        const cut = bytes.subarray(0, length);
        expect(jsonReader.inspect(cut, source).findings).toHaveLength(1);
        expect(jsonReader.parse(cut, null, source).order).toBeNull();
      }),
    );
  });
});

describe('a document of many orders', () => {
  test('is a list, or an object that holds nothing but a list named orders', () => {
    expect(inspect('[]').holds).toBe('many');
    expect(inspect('{"orders":[{}]}').holds).toBe('many');
    expect(inspect('{"orders":[{}],"next":null}').holds).toBe('one');
    expect(inspect('{"orders":{}}').holds).toBe('one');
    expect(inspect('{"order":{"orders":[]}}').holds).toBe('one');
  });

  test('falls into its elements, whatever they hold and however they are laid out', () => {
    const layouts = fc.constantFrom(undefined, 1, '\t', ' ');
    const documents = fc.tuple(fc.array(fc.jsonValue({ maxDepth: 3 }), { minLength: 1 }), layouts, fc.boolean());
    fc.assert(
      fc.property(documents, ([elements, space, isWrapped]) => {
        const text = JSON.stringify(isWrapped ? { orders: elements } : elements, null, space);
        const bytes = encode(`\ufeff${text}`);
        const { parts, findings } = jsonReader.split(bytes, profile);
        expect(findings).toEqual([]);
        expect(parts.map((part): unknown => JSON.parse(decode(part.bytes)))).toEqual(
          JSON.parse(JSON.stringify(elements)),
        );
        for (const { bytes: slice, prefix, spans } of parts) {
          expect(prefix).toBe(0);
          expect(spans.map(({ offset, length }) => decode(bytes.subarray(offset, offset + length)))).toEqual([
            decode(slice),
          ]);
        }
      }),
    );
  });

  test('says where in the whole document something is wrong with one of its orders', () => {
    const text = `[\n  ${JSON.stringify(order('Ä-1'))}, ${JSON.stringify({ ...order('PO-2'), total: 'two' })},\n{"lines":\n[]}]`;
    const parts = split(text).parts;
    const results = parts.map(({ bytes, locator }) => jsonReader.parse(bytes, locator, profile));
    expect(results[0]).toMatchObject({ order: { poNumber: 'Ä-1' }, findings: [] });
    const [finding] = results[1]?.findings ?? [];
    expect(finding).toMatchObject({ code: 'JSON.FORMAT', path: '/total', location: { line: 2, pointer: '/1/total' } });
    const { offset = 0, column = 0 } = finding?.location ?? {};
    expect(decode(encode(text).subarray(offset, offset + 5))).toBe('"two"');
    expect(text.split('\n')[1]?.slice(column - 1)).toMatch(/^"two"/);
    expect(results[2]?.order).toBeNull();
    expect(results[2]?.findings).toContainEqual(
      expect.objectContaining({
        path: '/lines',
        location: expect.objectContaining({ line: 4, column: 1, pointer: '/2/lines' }),
      }),
    );
  });

  test('keeps the good orders beside one that says a name twice', () => {
    const parts = split(`[${JSON.stringify(order('PO-1'))},{"total":1,"total":2}]`).parts;
    const results = parts.map(({ bytes, locator }) => jsonReader.parse(bytes, locator, profile));
    expect(results[0]?.order?.poNumber).toBe('PO-1');
    expect(results[1]).toMatchObject({
      order: null,
      findings: [{ code: 'JSON.DUPLICATE_KEY', location: { pointer: '/1/total' } }],
    });
  });

  test('gives nothing at all when it is cut off or broken as JSON', () => {
    const text = JSON.stringify({ orders: [order('PO-1'), order('PO-2')] });
    for (let length = 0; length < text.length; length++) {
      const { parts, findings } = split(text.slice(0, length));
      expect(parts).toEqual([]);
      expect(findings).toHaveLength(1);
    }
  });

  test('must hold an order, and nothing that is none', () => {
    expect(split('{"orders":[]}')).toMatchObject({
      parts: [],
      findings: [{ code: 'JSON.EMPTY', disposition: 'reject' }],
    });
    const [part] = split('[7]').parts;
    expect(jsonReader.parse(part?.bytes ?? encode(''), part?.locator, profile)).toMatchObject({
      order: null,
      findings: [{ code: 'JSON.TYPE', location: { pointer: '/0' } }],
    });
  });

  test('that is one order is one part', () => {
    const text = JSON.stringify(order('PO-1'));
    expect(split(text).parts).toEqual([
      { bytes: encode(text), prefix: 0, spans: [{ offset: 0, length: text.length }], locator: null },
    ]);
  });
});

describe('the layout', () => {
  const shopify = { line_items: [], total_price: '1.00', financial_status: 'paid' };
  const woo = { line_items: [], total: '1.00', billing: {}, date_created_gmt: '2026-01-01T00:00:00' };

  test('is told by the names of the first order', () => {
    expect(inspect(JSON.stringify(shopify)).layout).toBe('shopify');
    expect(inspect(JSON.stringify({ order: shopify })).layout).toBe('shopify');
    expect(inspect(JSON.stringify({ orders: [shopify] })).layout).toBe('shopify');
    expect(inspect(JSON.stringify([woo])).layout).toBe('woocommerce');
    expect(inspect(JSON.stringify(order('PO-1')))).toMatchObject({ layout: 'canonical' });
    expect(inspect(JSON.stringify([woo])).why).toBe('it has line_items, total, billing, date_created_gmt');
    expect(inspect(JSON.stringify({ note: shopify })).layout).toBe('canonical');
  });

  test('is what the profile says, whatever the names are', () => {
    const source = sourceProfileSchema.parse({ ...profile, json: { layout: 'woocommerce' } });
    expect(jsonReader.inspect(encode(JSON.stringify(shopify)), source).layout).toBe('woocommerce');
  });
});

describe('the place of a field', () => {
  const name = 'shopify-two-currencies';
  const locate = (pointer: string) => {
    const { offset = 0, ...location } = jsonReader.locate(readFixture(name), null, profile, pointer);
    return { ...location, text: decode(readFixture(name).subarray(offset)).split(/[,\n]/)[0] };
  };

  test('is that of what the sender calls it', () => {
    expect(locate('/lines/1/unitPrice')).toMatchObject({ pointer: '/order/line_items/1/price', text: '"15.00"' });
    expect(locate('/charges/1/amount')).toMatchObject({ pointer: '/order/total_tip_received', text: '"3.90"' });
    expect(locate('/lines/1/sku')).toMatchObject({ pointer: '/order/line_items/1/variant_id' });
    expect(locate('/shipTo/lines/0')).toMatchObject({ pointer: '/order/shipping_address/address1' });
  });

  test('is that of what encloses it where the document leaves it out', () => {
    expect(locate('/lines/1/requestedDeliveryDate')).toMatchObject({ pointer: '/order/line_items/1' });
    expect(locate('/requestedDeliveryDate')).toMatchObject({ pointer: '/order' });
  });
});

test('a document with an exponent in a field that counts is refused with the name of the field', () => {
  const text = decode(readFixture('shopify-company-order')).replace('"price": "19.50"', '"price": 1.95e1');
  const { findings } = jsonReader.parse(encode(text), null, profile);
  expect(findings).toContainEqual(
    expect.objectContaining({
      code: 'JSON.EXPONENT',
      path: '/lines/0/unitPrice',
      message: expect.stringContaining('"line_items[0].price"'),
    }),
  );
});

test('bytes of any kind, and shops with members of any kind, give findings with known codes and no crash', () => {
  const names = ['line_items', 'total_price', 'financial_status', 'total', 'billing', 'date_created_gmt', 'shipping_lines',
    'fee_lines', 'gift_cards', 'meta_data', 'refunds', 'customer', 'discount_applications', 'total_discounts', 'currency']; // prettier-ignore
  const layouts = fc.constantFrom('shopify' as const, 'woocommerce' as const);
  const members = fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
  fc.assert(
    fc.property(
      layouts,
      fc.oneof(
        members.map((value) => encode(JSON.stringify(value))),
        fc.uint8Array(),
      ),
      (layout, bytes) => {
        const source = sourceProfileSchema.parse({ ...profile, json: { layout } });
        expect(jsonReader.mask(bytes, source).bytes).toHaveLength(bytes.length);
        const { findings } = jsonReader.parse(bytes, null, source);
        for (const { code } of findings) expect(Object.keys({ ...JSON_CODES, ...SHOP_CODES })).toContain(code);
      },
    ),
  );
});
