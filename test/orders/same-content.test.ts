import { expect, test } from '@jest/globals';
import { orderSchema } from '../../orders/order.ts';
import { isSameContent } from '../../orders/same-content.ts';
import { makeOrderJson } from '../support/order-factory.ts';

const json = makeOrderJson();
const order = (changes: object = {}) => orderSchema.parse({ ...json, source: 'shop', operatorId: null, ...changes });

test('an order is the same whatever its members are ordered by, and whatever has no effect', () => {
  const turned = Object.fromEntries(Object.entries(json).toReversed());
  expect(isSameContent(order(), orderSchema.parse({ ...turned, source: 'desk', operatorId: 'olivia' }))).toBe(true);
  expect(isSameContent(order(), order({ extensions: { tags: 'late' }, type: 'replace' }))).toBe(true);
  expect(isSameContent(order(), order({ billTo: null }))).toBe(true);
});

test.each([
  ['a quantity', { lines: [{ line: '1', sku: 'SKU-1', quantity: '11', unitPrice: '19.9900', amount: '199.90' }] }],
  ['the total', { total: '199.91' }],
  ['a note', { notes: ['ring twice'] }],
  ['where it goes', { shipTo: { name: 'Pat Example', lines: [], country: 'US' } }],
])('%s makes it another', (_what, changes) => {
  expect(isSameContent(order(), order(changes))).toBe(false);
});

test('the order of lines counts', () => {
  const line = (sku: string) => ({ line: '1', sku, quantity: '1', unitPrice: '1', amount: '1' });
  const lines = [line('SKU-1'), line('SKU-2')];
  expect(isSameContent(order({ lines }), order({ lines: lines.toReversed() }))).toBe(false);
});
