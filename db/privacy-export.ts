import { listDecisions } from './decisions.ts';
import { getDocument, getSlice } from './documents.ts';
import { getFacts } from './facts.ts';
import { parseKept } from './faults.ts';
import { listFindings } from './findings.ts';
import { appendLog, listLog } from './log.ts';
import { getOrder, getRevision, listRevisions, type OrderRow } from './orders.ts';
import { openOutbox } from './outbox.ts';
import { getSubjectName, keepPrivacyRequest, listSubjectOrderIds, type PrivacyRequest } from './privacy.ts';
import { listRejudgements } from './rejudgements.ts';
import { Erased, getSealer } from './seal.ts';
import { getStaged } from './staged.ts';
import { inTransaction, type Store } from './store.ts';
import { findVerdict } from './verdicts.ts';

/** Everything that is kept of one order, opened. */
export type ExportedOrder = Awaited<ReturnType<typeof openOrder>>;

/** An export under way: its number, and the orders as they are read. */
export interface Export {
  readonly requestId: string;
  /** How many orders there are. */
  readonly orders: number;
  readonly read: () => AsyncGenerator<ExportedOrder>;
}

/**
 * Begins an export of all that is kept of a customer or a person. It is in the audit trail before anything is read.
 * @throws Error if the subject is no e-mail address or phone number.
 */
export async function exportSubject(store: Store, request: PrivacyRequest): Promise<Export> {
  const { principal, subject } = request;
  const ids = await listSubjectOrderIds(store, principal, subject);
  const requestId = await inTransaction(store, (tx) =>
    keepPrivacyRequest(tx, 'export', request, { orders: ids.length }),
  );
  return { requestId, orders: ids.length, read: () => readOrders(store, ids, request, requestId) };
}

async function* readOrders(
  store: Store,
  ids: readonly string[],
  { principal, subject, at }: PrivacyRequest,
  requestId: string,
): AsyncGenerator<ExportedOrder> {
  const detail = { requestId, kind: subject.kind, subject: getSubjectName(store, subject) };
  const entry = { stepKey: `exported:${requestId}`, at, actor: principal.id, action: 'order.exported', detail };
  for (const id of ids) {
    await inTransaction(store, (tx) => appendLog(tx, `order:${id}`, entry));
    try {
      yield await openOrder(store, await getOrder(store, id));
    } catch (error) {
      // Erased since it was listed.
      if (!(error instanceof Erased)) throw error;
    }
  }
}

async function openOrder(store: Store, order: OrderRow) {
  const { id } = order;
  const revisions = await listRevisions(store, id);
  return {
    order,
    document: await openDocument(store, order),
    revisions: await Promise.all(revisions.map((row) => openRevision(store, id, row))),
    decisions: await listDecisions(store, id),
    reviews: await store.db.selectFrom('reviews').selectAll().where('order_id', '=', id).orderBy('opened_at').execute(),
    holds: await store.db.selectFrom('holds').selectAll().where('order_id', '=', id).orderBy('opened_at').execute(),
    lineHolds: await listOf(store, 'line_holds', id),
    allocations: await listOf(store, 'line_allocations', id),
    handoffs: await store.db
      .selectFrom('handoffs')
      .selectAll()
      .where('order_id', '=', id)
      .orderBy('revision')
      .execute(),
    notices: await openNotices(store, id),
    log: (await listLog(store, `order:${id}`)).map(({ at, actor, action, detail_json: detail }) => ({
      at,
      actor,
      action,
      detail: parseKept<unknown>(detail, `order:${id}`, 'an entry of the audit trail'),
    })),
  };
}

/** What waits of lines, and which warehouse gives what: line by line, revision by revision. */
function listOf({ db }: Store, table: 'line_holds' | 'line_allocations', orderId: string) {
  return db
    .selectFrom(table)
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy('revision')
    .orderBy('position')
    .execute();
}

async function openRevision(
  store: Store,
  orderId: string,
  { revision, ...row }: Awaited<ReturnType<typeof listRevisions>>[number],
) {
  const ref = { orderId, revision };
  return {
    revision,
    ...row,
    order: await getRevision(store, ref),
    findings: await listFindings(store, `order:${orderId}`, revision),
    facts: (await has(store, 'facts_snapshots', ref)) ? await getFacts(store, ref) : null,
    verdict: (await findVerdict(store, ref)) ?? null,
    judgedAgain: await listRejudgements(store, ref),
    staged: (await has(store, 'order_staging_validated', ref)) ? await getStaged(store, ref) : null,
  };
}

async function has(
  store: Store,
  table: 'facts_snapshots' | 'order_staging_validated',
  { orderId, revision }: { readonly orderId: string; readonly revision: number },
): Promise<boolean> {
  const row = await store.db
    .selectFrom(table)
    .select('revision')
    .where('order_id', '=', orderId)
    .where('revision', '=', revision)
    .executeTakeFirst();
  return row !== undefined;
}

/** The order's part of its document, as received: other orders in it are other people's. */
async function openDocument(store: Store, order: OrderRow) {
  const {
    id,
    content_type: contentType,
    received_at: receivedAt,
    received_by: receivedBy,
    file_name_sealed: name,
  } = await getDocument(store, order.document_id);
  const { bytes, format } = await getSlice(store, order.id);
  const sealer = name === null ? undefined : await getSealer(store, `document:${id}`);
  const fileName = name === null ? null : (sealer?.open('file name', name).toString('utf8') ?? null);
  return { documentId: id, format, contentType, fileName, receivedAt, receivedBy, content: printBytes(bytes) };
}

/** As text where the bytes are UTF-8, else in base64. */
function printBytes(bytes: Uint8Array): { readonly encoding: 'utf-8' | 'base64'; readonly data: string } {
  try {
    return { encoding: 'utf-8', data: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { encoding: 'base64', data: Buffer.from(bytes).toString('base64') };
  }
}

async function openNotices(store: Store, orderId: string) {
  const rows = await store.db
    .selectFrom('outbox')
    .selectAll()
    .where('subject', '=', `order:${orderId}`)
    // What is posted and mailed says the same; and whom it is mailed to are other people.
    .where('channel', 'in', ['read', 'file'])
    .orderBy('id')
    .execute();
  return Promise.all(
    rows.map(async (row) => ({
      kind: row.kind,
      state: row.state,
      createdAt: row.created_at,
      deliveredAt: row.delivered_at,
      content: (await openOutbox(store, row)).toString('utf8'),
    })),
  );
}
