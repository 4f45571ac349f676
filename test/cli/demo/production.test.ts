import { describe, expect, test } from '@jest/globals';
import { findDoubles } from '../../../cli/demo/production.ts';
import type { SeenOrder } from '../../../cli/samples/compare.ts';

type Production = Parameters<typeof findDoubles>[2];
type Created = Parameters<typeof findDoubles>[1];

const seenWith = (order: Pick<SeenOrder, 'orderId' | 'poNumber' | 'state'> & Partial<SeenOrder>) => [
  { documentId: 'd', refused: [], acknowledgments: [], orders: [{ decidedBy: null, ...order } as SeenOrder] },
];
const made = (...orderIds: string[]): Production => orderIds.map((orderId) => ({ orderId })) as unknown as Production;
const created = (...orders: { orderId: string; poNumber: string }[]): Created =>
  ({ orders, productionOrders: [] }) as unknown as Created;

describe('looking for doubles', () => {
  const completed = { orderId: 'o1', poNumber: 'PO-1', state: 'completed' };

  test('is content with one production order for a completed order, and none for one in review', () => {
    expect(findDoubles(seenWith(completed), created(), made('o1'))).toEqual([]);
    expect(findDoubles(seenWith({ ...completed, state: 'in_review' }), created(), made())).toEqual([]);
  });

  test('tells of a second production order, of a missing one and of one too early', () => {
    expect(findDoubles(seenWith(completed), created(), made('o1', 'o1'))).toEqual([
      'order PO-1 is completed and has 2 production orders',
    ]);
    expect(findDoubles(seenWith(completed), created(), made())).toEqual([
      'order PO-1 is completed and has 0 production orders',
    ]);
    expect(findDoubles(seenWith({ ...completed, state: 'in_review' }), created(), made('o1'))).toEqual([
      'order PO-1 is in_review and has 1 production orders',
    ]);
  });

  test('leaves a decided order alone, but never lets it be made twice', () => {
    const decided = { ...completed, state: 'submitted', decidedBy: 'sofia' };
    expect(findDoubles(seenWith(decided), created(), made())).toEqual([]);
    expect(findDoubles(seenWith(decided), created(), made('o1', 'o1'))).toHaveLength(1);
  });

  test('tells of a second order with the PO number of a sample, and leaves the orders of others alone', () => {
    const orders = created(
      { orderId: 'o1', poNumber: 'PO-1' },
      { orderId: 'o9', poNumber: 'PO-1' },
      { orderId: 'o7', poNumber: 'PO-7' },
    );
    expect(findDoubles(seenWith(completed), orders, made('o1'))).toEqual([
      'order o9 with PO number PO-1 was made beside the samples',
    ]);
  });
});
