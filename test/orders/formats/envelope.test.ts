import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gapsAround, joinDocument } from '../../../orders/formats/envelope.ts';

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
      const slices = spans.map(({ offset, length }) => ({ offset, bytes: bytes.subarray(offset, offset + length) }));
      expect(Buffer.from(joinDocument(gaps, slices)).equals(bytes)).toBe(true);
    }),
  );
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
