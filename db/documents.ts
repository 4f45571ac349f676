import type { Selectable } from 'kysely';
import type { Finding } from '../orders/finding.ts';
import type { Gap } from '../orders/formats/envelope.ts';
import type { Format } from '../orders/formats/format.ts';
import { first, lockRows } from './dialect.ts';
import { parseKept } from './faults.ts';
import { putFindings } from './findings.ts';
import { insertOrder, type Slice, type SlicePlace } from './intake.ts';
import { appendLog } from './log.ts';
import { getSealer } from './seal.ts';
import { inTransaction, type Store } from './store.ts';
import type { DocumentState, DocumentTable, OrderStagingRawTable } from './tables.ts';

export type DocumentRow = Selectable<DocumentTable>;

/** The document's row; in a transaction it is locked until the end. */
export function findDocument(store: Store, documentId: string): Promise<DocumentRow | undefined> {
  return lockRows(
    store.db,
    store.db.selectFrom('documents').selectAll().where('id', '=', documentId),
  ).executeTakeFirst();
}

/** As {@link findDocument}. @throws Error if there is no such document. */
export async function getDocument(store: Store, documentId: string): Promise<DocumentRow> {
  const row = await findDocument(store, documentId);
  if (!row) throw new Error(`no document ${documentId}`);
  return row;
}

/** The bytes of a document that is not split, piece by piece. */
export async function* readChunks(store: Store, documentId: string): AsyncGenerator<Uint8Array> {
  const sealer = await getSealer(store, `document:${documentId}`);
  for (let sequence = 0; ; sequence += 1) {
    const row = await store.db
      .selectFrom('document_chunks')
      .select('content_sealed')
      .where('document_id', '=', documentId)
      .where('sequence', '=', sequence)
      .executeTakeFirst();
    if (!row) return;
    yield sealer.open(`chunk ${String(sequence)}`, row.content_sealed);
  }
}

/** The bytes of a document that is not split, as a whole. */
export async function readDocument(store: Store, documentId: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(store, documentId)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Where the orders that are written stand in their document, by position. */
export async function listSlicePlaces(
  store: Store,
  documentId: string,
): Promise<(SlicePlace & { readonly orderId: string })[]> {
  const rows = await store.db
    .selectFrom('order_staging_raw')
    .select(['order_id', 'locator_json'])
    .where('document_id', '=', documentId)
    .orderBy('position')
    .execute();
  return rows.map((row) => ({ ...readPlace(row), orderId: row.order_id }));
}

const WHOLE_DOCUMENT: SlicePlace = { locator: null, prefix: 0, spans: [] };

function readPlace(row: Pick<OrderStagingRawTable, 'order_id' | 'locator_json'>): SlicePlace {
  if (row.locator_json === null) return WHOLE_DOCUMENT;
  return parseKept<SlicePlace>(row.locator_json, `order:${row.order_id}`, 'place in the document');
}

/** Writes one page of a document's orders, in one transaction. */
export function stageSlices(store: Store, document: DocumentRow, slices: readonly Slice[], at: string): Promise<void> {
  const { id: documentId, source, channel, format, received_by: receivedBy } = document;
  const origin = { documentId, source, channel, format, at, receivedBy, operatorId: null };
  return inTransaction(store, async (tx) => {
    for (const slice of slices) await insertOrder(tx, origin, slice);
  });
}

/**
 * Ends the split: the envelope stays under the document's key, the whole is dropped, so that from now on each order can be
 * made unreadable alone. Runs inside the caller's transaction, beside the acknowledgment.
 */
export async function finishSplit(
  tx: Store,
  documentId: string,
  split: {
    readonly envelope: readonly Gap[];
    readonly orders: number;
    readonly findings: readonly Finding[];
    readonly at: string;
  },
): Promise<void> {
  const subject = `document:${documentId}` as const;
  const sealer = await getSealer(tx, subject);
  await tx.db
    .updateTable('documents')
    .set({
      state: 'split',
      order_count: split.orders,
      envelope_sealed: sealer.sealJson('envelope', split.envelope),
      changed_at: split.at,
    })
    .where('id', '=', documentId)
    .execute();
  await tx.db.deleteFrom('document_chunks').where('document_id', '=', documentId).execute();
  await putFindings(tx, { subject, revision: 0, step: 'parse', at: split.at }, split.findings);
  const detail = { orders: split.orders, findings: split.findings.map((finding) => finding.code) };
  await appendLog(tx, subject, { stepKey: 'split', at: split.at, actor: 'worker', action: 'document.split', detail });
}

/** What stands around the document's orders; empty until it is split. @throws Erased if its key is gone. */
export async function readEnvelope(store: Store, documentId: string): Promise<readonly Gap[]> {
  const { envelope_sealed: sealed } = await getDocument(store, documentId);
  if (sealed === null) return [];
  const sealer = await getSealer(store, `document:${documentId}`);
  return sealer.openJson<Gap[]>('envelope', sealed);
}

/** Notes that nothing of the document can be staged; its bytes are kept. */
export async function markRefused(
  tx: Store,
  documentId: string,
  findings: readonly Finding[],
  at: string,
): Promise<void> {
  const subject = `document:${documentId}` as const;
  await tx.db.updateTable('documents').set({ state: 'refused', changed_at: at }).where('id', '=', documentId).execute();
  await putFindings(tx, { subject, revision: 0, step: 'parse', at }, findings);
  const detail = { findings: findings.map((finding) => finding.code) };
  await appendLog(tx, subject, { stepKey: 'refused', at, actor: 'worker', action: 'document.refused', detail });
}

/** Notes that the automatic part of every order of the document is over. */
export async function markProcessed(store: Store, documentId: string, at: string): Promise<void> {
  await store.db
    .updateTable('documents')
    .set({ state: 'processed', changed_at: at })
    .where('id', '=', documentId)
    .where('state', '=', 'split')
    .execute();
}

/** Whether content of any of the document's orders was erased, or removed at the end of its retention. */
export async function hasForgottenOrders(store: Store, documentId: string): Promise<boolean> {
  const query = store.db
    .selectFrom('orders')
    .select('id')
    .where('document_id', '=', documentId)
    .where((eb) => eb.or([eb('erased_at', 'is not', null), eb('expired_at', 'is not', null)]));
  return (await first(query, 1).execute()).length > 0;
}

/** The document's orders by position, after a position. */
export function listDocumentOrders(
  store: Store,
  documentId: string,
  page: { readonly after: number; readonly size: number },
): Promise<{ order_id: string; position: number }[]> {
  const query = store.db
    .selectFrom('order_staging_raw')
    .select(['order_id', 'position'])
    .where('document_id', '=', documentId)
    .where('position', '>', page.after)
    .orderBy('position');
  return first(query, page.size).execute();
}

/** How many of the document's orders up to a position are still in their automatic part. */
export async function countInAutomaticPart(store: Store, documentId: string, upTo: number): Promise<number> {
  const row = await store.db
    .selectFrom('orders')
    .innerJoin('order_staging_raw', 'order_staging_raw.order_id', 'orders.id')
    .select((eb) => eb.fn.countAll<number>().as('running'))
    .where('orders.document_id', '=', documentId)
    .where('orders.automatic_done_at', 'is', null)
    .where('order_staging_raw.position', '<=', upTo)
    .executeTakeFirstOrThrow();
  return row.running;
}

/** Documents that wait for their workflow, not moved since `changedBefore`; for the reconciler. */
export function listUnfinishedDocuments(
  store: Store,
  page: { readonly changedBefore: string; readonly afterId: string; readonly size: number },
): Promise<{ id: string; state: DocumentState; format: Format | null }[]> {
  const query = store.db
    .selectFrom('documents')
    .select(['id', 'state', 'format'])
    // A document of one order is processed from birth and has no workflow of its own.
    .where('state', 'in', ['received', 'split'])
    .where('changed_at', '<', page.changedBefore)
    .where('id', '>', page.afterId)
    .orderBy('id');
  return first(query, page.size).execute();
}

/** The bytes of one order as received, and what is needed to read them. @throws Erased if its key is gone. */
export async function getSlice(
  store: Store,
  orderId: string,
): Promise<SlicePlace & { bytes: Uint8Array; format: Format; documentId: string }> {
  const row = await store.db
    .selectFrom('order_staging_raw')
    .selectAll()
    .where('order_id', '=', orderId)
    .executeTakeFirst();
  if (!row) throw new Error(`order ${orderId} has no slice`);
  const sealer = await getSealer(store, `order:${orderId}`);
  const bytes = sealer.open('raw', row.content_sealed);
  return { ...readPlace(row), bytes, format: row.format, documentId: row.document_id };
}
