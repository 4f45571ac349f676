import { v4 as uuidv4 } from 'uuid';
import { z } from 'zod';
import { getDocument } from '../../db/documents.ts';
import { listFindings } from '../../db/findings.ts';
import { listOpenHolds } from '../../db/holds.ts';
import { getOrder, type OrderRow } from '../../db/orders.ts';
import { listRules } from '../../db/rules.ts';
import type { Finding } from '../../orders/finding.ts';
import type { ParseResult } from '../../orders/formats/format.ts';
import { evaluateRules } from '../../orders/rules/evaluate.ts';
import type { Deps } from '../deps.ts';
import { parseVisitor } from '../dry-run.ts';
import { awaitAutomaticPart, startDocument, startOrder } from '../engine.ts';
import {
  chooseSource,
  type Delivery,
  inspectDocument,
  keepDocument,
  readDocumentOrders,
  type Visitor,
} from '../intake.ts';
import { operation, type Reply } from '../operation.ts';
import { Problem } from '../problem.ts';
import { readWait } from '../request-headers.ts';
import { linksOf, shapes } from '../views.ts';

const sourceQuery = z.strictObject({
  source: z.string().max(60).optional().describe('For people: the source to send for, instead of the desk'),
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
      'source, answers with the same orders. With `Prefer: wait=N` it comes when the automatic part is over, at most 60 seconds later.',
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
      400: {
        description: 'The document cannot be read; it is kept for questions',
        schema: shapes.Problem,
        contentType: 'application/problem+json',
      },
      413: { description: 'Too large', schema: shapes.Problem, contentType: 'application/problem+json' },
      415: {
        description: 'A format that is not taken',
        schema: shapes.Problem,
        contentType: 'application/problem+json',
      },
      422: {
        description: 'Waited: rejected with findings. Or not taken',
        schema: shapes.Problem,
        contentType: 'application/problem+json',
      },
    },
    handle: submit,
  }),
  operation({
    method: 'post',
    path: '/v1/orders/validate',
    id: 'validateDocument',
    tag: 'Orders',
    summary: 'Judge one order without keeping it',
    description: 'A dry run: the canonical order and all findings. Nothing is stored, reserved or sent.',
    access: SENDERS,
    query: sourceQuery,
    body: 'document',
    answers: { 200: { description: 'The order, and what is wrong with it', schema: shapes.DryRun } },
    handle: validate,
  }),
];

async function submit(call: Delivery & { readonly query: z.output<typeof sourceQuery> }): Promise<Reply> {
  const { deps, request } = call;
  const visitor = await inspectDocument(call, await chooseSource(call, call.query.source));
  const { documentId } = await keepDocument(call, visitor);
  const rows = await readDocumentOrders(deps, documentId);
  const [row, another] = rows;
  if (row && !another && visitor.format === 'json') return answerOrder(deps, row, readWait(request.get('Prefer')));
  const document = await getDocument(deps.store, documentId);
  if (document.state === 'received') await startDocument(deps, document);
  const Location = `/v1/documents/${documentId}`;
  const orders = rows.map((order) => ({
    orderId: order.id,
    state: order.state,
    revision: order.revision,
    links: linksOf(deps, order.id),
  }));
  return { status: 202, body: { documentId, orders, links: { document: Location } }, headers: { Location } };
}

async function answerOrder(deps: Deps, row: OrderRow, waitSeconds: number): Promise<Reply> {
  if (row.automatic_done_at === null)
    await (waitSeconds > 0 ? awaitAutomaticPart(deps, row, waitSeconds) : startOrder(deps, row));
  const now = await getOrder(deps.store, row.id);
  const Location = `/v1/orders/${row.id}`;
  const body = await describeTaken(deps, now);
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

async function validate(call: Delivery & { readonly query: z.output<typeof sourceQuery> }): Promise<Reply> {
  const visitor = await inspectDocument(call, await chooseSource(call, call.query.source), { keep: false });
  const { order, findings } = await parseVisitor(visitor);
  const judged = order && { ...order, operatorId: call.caller.source ? null : call.caller.id };
  return {
    status: 200,
    body: { order: judged, findings: await judge(call.deps, visitor, { order: judged, findings }) },
  };
}

async function judge(
  { store, backOffice }: Deps,
  visitor: Visitor,
  { order, findings }: ParseResult,
): Promise<readonly Finding[]> {
  const read = [...visitor.findings, ...findings];
  if (!order) return read;
  // An order that exists nowhere: nothing of its own is left out of credit and stock.
  const facts = await backOffice.getFacts(uuidv4(), order);
  return [...read, ...evaluateRules(await listRules(store), order, facts, new Date(facts.asOf)).findings];
}
