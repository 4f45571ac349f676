import { describe, expect, test } from '@jest/globals';
import { compare, type Seen, type SeenOrder } from '../../../cli/samples/compare.ts';
import type { Sample } from '../../../cli/samples/samples.ts';

const sample = (changes: Partial<Sample>): Sample => ({
  what: 'a sample',
  file: 'web-shop/a.json',
  source: 'web-shop',
  again: false,
  orders: { 'PO-1': { state: 'in_review', findings: ['STOCK.SHORT'] } },
  refused: [],
  acknowledgments: [],
  ...changes,
});

const order = (changes: Partial<SeenOrder> = {}): SeenOrder => ({
  orderId: 'o1',
  poNumber: 'PO-1',
  state: 'in_review',
  findings: ['STOCK.SHORT'],
  holds: ['STOCK.SHORT'],
  decidedBy: null,
  productionOrderId: null,
  receivedAt: '2026-11-23T10:00:00.000Z',
  tookMs: 100,
  ...changes,
});

const seen = (changes: Partial<Seen> = {}): Seen => ({
  documentId: 'd1',
  refused: [],
  acknowledgments: [],
  orders: [order()],
  ...changes,
});

describe('comparing what became of a sample with what was expected', () => {
  test('finds nothing where all is as expected', () => {
    expect(compare(sample({}), seen())).toEqual([]);
  });

  test('tells of another state and of other findings', () => {
    expect(compare(sample({}), seen({ orders: [order({ state: 'completed', findings: [] })] }))).toEqual([
      'order PO-1 is completed, expected was in_review',
      'order PO-1: found nothing, expected was STOCK.SHORT',
    ]);
  });

  test('takes an order that a person has decided as it is', () => {
    expect(compare(sample({}), seen({ orders: [order({ state: 'completed', decidedBy: 'sofia' })] }))).toEqual([]);
  });

  test('tells of an order that is not there and of one that should not be', () => {
    expect(compare(sample({}), seen({ orders: [order({ poNumber: 'PO-2' })] }))).toEqual([
      'order PO-1 is not there',
      'order PO-2 was not expected',
    ]);
  });

  test('tells of a refusal that was not expected, and of one that did not come', () => {
    const refused = sample({ orders: {}, refused: ['JSON.SYNTAX'] });
    expect(compare(refused, seen({ orders: [], refused: ['JSON.SYNTAX'] }))).toEqual([]);
    expect(compare(refused, seen({ orders: [] }))).toEqual(['the document: refused for nothing, expected was JSON.SYNTAX']);
  });

  test('tells of an acknowledgment that did not go out', () => {
    expect(compare(sample({ acknowledgments: ['997'] }), seen())).toEqual(['no 997 went out']);
  });

  test('tells of a document that came again and was taken for a new one', () => {
    const again = sample({ again: true });
    expect(compare(again, seen(), seen())).toEqual([]);
    expect(compare(again, seen({ documentId: 'd2' }), seen())).toEqual(['it was taken for a new document']);
  });
});
