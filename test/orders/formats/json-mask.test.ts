import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maskJsonDocument } from '../../../orders/formats/json-mask.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';

const profile = sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce' });
const maskText = (text: string, source = profile): string => {
  const masked = Buffer.from(maskJsonDocument(new TextEncoder().encode(text), source).bytes);
  expect(masked).toHaveLength(Buffer.byteLength(text));
  return masked.toString();
};
const mask = (value: object, source = profile): unknown => JSON.parse(maskText(JSON.stringify(value), source));

describe("masking of a shop's order", () => {
  test('hides what is never kept of a payment, whatever stands in it', () => {
    const details = { credit_card_bin: '424242', nested: { a: ['é', 'b"c'] }, month: 11, day: 1, none: null, ok: true };
    expect(mask({ payment_details: details })).toEqual({
      payment_details: {
        credit_card_bin: '******',
        nested: { a: ['**', '****'] },
        month: '',
        day: 0,
        none: null,
        ok: true,
      },
    });
  });

  test('hides links and keys that open the order to whoever holds them', () => {
    const order = {
      order_key: 'wc_order_1',
      order_status_url: 'https://x',
      token: 'abc',
      cart_token: 'd',
      payment_url: 'u',
    };
    const hidden = {
      order_key: '**********',
      order_status_url: '*********',
      token: '***',
      cart_token: '*',
      payment_url: '*',
    };
    expect(mask(order)).toEqual(hidden);
    expect(mask({ order })).toEqual({ order: hidden });
    expect(mask({ orders: [order] })).toEqual({ orders: [hidden] });
    expect(mask([order])).toEqual([hidden]);
  });

  test('hides the codes of gift cards and what payment gateways keep, wherever the key stands', () => {
    const meta = [
      { key: '_stripe_intent_id', value: 'pi_123' },
      { value: { deep: ['secret'], last4: 4242 }, key: '_wcpay_payment' },
      { id: 7, key: '_billing_purchase_order_number', value: 'PO-1' },
      { key: 'pw_gift_card_number', value: 'ABCD' },
    ];
    expect(mask({ gift_cards: [{ id: 12, code: 'GIFT-1', amount: '5.00' }], meta_data: meta })).toEqual({
      gift_cards: [{ id: 12, code: '******', amount: '5.00' }],
      meta_data: [
        { key: '_stripe_intent_id', value: '******' },
        { value: { deep: ['******'], last4: '**' }, key: '_wcpay_payment' },
        { id: 7, key: '_billing_purchase_order_number', value: 'PO-1' },
        { key: 'pw_gift_card_number', value: '****' },
      ],
    });
  });

  test('leaves what a payment token, a coupon and a product say', () => {
    const order = {
      payment: { method: 'card_token', token: 'tok_1' },
      coupon_lines: [{ code: 'SAVE' }],
      line_items: [{ gift_card: false, sku: '4006381333931' }],
      client_details: { browser_ip: '203.0.113.9' },
    };
    expect(mask(order)).toEqual(order);
  });

  test('leaves alone what the table of its source gives a meaning, but for card numbers', () => {
    const mapping = { order: { 'payment.token': '/payment_details/token' }, line: {} };
    const source = sourceProfileSchema.parse({ ...profile, mapping });
    expect(mask({ payment_details: { token: 'tok_1' }, note: '4111 1111 1111 1111' }, source)).toEqual({
      payment_details: { token: 'tok_1' },
      note: '**** **** **** 1111',
    });
  });

  test('keeps every document as long as it was and as readable, and hides the same again', () => {
    const names = fc.constantFrom(
      'payment_details',
      'token',
      'meta_data',
      'key',
      'value',
      'gift_cards',
      'code',
      'note',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.jsonValue({ maxDepth: 0 }),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(names, tie('tree'), { maxKeys: 4 }),
        fc.constantFrom('_stripe_id', '4111111111111111'),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 2), (value, space) => {
        const masked = maskText(JSON.stringify(value ?? null, null, space));
        expect(shapeOf(JSON.parse(masked))).toEqual(shapeOf(value ?? null));
        expect(maskText(masked)).toBe(masked);
      }),
    );
  });
});

/** Names and nesting without what they hold. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
}
