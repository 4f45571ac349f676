import { describe, expect, test } from '@jest/globals';
import { applyChanges, CORRECTION_CODES } from '../../orders/correction.ts';
import { type Order, orderSchema } from '../../orders/order.ts';

const order: Order = orderSchema.parse({
  source: 'web-shop',
  poNumber: 'PO-1',
  orderDate: '2026-11-23',
  currency: 'USD',
  customerId: 'C-1001',
  operatorId: 'olga',
  lines: [
    { line: '1', sku: 'SKU-1', quantity: '10', unitPrice: '1.00', amount: '10.00' },
    { line: '2', sku: 'SKU-2', quantity: '1', unitPrice: '5.00', amount: '5.00' },
  ],
  total: '15.00',
});

const change = (path: string, ...value: unknown[]) =>
  applyChanges(order, [value.length > 0 ? { path, value: value[0] } : { path }]);
const codes = (result: ReturnType<typeof applyChanges>) =>
  'findings' in result ? result.findings.map((f) => f.code) : [];
const corrected = (result: ReturnType<typeof applyChanges>): Order => {
  if ('findings' in result) throw new Error(JSON.stringify(result.findings));
  return result.order;
};

describe('correcting an order', () => {
  test('a field deep inside is replaced and the original stays as it was', () => {
    expect(corrected(change('/lines/1/quantity', '3')).lines[1]?.quantity).toBe('3');
    expect(order.lines[1]?.quantity).toBe('1');
  });

  test('a field that was missing is added, and one that is there is removed', () => {
    expect(corrected(change('/requestedDeliveryDate', '2026-12-01')).requestedDeliveryDate).toBe('2026-12-01');
    const withDate = { ...order, requestedDeliveryDate: '2026-12-01' };
    expect(corrected(applyChanges(withDate, [{ path: '/requestedDeliveryDate' }]))).not.toHaveProperty(
      'requestedDeliveryDate',
    );
  });

  test('a line is appended at the end of the list and removed from its place', () => {
    const line = { line: '3', sku: 'SKU-3', quantity: '1', unitPrice: '1.00', amount: '1.00' };
    expect(corrected(change('/lines/-', line)).lines.map(({ sku }) => sku)).toEqual(['SKU-1', 'SKU-2', 'SKU-3']);
    expect(corrected(change('/lines/0')).lines.map(({ sku }) => sku)).toEqual(['SKU-2']);
  });

  test('changes build on one another', () => {
    const result = applyChanges(order, [{ path: '/lines/0' }, { path: '/lines/0/sku', value: 'SKU-9' }]);
    expect(corrected(result).lines.map(({ sku }) => sku)).toEqual(['SKU-9']);
  });

  test('escaped pointers reach names with a slash or a tilde', () => {
    expect(corrected(change('/extensions', { 'a/b': 1 })).extensions).toEqual({ 'a/b': 1 });
    const extended = { ...order, extensions: { 'a/b': 1, 'c~d': 2 } };
    const result = applyChanges(extended, [{ path: '/extensions/a~1b', value: 3 }, { path: '/extensions/c~0d' }]);
    expect(corrected(result).extensions).toEqual({ 'a/b': 3 });
  });

  test.each(['/source', '/operatorId', '/type', '/extensions/__proto__/polluted', '/constructor'])(
    '%s is never corrected',
    (path) => {
      expect(codes(change(path, 'x'))).toEqual(['CORRECTION.PROTECTED']);
    },
  );

  test.each(['', 'lines', '/lines/7/sku', '/lines/01', '/lines/0/nothing/here', '/poNumber/x', '/a~2'])(
    'a path that leads nowhere is refused: "%s"',
    (path) => expect(codes(change(path, 'x'))).toEqual(['CORRECTION.POINTER']),
  );

  test('removing what is not there is refused', () => {
    expect(codes(change('/shipTo'))).toEqual(['CORRECTION.POINTER']);
  });

  test('a result that is no canonical order is refused with the place', () => {
    const result = change('/lines/0/quantity', 'ten');
    expect(result).toMatchObject({ findings: [{ code: 'CORRECTION.VALUE', path: '/lines/0/quantity' }] });
    expect(codes(change('/lines', []))).toEqual(['CORRECTION.VALUE']);
  });

  test('every documented code can be met', () => {
    const met = ['nowhere', '/source', '/total'].flatMap((path) => codes(change(path, 'x')));
    expect(met.sort()).toEqual(Object.keys(CORRECTION_CODES).sort());
  });
});
