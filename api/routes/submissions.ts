import { z } from 'zod';
import { getDocument } from '../../db/documents.ts';
import { listFindings } from '../../db/findings.ts';
import { listOpenHolds } from '../../db/holds.ts';
import { getOrder, type OrderRow } from '../../db/orders.ts';
import type { Deps } from '../deps.ts';
import { dryRun } from '../dry-run.ts';
import { awaitAutomaticPart, startDocument, startOrder } from '../engine.ts';
import {
  chooseSource,
  inspectDocument,
  keepDocument,
  readDelivery,
  readDocumentOrders,
  type Visitor,
} from '../intake.ts';
import { type Call, operation, type Reply } from '../operation.ts';
import { Problem } from '../problem.ts';
import { readWait } from '../request-headers.ts';
import { linksOf, problemAnswer, shapes } from '../views.ts';

const sourceQuery = z.strictObject({
  source: z.string().max(60).optional().describe('For people: the source to send for, instead of the desk'),
});

const dryRunQuery = sourceQuery.extend({
  from: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Of a document with many orders: the first to judge, from 0'),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('How many of its orders to judge at most'),
});

/** Sources, and people who type. */
const SENDERS = { roles: ['operator', 'admin'], sources: true } as const;

/** Sending order documents in. */
export const submissionOperations = [
  operation({
    method: 'post',
    path: '/v1/orders',
    id: 'submitDocument',
    tag: 'Orders',
    summary: 'Send in one document',
    description:
      'The answer comes after the document is durably kept. The same Idempotency-Key and body, or the same content from the same ' +
      'source, answers with the same orders. A document that is one order has its order at once, and with `Prefer: wait=N` the answer ' +
      'comes when the automatic part is over, at most 60 seconds later. One that may hold many (X12, CSV, a JSON list) is split ' +
      'afterwards: look at `Location`. The bytes tell the format; the Content-Type decides where they leave it open.',
    access: SENDERS,
    query: sourceQuery,
    headers: [
      {
        name: 'Idempotency-Key',
        description: 'Your own key of this request; the same key with another body is refused',
      },
      { name: 'Prefer', description: '`wait=N`: answer when the automatic part is over, or after N seconds' },
    ],
    body: 'document',
    answers: {
      201: { description: 'Waited: staged or completed', schema: shapes.Taken },
      202: { description: 'Kept; with `Prefer: wait` in review, held, or still under way', schema: shapes.Taken },
      400: problemAnswer('The document cannot be read; it is kept for questions'),
      413: problemAnswer('Too large'),
      415: problemAnswer('A format that is not taken'),
      422: problemAnswer('Waited: rejected with findings. Or not taken'),
    },
    handle: submit,
  }),
  operation({
    method: 'post',
    path: '/v1/orders/validate',
    id: 'validateDocument',
    tag: 'Orders',
    summary: 'Judge a document without keeping it',
    description:
      'A dry run: the canonical order and all findings; of a document with several orders those from `from` on, at most `limit`, ' +
      'with `count` orders in all and `next` to go on from. Nothing is stored, reserved or sent. Duplicates are not looked for.',
    access: SENDERS,
    query: dryRunQuery,
    body: 'document',
    answers: {
      200: {
        description: 'The order or orders, and what is wrong with them',
        schema: z.union([shapes.DryRun, shapes.DryRunPage]),
      },
    },
    handle: validate,
  }),
];

type Submission = Call<undefined, z.output<typeof sourceQuery>, Buffer>;

async function submit(call: Submission): Promise<Reply> {
  const { deps, request } = call;
  const delivery = readDelivery(call);
  const visitor = await inspectDocument(delivery, await chooseSource(call, call.query.source));
  const { documentId } = await keepDocument(delivery, visitor);
  const rows = await readDocumentOrders(deps, documentId);
  const [row] = rows;
  if (row && visitor.holds === 'one') return answerOrder(deps, visitor, row, readWait(request.get('Prefer')));
  const document = await getDocument(deps.store, documentId);
  if (document.state === 'received') await startDocument(deps, document);
  const Location = `/v1/documents/${documentId}`;
  const orders = rows.map((order) => ({
    orderId: order.id,
    state: order.state,
    revision: order.revision,
    links: linksOf(deps, order.id),
  }));
  const body = { documentId, ...told(visitor), orders, links: { document: Location } };
  return { status: 202, body, headers: { Location } };
}

/** What the document was taken for, and why. */
function told({ format, layout, why }: Visitor) {
  return { format, layout, why };
}

async function answerOrder(deps: Deps, visitor: Visitor, row: OrderRow, waitSeconds: number): Promise<Reply> {
  if (row.automatic_done_at === null)
    await (waitSeconds > 0 ? awaitAutomaticPart(deps, row, waitSeconds) : startOrder(deps, row));
  const now = await getOrder(deps.store, row.id);
  const Location = `/v1/orders/${row.id}`;
  const body = { ...(await describeTaken(deps, now)), ...told(visitor) };
  if (waitSeconds === 0) return { status: 202, body, headers: { Location } };
  const headers = { Location, 'Preference-Applied': `wait=${String(waitSeconds)}` };
  if (now.state === 'rejected') throw await toRejection(deps, now, body, headers);
  return { status: now.state === 'staged' || now.state === 'completed' ? 201 : 202, body, headers };
}

async function describeTaken(deps: Deps, { id, document_id: documentId, state, revision }: OrderRow) {
  const holds = (await listOpenHolds(deps.store, id)).map(({ code }) => code);
  const orders = [{ orderId: id, state, revision, holds, links: linksOf(deps, id) }];
  return { documentId, orders, links: { document: `/v1/documents/${documentId}` } };
}

async function toRejection(
  { store }: Deps,
  { id, revision }: OrderRow,
  { documentId, orders }: Awaited<ReturnType<typeof describeTaken>>,
  headers: Readonly<Record<string, string>>,
): Promise<Problem> {
  const findings = await listFindings(store, `order:${id}`, revision);
  return new Problem(
    'order-rejected',
    'the order was rejected; its findings say why',
    { documentId, orders, findings },
    headers,
  );
}

async function validate(call: Call<undefined, z.output<typeof dryRunQuery>, Buffer>): Promise<Reply> {
  const { deps, caller, query } = call;
  const visitor = await inspectDocument(readDelivery(call), await chooseSource(call, query.source), { keep: false });
  const operatorId = caller.source ? null : caller.id;
  const page = { from: query.from, size: query.limit };
  const { orders, count, findings } = await dryRun(deps, visitor, operatorId, page);
  const [first] = orders;
  if (count <= 1) {
    const { order = null, findings: own = [] } = first ?? {};
    return { status: 200, body: { ...told(visitor), order, findings: [...findings, ...own], count } };
  }
  const end = page.from + orders.length;
  const next = end < count && orders.length > 0 ? end : null;
  return { status: 200, body: { ...told(visitor), orders, count, next, findings } };
}
