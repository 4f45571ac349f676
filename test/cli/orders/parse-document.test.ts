import { describe, expect, test } from '@jest/globals';
import { parseJsonDocument, parseX12Document } from '../../../cli/orders/parse-document.ts';
import { readSample } from '../../../cli/samples/samples.ts';
import { DEFAULT_SOURCES } from '../../../cli/setup.ts';

const [webShop] = DEFAULT_SOURCES;
const northwind = DEFAULT_SOURCES.find(({ id }) => id === 'edi-northwind')!;
const parse = (bytes: Uint8Array) => parseX12Document(bytes, { ...northwind, x12: northwind.x12! });
const codes = (findings: readonly { code: string }[]) => findings.map(({ code }) => code);

describe('reading a document without a gateway', () => {
  test('finds every order of an interchange, each as an interchange of its own that says the same', async () => {
    const whole = await parse(readSample('edi-northwind/three-orders-one-held.edi', '2026-11-23'));
    expect(whole.refused).toEqual([]);
    expect(whole.orders.map(({ poNumber }) => poNumber)).toEqual(['4500081002', '4500081003', '4500081004']);
    for (const { poNumber, bytes } of whole.orders) {
      const alone = await parse(bytes);
      expect(alone.refused).toEqual([]);
      expect(alone.orders.map((order) => order.poNumber)).toEqual([poNumber]);
    }
  });

  test('keeps other delimiters when it takes an order out', async () => {
    const { orders } = await parse(readSample('edi-northwind/address-charges-tax.edi', '2026-11-23'));
    const text = Buffer.from(orders[0]!.bytes).toString('latin1');
    expect(text).toMatch(/^ISA\|.{100}:'GS\|PO\|.*'ST\|850\|.*'GE\|1\|4104'IEA\|1\|000004104'$/s);
  });

  test('takes no order out of a file that was cut off', async () => {
    const { orders, refused } = await parse(readSample('edi-northwind/cut-off.edi', '2026-11-23'));
    expect(orders).toEqual([]);
    expect(codes(refused)).toContain('X12.IEA.MISSING');
  });

  test('takes the good order from beside a bad one', async () => {
    const { orders, refused } = await parse(readSample('edi-northwind/wrong-segment-count.edi', '2026-11-23'));
    expect(orders.map(({ poNumber }) => poNumber)).toEqual(['4500081011']);
    expect(codes(refused)).toEqual(['X12.SE.SEGMENT_COUNT']);
  });

  test('tells a broken JSON document from an order with a wrong field, and a masked card number from both', () => {
    const read = (file: string) => parseJsonDocument(readSample(`web-shop/${file}`, '2026-11-23'), webShop!);
    expect(codes(read('malformed.json').refused)).toEqual(['JSON.SYNTAX']);
    expect(codes(read('missing-fields.json').orders[0]!.findings)).toContain('JSON.REQUIRED');
    expect(codes(read('card-number-in-notes.json').orders[0]!.findings)).toEqual(['CARD.MASKED']);
  });
});
