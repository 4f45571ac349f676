import { z } from 'zod';
import { getSlice } from '../../db/documents.ts';
import { getSource } from '../../db/sources.ts';
import { findInSlice } from '../../orders/formats/envelope.ts';
import { readerOf } from '../../orders/formats/readers.ts';
import { EVERY_ROLE } from '../access.ts';
import { type Call, operation, type Reply } from '../operation.ts';
import { logReading } from '../reading-log.ts';
import { problemAnswer, shapes } from '../views.ts';
import { getReadableOrder } from '../visible.ts';

/** Each is looked up alone. */
const MOST_PATHS = 50;

const path = z.string().max(500);
const placesQuery = z.strictObject({
  path: z
    .union([path, z.array(path).min(1).max(MOST_PATHS)])
    .describe('JSON pointer into the canonical order, such as /lines/0/quantity; may be given several times'),
});

/** Where the fields of an order stand in what was received. */
export const placeOperations = [
  operation({
    method: 'get',
    path: '/v1/orders/{id}/places',
    id: 'getOrderPlaces',
    tag: 'Orders',
    summary: "Where fields of the order stand in the sender's document",
    description:
      'The place of each field, or of what encloses it where the document leaves it out. A correction changes the order and ' +
      'not the document: the place stays that of what was received.',
    access: { roles: EVERY_ROLE, sources: true },
    params: z.object({ id: z.string() }),
    query: placesQuery,
    answers: {
      200: { description: 'In the order in which they were asked for', schema: shapes.Places },
      410: problemAnswer('Its content was erased'),
    },
    handle: showPlaces,
  }),
];

async function showPlaces({
  deps,
  caller,
  params,
  query,
}: Call<{ id: string }, z.output<typeof placesQuery>, undefined>): Promise<Reply> {
  const row = await getReadableOrder(deps, caller, params.id);
  const { bytes, format, locator, prefix, spans } = await getSlice(deps.store, row.id);
  const profile = await getSource(deps.store, row.source);
  await logReading(deps, caller, `order:${row.id}`, 'order.document_read');
  const items = [query.path].flat().map((pointer) => {
    const location = readerOf(format).locate(bytes, locator, profile, pointer);
    const offsetInOrder = location.offset === undefined ? null : findInSlice({ prefix, spans }, location.offset);
    return { path: pointer, location, offsetInOrder };
  });
  return { status: 200, body: { items } };
}
