import { describe, expect, test } from '@jest/globals';
import { parseDocument } from '../../../cli/orders/parse-document.ts';
import { readSample } from '../../../cli/samples/samples.ts';
import { DEFAULT_SOURCES } from '../../../cli/setup.ts';

const sourceOf = (id: string) => DEFAULT_SOURCES.find((source) => source.id === id)!;
const parse = (file: string) =>
  parseDocument(readSample(file, '2026-11-23'), undefined, sourceOf(file.split('/')[0] ?? ''));
const codes = (findings: readonly { code: string }[]) => findings.map(({ code }) => code);

describe('reading a document without a gateway', () => {
  test('finds every order of an interchange', () => {
    const { kind, orders, refused } = parse('edi-northwind/three-orders-one-held.edi');
    expect({ kind, refused }).toEqual({ kind: 'x12, x12-850', refused: [] });
    expect(orders.map(({ poNumber }) => poNumber)).toEqual(['4500081002', '4500081003', '4500081004']);
  });

  test('reads an interchange with other delimiters', () => {
    const { orders } = parse('edi-northwind/address-charges-tax.edi');
    expect(orders).toHaveLength(1);
    expect(orders[0]!.findings.filter(({ disposition }) => disposition === 'reject')).toEqual([]);
  });

  test('takes no order out of a file that was cut off', () => {
    const { orders, refused } = parse('edi-northwind/cut-off.edi');
    expect(orders).toEqual([]);
    expect(codes(refused)).toContain('X12.IEA.MISSING');
  });

  test('takes the good order from beside a bad one', () => {
    const { orders, refused } = parse('edi-northwind/wrong-segment-count.edi');
    expect(orders.map(({ poNumber }) => poNumber)).toEqual(['4500081011']);
    expect(codes(refused)).toEqual(['X12.SE.SEGMENT_COUNT']);
  });

  test('finds every order of a JSON list', () => {
    const plain = readSample('web-shop/plain.json', '2026-11-23').toString();
    const list = Buffer.from(`[${plain}, ${plain.replace('WS-10001', 'WS-X')}]`);
    const { kind, orders, refused } = parseDocument(list, 'application/json', sourceOf('web-shop'));
    expect({ kind, refused }).toEqual({ kind: 'json, canonical', refused: [] });
    expect(orders.map(({ poNumber }) => poNumber)).toEqual(['WS-10001', 'WS-X']);
  });

  test('tells a broken JSON document from an order with a wrong field, and a masked card number from both', () => {
    expect(codes(parse('web-shop/malformed.json').refused)).toEqual(['JSON.SYNTAX']);
    expect(codes(parse('web-shop/missing-fields.json').orders[0]!.findings)).toContain('JSON.REQUIRED');
    expect(codes(parse('web-shop/card-number-in-notes.json').orders[0]!.findings)).toEqual(['CARD.MASKED']);
  });

  test('does not take what its source does not send', () => {
    const order = readSample('web-shop/plain.json', '2026-11-23');
    const { orders, refused } = parseDocument(order, undefined, sourceOf('edi-northwind'));
    expect({ orders, codes: codes(refused) }).toEqual({ orders: [], codes: ['DOCUMENT.NOT_TAKEN'] });
    expect(refused[0]!.message).toBe('Not taken: it begins with {; source "edi-northwind" does not send this.');
  });
});
