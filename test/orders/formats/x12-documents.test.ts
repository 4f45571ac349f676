import { describe, expect, test } from '@jest/globals';
import { readSample } from '../../../cli/samples/samples.ts';
import { DEFAULT_SOURCES } from '../../../cli/setup.ts';
import { x12Reader } from '../../../orders/formats/x12-documents.ts';

const northwind = DEFAULT_SOURCES.find(({ id }) => id === 'edi-northwind')!;
const bytes = readSample('edi-northwind/three-orders-one-held.edi', '2026-11-23');
const one = readSample('edi-northwind/one-order.edi', '2026-11-23');

describe('an X12 document in memory', () => {
  test('is taken apart into its orders, each with its place', () => {
    const { parts, findings } = x12Reader.split(bytes, northwind);
    expect(findings.filter(({ disposition }) => disposition === 'reject')).toEqual([]);
    expect(parts).toHaveLength(3);
    for (const { bytes: own, prefix, spans } of parts) {
      const [span, another] = spans;
      expect({ prefix, another }).toEqual({ prefix: 0, another: undefined });
      expect(Buffer.from(own).equals(bytes.subarray(span!.offset, span!.offset + span!.length))).toBe(true);
      expect(Buffer.from(own).toString('latin1')).toMatch(/^ST\*850.*SE\*\d+\*\d+~$/s);
    }
  });

  test('gives no part of an interchange that was cut off', () => {
    for (const length of [bytes.length - 2, bytes.length >> 1, 200]) {
      expect(x12Reader.split(bytes.subarray(0, length), northwind).parts).toEqual([]);
    }
  });

  test.each([
    ['/poNumber', '4500081001', { segment: 'BEG', element: 3 }],
    ['/lines/0/quantity', '144', { segment: 'PO1', element: 2 }],
    ['/lines/1/unitPrice', '5.25', { segment: 'PO1', element: 4 }],
    ['/lines/1/sku', 'SKU-2', { segment: 'PO1', element: 7 }],
    ['/lines/0/ids/UP', '400000000015', { segment: 'PO1', element: 9 }],
    ['/currency', 'USD', { segment: 'CUR', element: 2 }],
    ['/total', '3112.56', { segment: 'AMT', element: 2 }],
    ['/shipTo/name', 'NORTHWIND DISTRIBUTION CENTER', { segment: 'N1', element: 2 }],
    // What the set leaves out: the place of what encloses it.
    ['/lines/0/deliverTo/city', 'PO1', { segment: 'PO1' }],
    ['/billTo/city', 'BEG', { segment: 'BEG' }],
  ])('tells where %s stands', (pointer, text, where) => {
    const [part] = x12Reader.split(one, northwind).parts;
    const location = x12Reader.locate(part!.bytes, part!.locator, northwind, pointer);
    expect(location).toMatchObject(where);
    expect(one.toString('latin1', location.offset)).toMatch(new RegExp(`^${text}`));
  });

  test('that is no X12 at all says so', () => {
    const { holds, findings } = x12Reader.inspect(Buffer.from('hello'), northwind);
    expect({ holds, codes: findings.map(({ code }) => code) }).toEqual({
      holds: 'many',
      codes: ['X12.NO_INTERCHANGE'],
    });
  });
});
