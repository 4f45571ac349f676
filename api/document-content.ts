import {
  type DocumentRow,
  findDocument,
  getSlice,
  hasForgottenOrders,
  listSlicePlaces,
  readChunks,
  readEnvelope,
} from '../db/documents.ts';
import type { Store } from '../db/store.ts';
import { type Piece, planDocument } from '../orders/formats/envelope.ts';
import type { Deps } from './deps.ts';
import type { Caller } from './principal.ts';
import { Problem } from './problem.ts';
import { logReading } from './reading-log.ts';

/** A document, if the caller may read all of it; whoever is limited to customers may read none. */
export async function findReadableDocument(
  { store }: Deps,
  { sources, customers }: Caller,
  documentId: string,
): Promise<DocumentRow | undefined> {
  if (customers) return undefined;
  const document = await findDocument(store, documentId);
  return document && (sources?.includes(document.source) ?? true) ? document : undefined;
}

/** The bytes of a document as received, piece by piece; noted in the audit trail. @throws Problem if any were erased */
export async function openContent(
  deps: Deps,
  caller: Caller,
  document: DocumentRow,
): Promise<AsyncIterable<Uint8Array>> {
  const content = await readContent(deps.store, document);
  if (!content) throw new Problem('erased', 'the content of the document, or of an order in it, was erased');
  await logReading(deps, caller, `document:${document.id}`, 'document.content_read');
  return content;
}

/** Of a document that is split, from its orders and what stands around them. Undefined where content of it was erased. */
async function readContent(store: Store, document: DocumentRow): Promise<AsyncIterable<Uint8Array> | undefined> {
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
