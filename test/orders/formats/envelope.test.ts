import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findInSlice, gapsAround, planDocument } from '../../../orders/formats/envelope.ts';

/** A document in pieces of any size, and places in it that do not overlap. */
const documents = fc
  .record({
    bytes: fc.uint8Array({ maxLength: 300 }),
    cuts: fc.array(fc.nat(300), { maxLength: 8 }),
    chunk: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ bytes, cuts, chunk }) => {
    const places = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].sort((a, b) => a - b);
    const spans = places.flatMap((offset, index) => {
      const end = places[index + 1];
      return index % 2 === 0 && end !== undefined ? [{ offset, length: end - offset }] : [];
    });
    return { bytes, chunk, spans };
  });

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

test('slices and gaps put together are the document, whatever the pieces it came in', async () => {
  await fc.assert(
    fc.asyncProperty(documents, async ({ bytes, chunk, spans }) => {
      const gaps = await gapsAround(inPieces(bytes, chunk), spans);
      // Two orders that take turns in the document, as rows of a CSV may, each under the same header.
      const header = Buffer.from('header');
      const orders = ['odd', 'even'].map((orderId, index) => ({
        orderId,
        prefix: header.length,
        spans: spans.filter((_, position) => position % 2 === index),
      }));
      const slices = new Map(
        orders.map(({ orderId, spans: own }) => [
          orderId,
          Buffer.concat([header, ...own.map(({ offset, length }) => bytes.subarray(offset, offset + length))]),
        ]),
      );
      const pieces = planDocument(gaps, orders).map(({ length, bytes: own, orderId = '', from = 0 }) =>
        own ? own : slices.get(orderId)!.subarray(from, from + length),
      );
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
      for (const order of orders) {
        for (const { offset } of order.spans.filter(({ length }) => length > 0)) {
          expect(slices.get(order.orderId)![findInSlice(order, offset)!]).toBe(bytes[offset]);
        }
      }
    }),
  );
});

test('a place outside an order is not in its slice', () => {
  const place = { prefix: 3, spans: [{ offset: 10, length: 5 }] };
  expect([9, 10, 14, 15].map((offset) => findInSlice(place, offset))).toEqual([null, 3, 7, null]);
  expect(findInSlice({ prefix: 0, spans: [] }, 42)).toBe(42);
});

test('gaps hold nothing of the slices', async () => {
  const bytes = Buffer.from('ISA~ST one~ST two~IEA~');
  const gaps = await gapsAround(inPieces(bytes, 5), [
    { offset: 4, length: 7 },
    { offset: 11, length: 7 },
  ]);
  expect(gaps.map(({ offset, bytes: gap }) => [offset, Buffer.from(gap, 'base64').toString()])).toEqual([
    [0, 'ISA~'],
    [18, 'IEA~'],
  ]);
});
