import type { ExpressionBuilder } from 'kysely';
import type { Finding } from '../orders/finding.ts';
import type { Format, Layout, OrderPart } from '../orders/formats/format.ts';
import type { Channel } from '../orders/state.ts';
import { lockRows } from './dialect.ts';
import { putFindings } from './findings.ts';
import { fingerprint } from './keyring.ts';
import { appendLog } from './log.ts';
import { putRefusal } from './notices.ts';
import { createSealer, getSealer } from './seal.ts';
import { inTransaction, type Store } from './store.ts';
import type { FingerprintKind, FingerprintTable, Tables } from './tables.ts';

/** Sealed in pieces of this many bytes, so that a large document never needs to be in memory at once. */
const CHUNK_BYTES = 1 << 20;

/** A document at the door. Card numbers are masked already. */
export interface Arrival {
  readonly documentId: string;
  readonly source: string;
  readonly channel: Channel;
  readonly format: Format | null;
  /** Whose names and structure it uses, and how its format was told, in words. */
  readonly layout?: Layout;
  readonly why?: string;
  readonly contentType: string | null;
  readonly fileName: string | null;
  readonly bytes: Uint8Array;
  /** Principal id, or the name of the program's part that took it in. */
  readonly receivedBy: string;
  readonly at: string;
  /** What the intake found, e.g. masked card numbers. */
  readonly findings: readonly Finding[];
  /** The sender's `Idempotency-Key`. */
  readonly idempotencyKey: string | null;
  /**
   * What the sender calls the message, or the state of an order that it tells, such as a webhook's id: a message that came
   * under any of them before is the same, whatever its bytes.
   */
  readonly messageIds?: readonly string[];
  /** What tells this delivery from every other, such as a file's identity: the same again is our own second look. */
  readonly delivery?: string;
}

/** One order that is the whole document. */
export interface SingleOrder {
  readonly orderId: string;
  /** Who typed it, for channel `manual`. */
  readonly operatorId: string | null;
}

/**
 * What became of an arrival. `same`: the same request or content was taken in before. `key_reused`: the idempotency key
 * came with another body before; nothing was stored.
 */
export type Acceptance =
  | { readonly kind: 'accepted' | 'same'; readonly documentId: string }
  | { readonly kind: 'key_reused'; readonly documentId: string };

/**
 * Stores a document durably, once. With `single` its order exists when this returns; otherwise it waits to be split.
 */
export function acceptDocument(store: Store, arrival: Arrival, single?: SingleOrder): Promise<Acceptance> {
  const print = fingerprint(store.keys, 'content', arrival.bytes);
  return inTransaction(store, async (tx) => {
    const seen = await findDelivery(tx, arrival);
    if (seen !== undefined) return { kind: 'same', documentId: seen };
    const before = await findEarlier(tx, arrival, print);
    if (before?.kind === 'same') await logAgain(tx, before.documentId, arrival);
    if (before) return before;
    // First of all: when the same comes twice at once, the second one waits here, and then finds what the first one made.
    await keepPrint(tx, arrival, 'content', print, { order_id: single?.orderId ?? null });
    if (arrival.idempotencyKey !== null) await keepIdempotencyKey(tx, arrival, arrival.idempotencyKey, print);
    await keepDelivery(tx, arrival);
    for (const id of arrival.messageIds ?? [])
      await keepPrint(tx, arrival, 'message', fingerprint(tx.keys, 'message', id));
    await insertDocument(tx, arrival, print, single ? 'processed' : 'received', single ? 1 : 0);
    if (single) await insertSingleOrder(tx, arrival, single);
    else await insertChunks(tx, arrival);
    return { kind: 'accepted', documentId: arrival.documentId };
  });
}

/**
 * Keeps a document that cannot be read, with what is wrong, so that it can be seen and asked about.
 * @returns its id; that of the earlier one where this very delivery was refused before
 */
export function refuseDocument(store: Store, arrival: Arrival): Promise<string> {
  const print = fingerprint(store.keys, 'content', arrival.bytes);
  return inTransaction(store, async (tx) => {
    const seen = await findDelivery(tx, arrival);
    if (seen !== undefined) return seen;
    await keepDelivery(tx, arrival);
    await insertDocument(tx, arrival, print, 'refused', 0);
    await insertChunks(tx, arrival);
    await putRefusal(tx, { ...arrival, id: arrival.documentId }, arrival.findings, arrival.at);
    return arrival.documentId;
  });
}

/** A sender's repetition is told in the document's history; it made nothing new. */
async function logAgain(tx: Store, documentId: string, arrival: Arrival): Promise<void> {
  await keepDelivery(tx, { ...arrival, documentId });
  const { at, receivedBy, bytes } = arrival;
  const entry = { at, actor: receivedBy, action: 'document.received_again', detail: { bytes: bytes.length } };
  await appendLog(tx, `document:${documentId}`, { ...entry, stepKey: `again:${at}` });
}

/** What came under a fingerprint of this source before. */
function findPrint(tx: Store, source: string, kind: FingerprintKind, print: string) {
  return lockRows(tx.db, tx.db.selectFrom('fingerprints').select(['document_id', 'body_fingerprint']))
    .where('scope', '=', source)
    .where('kind', '=', kind)
    .where('fingerprint', '=', print)
    .executeTakeFirst();
}

async function keepPrint(
  tx: Store,
  { source, documentId, at }: Arrival,
  kind: FingerprintKind,
  print: string,
  beside: Partial<Pick<FingerprintTable, 'order_id' | 'body_fingerprint'>> = {},
): Promise<void> {
  const row = {
    ...{ scope: source, kind, fingerprint: print, document_id: documentId, order_id: null, body_fingerprint: null },
    ...{ first_seen_at: at, ...beside },
  };
  await tx.db.insertInto('fingerprints').values(row).execute();
}

/** The document that this very delivery became, when it was taken in before. */
async function findDelivery(tx: Store, { source, delivery }: Arrival): Promise<string | undefined> {
  if (delivery === undefined) return undefined;
  return (await findPrint(tx, source, 'delivery', fingerprint(tx.keys, 'delivery', delivery)))?.document_id;
}

async function keepDelivery(tx: Store, arrival: Arrival): Promise<void> {
  const { delivery } = arrival;
  if (delivery !== undefined) await keepPrint(tx, arrival, 'delivery', fingerprint(tx.keys, 'delivery', delivery));
}

async function findEarlier(tx: Store, arrival: Arrival, print: string): Promise<Acceptance | undefined> {
  if (arrival.idempotencyKey !== null) {
    const keyed = await findPrint(tx, arrival.source, 'idempotency_key', keyPrint(tx, arrival.idempotencyKey));
    if (keyed) return { kind: keyed.body_fingerprint === print ? 'same' : 'key_reused', documentId: keyed.document_id };
  }
  for (const id of arrival.messageIds ?? []) {
    const told = await findPrint(tx, arrival.source, 'message', fingerprint(tx.keys, 'message', id));
    if (told) return { kind: 'same', documentId: told.document_id };
  }
  const same = await findPrint(tx, arrival.source, 'content', print);
  if (same && (await forgetRefused(tx, arrival.source, print))) return undefined;
  if (same && arrival.idempotencyKey !== null) {
    await keepIdempotencyKey(tx, { ...arrival, documentId: same.document_id }, arrival.idempotencyKey, print);
  }
  return same && { kind: 'same', documentId: same.document_id };
}

/**
 * Lets go of the content of a document of which nothing could be staged: no order was made of it, and what was wrong may
 * have been our own profile.
 */
async function forgetRefused(tx: Store, source: string, print: string): Promise<boolean> {
  const isRefused = (eb: ExpressionBuilder<Tables, 'fingerprints'>) =>
    eb.exists(
      eb.selectFrom('documents').select('id').whereRef('id', '=', 'document_id').where('state', '=', 'refused'),
    );
  const result = await tx.db
    .deleteFrom('fingerprints')
    .where('scope', '=', source)
    .where('kind', '=', 'content')
    .where('fingerprint', '=', print)
    .where(isRefused)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

function keepIdempotencyKey(tx: Store, arrival: Arrival, key: string, print: string): Promise<void> {
  return keepPrint(tx, arrival, 'idempotency_key', keyPrint(tx, key), { body_fingerprint: print });
}

function keyPrint(tx: Store, key: string): string {
  return fingerprint(tx.keys, 'idempotency_key', key);
}

async function insertDocument(
  tx: Store,
  arrival: Arrival,
  print: string,
  state: 'received' | 'processed' | 'refused',
  orders: number,
): Promise<void> {
  const subject = `document:${arrival.documentId}` as const;
  const name = arrival.fileName;
  // The bytes of a document that is one order are sealed under the order's key.
  const sealer = state === 'processed' && name === null ? undefined : await createSealer(tx, subject, arrival.at);
  await tx.db
    .insertInto('documents')
    .values({
      id: arrival.documentId,
      source: arrival.source,
      channel: arrival.channel,
      format: arrival.format,
      content_type: arrival.contentType,
      file_name_sealed: name === null ? null : (sealer?.seal('file name', name) ?? null),
      state,
      byte_length: arrival.bytes.length,
      fingerprint: print,
      order_count: orders,
      envelope_sealed: null,
      received_at: arrival.at,
      received_by: arrival.receivedBy,
      changed_at: arrival.at,
    }) // prettier-ignore
    .execute();
  if (state !== 'processed')
    await putFindings(tx, { subject, revision: 0, step: 'intake', at: arrival.at }, arrival.findings);
  const action = state === 'refused' ? 'document.refused' : 'document.received';
  const { source, format, layout, why, bytes } = arrival;
  const detail = { source, format, layout, why, bytes: bytes.length };
  await appendLog(tx, subject, { stepKey: 'received', at: arrival.at, actor: arrival.receivedBy, action, detail });
}

async function insertSingleOrder(tx: Store, arrival: Arrival, single: SingleOrder): Promise<void> {
  const slice = { orderId: single.orderId, position: 0, bytes: arrival.bytes, locator: null };
  await insertOrder(tx, { ...arrival, operatorId: single.operatorId }, slice);
  if (arrival.findings.length === 0) return;
  const subject = `order:${single.orderId}` as const;
  await putFindings(tx, { subject, revision: 1, step: 'intake', at: arrival.at }, arrival.findings);
}

async function insertChunks(tx: Store, arrival: Arrival): Promise<void> {
  const sealer = await getSealer(tx, `document:${arrival.documentId}`);
  for (let sequence = 0; sequence * CHUNK_BYTES < arrival.bytes.length; sequence += 1) {
    const piece = arrival.bytes.subarray(sequence * CHUNK_BYTES, (sequence + 1) * CHUNK_BYTES);
    const row = {
      document_id: arrival.documentId,
      sequence,
      content_sealed: sealer.seal(`chunk ${String(sequence)}`, piece),
    };
    await tx.db.insertInto('document_chunks').values(row).execute();
  }
}

/** The part of a document that is one order, and its place in the document; the whole document without spans. */
export interface Slice extends Pick<OrderPart, 'bytes' | 'locator'>, Partial<Pick<OrderPart, 'prefix' | 'spans'>> {
  readonly orderId: string;
  readonly position: number;
}

/** What is kept beside a slice to read it and to put its document together again. Nothing personal. */
export type SlicePlace = Pick<OrderPart, 'locator' | 'prefix' | 'spans'>;

function printPlace({ locator, prefix = 0, spans = [] }: Slice): string | null {
  const place: SlicePlace = { locator, prefix, spans };
  return locator === null && spans.length === 0 ? null : JSON.stringify(place);
}

/** What an order takes over from its document. */
export type OrderOrigin = Pick<Arrival, 'documentId' | 'source' | 'channel' | 'at' | 'receivedBy'> & {
  readonly format: Format | null;
  readonly operatorId: string | null;
};

/** Writes a new order in state `received` with its slice. */
export async function insertOrder(tx: Store, origin: OrderOrigin, slice: Slice): Promise<void> {
  const { orderId } = slice;
  if (origin.format === null) throw new Error('an order has a format');
  const sealer = await createSealer(tx, `order:${orderId}`, origin.at);
  await tx.db
    .insertInto('orders')
    .values({
      id: orderId,
      document_id: origin.documentId,
      source: origin.source,
      channel: origin.channel,
      state: 'received',
      revision: 1,
      type: 'new',
      operator_id: origin.operatorId,
      reservation: 'none',
      received_at: origin.at,
      changed_at: origin.at,
    }) // prettier-ignore
    .execute();
  await tx.db
    .insertInto('order_staging_raw')
    .values({
      order_id: orderId,
      document_id: origin.documentId,
      position: slice.position,
      format: origin.format,
      content_sealed: sealer.seal('raw', slice.bytes),
      locator_json: printPlace(slice),
      byte_length: slice.bytes.length,
      received_at: origin.at,
    }) // prettier-ignore
    .execute();
  const detail = { source: origin.source, documentId: origin.documentId };
  await appendLog(tx, `order:${orderId}`, {
    stepKey: 'received',
    at: origin.at,
    actor: origin.receivedBy,
    action: 'order.received',
    detail,
  });
}
