import { Readable } from 'node:stream';
import { z } from 'zod';
import { findDocument, type DocumentRow, readEnvelope } from '../../db/documents.ts';
import { listFindings } from '../../db/findings.ts';
import { listLog } from '../../db/log.ts';
import { searchOrders } from '../../db/order-search.ts';
import { listOutbox } from '../../db/outbox.ts';
import type { Layout } from '../../orders/formats/format.ts';
import { EVERY_ROLE } from '../access.ts';
import { CONTENT_TYPES } from '../content-types.ts';
import { cutPage, readCursor } from '../cursor.ts';
import type { Deps } from '../deps.ts';
import { findReadableDocument, openContent } from '../document-content.ts';
import { webUiLink } from '../engine.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { cursorParameter, pageSizeParameter } from '../parameters.ts';
import type { Caller } from '../principal.ts';
import { Problem } from '../problem.ts';
import { logReading } from '../reading-log.ts';
import { isShownTo, problemAnswer, shapes, toAcknowledgment, toOrderSummary } from '../views.ts';
import { getDocumentErrors } from './document-errors.ts';

const pageQuery = z.strictObject({ cursor: cursorParameter, limit: pageSizeParameter });

/** What was received as one piece. */
export const documentOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/v1/documents/{id}',
    id: 'getDocument',
    tag: 'Documents',
    summary: 'A document with its orders, findings, envelope, duplicates and acknowledgments',
    access: { roles: EVERY_ROLE, sources: true },
    params: z.object({ id: z.string() }),
    query: pageQuery,
    answers: { 200: { description: 'The document, with a page of its orders', schema: shapes.DocumentDetail } },
    handle: show,
  }),
  operation({
    method: 'get',
    path: '/v1/documents/{id}/content',
    id: 'getDocumentContent',
    tag: 'Documents',
    summary: 'The document as received, to the byte',
    description:
      'Put together from its orders and what stands around them. Card numbers were masked before anything was kept. Not for ' +
      "people who are limited to customers. A person's reading is noted in the audit trail.",
    access: { roles: EVERY_ROLE, sources: true },
    params: z.object({ id: z.string() }),
    answers: {
      200: { description: 'The bytes', contentType: 'application/octet-stream' },
      410: problemAnswer('The content of the document, or of an order in it, was erased'),
    },
    handle: showContent,
  }),
  getDocumentErrors,
];

async function showContent({ deps, caller, params }: Call<{ id: string }, undefined, undefined>): Promise<Reply> {
  const document = await findReadableDocument(deps, caller, params.id);
  if (!document) throw NOT_THERE;
  const content = await openContent(deps, caller, document);
  const { format } = document;
  const name = `document-${document.id}.${format ?? 'bin'}`;
  const headers = {
    'Content-Disposition': `attachment; filename="${name}"`,
    'Content-Length': String(document.byte_length),
  };
  const contentType = format === null ? 'application/octet-stream' : CONTENT_TYPES[format];
  return { status: 200, body: Readable.from(content), contentType, headers };
}

async function show({
  deps,
  caller,
  params,
  query,
}: Call<{ id: string }, z.output<typeof pageQuery>, undefined>): Promise<Reply> {
  const document = await findDocument(deps.store, params.id);
  if (!document || (caller.sources && !caller.sources.includes(document.source))) throw NOT_THERE;
  const orders = await readOrders(deps, caller, document.id, query);
  // A person who is limited to customers sees a document through their orders in it, and only these.
  if (caller.customers && orders.items.length === 0) throw NOT_THERE;
  const log = await listLog(deps.store, `document:${document.id}`);
  await logReading(deps, caller, `document:${document.id}`, 'document.read');
  return {
    status: 200,
    body: { ...describe(deps, document, log), orders, ...(await readAround(deps, caller, document, log)) },
  };
}

const NOT_THERE = new Problem('not-found', 'there is no such document');

async function readOrders(
  deps: Deps,
  caller: Caller,
  documentId: string,
  { cursor, limit }: z.output<typeof pageQuery>,
) {
  const [receivedAt, id] = cursor === undefined ? [] : readCursor(cursor, 2);
  const after = receivedAt === undefined || id === undefined ? {} : { after: { receivedAt, id } };
  const rows = await searchOrders(deps.store, caller, { documentId }, { ...after, size: limit + 1 });
  const { shown, nextCursor } = cutPage(rows, limit, (row) => [row.received_at, row.id]);
  return { items: shown.map((row) => toOrderSummary(deps, row)), nextCursor };
}

/** What concerns the document as a whole; other customers' orders may show through it. */
async function readAround({ store }: Deps, caller: Caller, { id: documentId }: DocumentRow, log: LogEntries) {
  if (caller.customers) return { findings: [], envelope: [], duplicates: [], acknowledgments: [] };
  const subject = `document:${documentId}` as const;
  const [findings, sent, gaps] = await Promise.all([
    listFindings(store, subject, 0),
    listOutbox(store, subject),
    readEnvelope(store, documentId),
  ]);
  const envelope = gaps.map(({ offset, bytes }) => ({ offset, text: Buffer.from(bytes, 'base64').toString('latin1') }));
  const again = log.filter((entry) => entry.action === 'document.received_again');
  const duplicates = again.map((entry) => ({ at: entry.at, by: entry.actor }));
  return {
    findings,
    envelope,
    duplicates,
    acknowledgments: sent.filter((row) => isShownTo(caller, row)).map(toAcknowledgment),
  };
}

type LogEntries = Awaited<ReturnType<typeof listLog>>;

/** What the document was taken for, as its first entry in the audit trail says. */
function readTold(log: LogEntries): { readonly layout: Layout | null; readonly why: string | null } {
  const { layout = null, why = null } = JSON.parse(log[0]?.detail_json ?? '{}') as { layout?: Layout; why?: string };
  return { layout, why };
}

function describe(deps: Deps, row: DocumentRow, log: LogEntries) {
  const temporal = webUiLink(deps, `document:${row.id}`);
  return {
    documentId: row.id,
    source: row.source,
    channel: row.channel,
    format: row.format,
    ...readTold(log),
    contentType: row.content_type,
    state: row.state,
    bytes: row.byte_length,
    orderCount: row.order_count,
    receivedAt: row.received_at,
    receivedBy: row.received_by,
    changedAt: row.changed_at,
    erasedAt: row.erased_at,
    links: { self: `/v1/documents/${row.id}`, ...(temporal !== undefined && { temporal }) },
  };
}
