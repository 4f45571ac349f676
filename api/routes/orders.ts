import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { getSlice } from '../../db/documents.ts';
import { Damaged, parseKept } from '../../db/faults.ts';
import { listLog } from '../../db/log.ts';
import { searchOrders } from '../../db/order-search.ts';
import { getOrder, type OrderRow } from '../../db/orders.ts';
import { reprocessOrder } from '../../db/reprocess.ts';
import { maskCardNumbers } from '../../orders/cards.ts';
import { TERMINAL_STATES } from '../../orders/state.ts';
import { EVERY_ROLE } from '../access.ts';
import { CONTENT_TYPES } from '../content-types.ts';
import { cutPage, readCursor } from '../cursor.ts';
import { keepDecision, tellAndAnswer } from '../decide.ts';
import type { Deps } from '../deps.ts';
import { startOrder } from '../engine.ts';
import { type Call, operation, type Reply } from '../operation.ts';
import { readOrderDetail } from '../order-detail.ts';
import { cursorParameter, instantParameter, pageSizeParameter, reasonMember } from '../parameters.ts';
import type { Caller } from '../principal.ts';
import { Problem } from '../problem.ts';
import { logReading } from '../reading-log.ts';
import { problemAnswer, shapes, toOrderSummary } from '../views.ts';
import { getReadableOrder, getVisibleOrder } from '../visible.ts';

/** Everybody who has a business with orders; a source sees its own. */
const READERS = { roles: EVERY_ROLE, sources: true } as const;

const GONE = problemAnswer('Its content was erased, or is past its retention');

const orderId = z.object({ id: z.string() });
const code = z.string().max(60).optional();
const { channel, state } = shapes.OrderSummary.shape;

const searchQuery = z.strictObject({
  source: code,
  channel: channel.optional(),
  state: state.optional(),
  customerId: code,
  poNumber: z.string().max(80).optional(),
  documentId: code,
  hold: code.describe('Code of a hold that stands'),
  receivedFrom: instantParameter.optional().describe('Received at this instant or after'),
  receivedTo: instantParameter.optional().describe('Received before this instant'),
  cursor: cursorParameter,
  limit: pageSizeParameter,
});

const withReason = z.strictObject({
  reason: reasonMember,
  revision: z.int().min(1).optional().describe('The revision you looked at; the present one without'),
});

/** One order and many. */
export const orderOperations = [
  operation({
    method: 'get',
    path: '/v1/orders',
    id: 'searchOrders',
    tag: 'Orders',
    summary: 'Search orders, newest first',
    access: READERS,
    query: searchQuery,
    answers: { 200: { description: 'One page', schema: shapes.OrderPage } },
    handle: search,
  }),
  operation({
    method: 'get',
    path: '/v1/orders/{id}',
    id: 'getOrder',
    tag: 'Orders',
    summary: 'One order with revisions, findings, holds, review, decisions, acknowledgments',
    description: "A person's reading is noted in the order's audit trail.",
    access: READERS,
    params: orderId,
    answers: { 200: { description: 'The order', schema: shapes.OrderDetail }, 410: GONE },
    handle: async ({ deps, caller, params }) => {
      const row = await getReadableOrder(deps, caller, params.id);
      await logReading(deps, caller, `order:${row.id}`, 'order.read');
      return { status: 200, body: await readDetail(deps, caller, row) };
    },
  }),
  operation({
    method: 'get',
    path: '/v1/orders/{id}/document',
    id: 'getOrderDocument',
    tag: 'Orders',
    summary: "The order's part of the document, as received",
    description:
      'Card numbers were masked before anything was kept. The type is that of the format, such as application/json.',
    access: READERS,
    params: orderId,
    answers: { 200: { description: 'The bytes', contentType: 'application/octet-stream' }, 410: GONE },
    handle: async ({ deps, caller, params }) => {
      const row = await getReadableOrder(deps, caller, params.id);
      const { bytes, format } = await getSlice(deps.store, row.id);
      await logReading(deps, caller, `order:${row.id}`, 'order.document_read');
      const headers = { 'Content-Disposition': `attachment; filename="order-${row.id}.${format}"` };
      return { status: 200, body: Buffer.from(bytes), contentType: CONTENT_TYPES[format], headers };
    },
  }),
  operation({
    method: 'get',
    path: '/v1/orders/{id}/log',
    id: 'getOrderLog',
    tag: 'Orders',
    summary: "The order's audit trail, oldest first",
    access: { roles: EVERY_ROLE, sources: false },
    params: orderId,
    answers: { 200: { description: 'All entries', schema: shapes.Log } },
    handle: async ({ deps, caller, params }) => {
      const row = await getVisibleOrder(deps, caller, params.id);
      const entries = await listLog(deps.store, `order:${row.id}`);
      const items = entries.map(({ sequence, at, actor, action, detail_json }) => ({
        sequence,
        at,
        actor,
        action,
        detail: parseKept<unknown>(detail_json, `order:${row.id}`, `entry ${String(sequence)} of the audit trail`),
      }));
      return { status: 200, body: { items } };
    },
  }),
  operation({
    method: 'post',
    path: '/v1/orders/{id}/cancel',
    id: 'cancelOrder',
    tag: 'Orders',
    summary: 'Cancel an order that production does not have yet',
    access: { roles: ['operator', 'reviewer', 'supervisor', 'admin'], sources: true },
    params: orderId,
    body: withReason,
    answers: {
      200: { description: 'Cancelled', schema: shapes.DecisionOutcome },
      202: {
        description: 'Recorded; it is told to the order as soon as that can be reached',
        schema: shapes.RecordedDecision,
      },
      409: problemAnswer('Too late, or another revision'),
    },
    handle: cancel,
  }),
  operation({
    method: 'post',
    path: '/v1/orders/{id}/reprocess',
    id: 'reprocessOrder',
    tag: 'Orders',
    summary: 'Begin a rejected, cancelled or shadow-staged order anew from its document, as a new revision',
    access: { roles: ['operator', 'supervisor', 'admin'], sources: false },
    params: orderId,
    body: withReason,
    answers: {
      202: { description: 'Begun', schema: shapes.OrderSummary },
      409: problemAnswer('Not over, or in production'),
      410: GONE,
    },
    handle: reprocess,
  }),
];

/** @throws Problem with what is plain of the order, if its content is damaged. */
async function readDetail(deps: Deps, caller: Caller, row: OrderRow): ReturnType<typeof readOrderDetail> {
  try {
    return await readOrderDetail(deps, caller, row);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    const detail = `${error.message}; an operator must restore it`;
    throw new Problem('content-damaged', detail, { order: toOrderSummary(deps, row) });
  }
}

async function search({
  deps,
  caller,
  query,
}: Call<undefined, z.output<typeof searchQuery>, undefined>): Promise<Reply> {
  const { cursor, limit, ...filter } = query;
  const asked = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  const [receivedAt, id] = cursor === undefined ? [] : readCursor(cursor, 2);
  const after = receivedAt === undefined || id === undefined ? {} : { after: { receivedAt, id } };
  const rows = await searchOrders(deps.store, caller, asked, { ...after, size: limit + 1 });
  const { shown, nextCursor } = cutPage(rows, limit, (row) => [row.received_at, row.id]);
  await logReading(deps, caller, `actor:${caller.id}`, 'orders.listed', { ...asked, rows: shown.length });
  return { status: 200, body: { items: shown.map((row) => toOrderSummary(deps, row)), nextCursor } };
}

async function cancel(call: Call<{ id: string }, undefined, z.output<typeof withReason>>): Promise<Reply> {
  const { deps, caller, params, body } = call;
  const row = await getVisibleOrder(deps, caller, params.id);
  if (row.terminal_at !== null || TERMINAL_STATES.includes(row.state))
    throw new Problem('conflict', `the order is ${row.state} already`);
  assertRevision(row, body.revision);
  const decisionId = await keepDecision(deps, caller, row, {
    action: 'cancel',
    reviewId: null,
    reason: body.reason,
    changes: [],
  });
  return tellAndAnswer(deps, row.id, decisionId);
}

async function reprocess(call: Call<{ id: string }, undefined, z.output<typeof withReason>>): Promise<Reply> {
  const { deps, caller, params, body } = call;
  const { store, now } = deps;
  const row = await getReadableOrder(deps, caller, params.id);
  assertRevision(row, body.revision);
  const reason = maskCardNumbers(body.reason).text;
  const about = { id: uuidv7(), orderId: row.id, revision: row.revision, reviewId: null, action: 'reprocess' } as const;
  const decision = { ...about, actor: caller.id, roles: caller.roles, reason, changes: [] };
  if (!(await reprocessOrder(store, decision, now().toISOString())))
    throw new Problem('conflict', `the order is ${row.state}; only one that is over and not in production begins anew`);
  const begun = await getOrder(store, row.id);
  await startOrder(deps, begun);
  return { status: 202, body: toOrderSummary(deps, begun), headers: { Location: `/v1/orders/${row.id}` } };
}

/** @throws Problem if the caller looked at another revision. */
function assertRevision(row: OrderRow, looked: number | undefined): void {
  if (looked !== undefined && looked !== row.revision)
    throw new Problem('conflict', `the order is at revision ${String(row.revision)}`);
}
