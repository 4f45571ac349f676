import {
  type DocumentRow,
  getSlice,
  hasForgottenOrders,
  listSlicePlaces,
  readChunks,
  readEnvelope,
} from '../db/documents.ts';
import type { Store } from '../db/store.ts';
import { type Piece, planDocument } from '../orders/formats/envelope.ts';

/**
 * The bytes of a document as received, piece by piece: of one that is split, from its orders and what stands around them.
 * Undefined where content of it was erased.
 */
export async function readContent(store: Store, document: DocumentRow): Promise<AsyncIterable<Uint8Array> | undefined> {
  if (document.erased_at !== null) return undefined;
  if (document.state === 'received' || document.state === 'refused') return readChunks(store, document.id);
  if (await hasForgottenOrders(store, document.id)) return undefined;
  return readPieces(store, await planPieces(store, document));
}

async function planPieces(store: Store, { id, byte_length: length, envelope_sealed: envelope }: DocumentRow) {
  const places = await listSlicePlaces(store, id);
  const [only] = places;
  // One that was a single order from birth has no envelope, and its slice no spans.
  if (only && envelope === null) return [{ offset: 0, length, orderId: only.orderId, from: 0 }];
  return planDocument(await readEnvelope(store, id), places);
}

async function* readPieces(store: Store, pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  let last: { readonly orderId: string; readonly bytes: Uint8Array } | undefined;
  for (const { bytes, orderId, from, length } of pieces) {
    if (bytes) {
      yield bytes;
      continue;
    }
    if (last?.orderId !== orderId) last = { orderId, bytes: (await getSlice(store, orderId)).bytes };
    yield last.bytes.subarray(from, from + length);
  }
}
