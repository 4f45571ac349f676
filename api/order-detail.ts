import type { z } from 'zod';
import { listChanges } from '../db/changes.ts';
import { listDecisions } from '../db/decisions.ts';
import { listFindings } from '../db/findings.ts';
import { listFulfilments, listLineHolds } from '../db/fulfilment.ts';
import { listOpenHolds } from '../db/holds.ts';
import { causeOf } from '../db/incident-hits.ts';
import { listIncidentsOf } from '../db/incidents.ts';
import { getRevision, listRevisions, type OrderRow } from '../db/orders.ts';
import { listOutbox } from '../db/outbox.ts';
import { getJudgementNumber } from '../db/rejudgements.ts';
import { findOpenReview } from '../db/reviews.ts';
import type { Finding } from '../orders/finding.ts';
import { nameCause } from '../orders/incident.ts';
import type { Order } from '../orders/order.ts';
import type { Deps } from './deps.ts';
import type { Caller } from './principal.ts';
import { type shapes, isShownTo, toAcknowledgment, toDecision, toOrderSummary, toReview } from './views.ts';

type OrderDetail = z.input<typeof shapes.OrderDetail>;

/** Everything that is known of one order. A source does not see who of our people decided what. */
export async function readOrderDetail(deps: Deps, caller: Caller, row: OrderRow): Promise<OrderDetail> {
  const { store, now } = deps;
  // Before the findings: nobody is to approve newer ones under this number than they saw.
  const judgement = await getJudgementNumber(store, { orderId: row.id, revision: row.revision });
  const [revisions, holds, lineHolds, review, incidents, sent, changes, content] = await Promise.all([
    listRevisions(store, row.id),
    listOpenHolds(store, row.id),
    listLineHolds(store, { orderId: row.id, revision: row.revision }),
    findOpenReview(store, row.id),
    caller.source ? [] : listIncidentsOf(store, row.id),
    listOutbox(store, `order:${row.id}`),
    listChanges(store, row.id),
    readContent(deps, caller, row),
  ]);
  const shownReview = review ? toReview(review, now()) : null;
  return {
    ...toOrderSummary(deps, row),
    ...content,
    judgement,
    revisions: revisions.map(({ revision, origin, created_by, created_at }) => ({
      revision,
      origin,
      createdBy: caller.source ? 'staff' : created_by,
      createdAt: created_at,
    })),
    holds,
    lineHolds: lineHolds.map((hold) => ({ line: content.order?.lines[hold.position - 1]?.line ?? '', ...hold })),
    review: shownReview && caller.source ? { ...shownReview, claimedBy: null } : shownReview,
    incidents: incidents.map(({ id, ...incident }) => {
      return { incidentId: id, name: nameCause(causeOf(incident)), links: { self: `/v1/incidents/${id}` } };
    }),
    acknowledgments: sent.filter((row) => isShownTo(caller, row)).map(toAcknowledgment),
    changedBy: changes.map(({ id, type, state }) => ({ orderId: id, type, state })),
  };
}

type Content = Pick<OrderDetail, 'order' | 'fulfilment' | 'findings' | 'decisions'>;

/** What is sealed under the order's key. @throws Erased if that is gone. */
async function readContent({ store }: Deps, caller: Caller, row: OrderRow): Promise<Content> {
  const order = await findRevision(store, row);
  const findings: readonly Finding[] = await listFindings(store, `order:${row.id}`, row.revision);
  const decisions = caller.source ? [] : await listDecisions(store, row.id);
  const fulfilment = await listFulfilment(store, row, order);
  return { order, fulfilment, findings: [...findings], decisions: decisions.map(toDecision) };
}

async function listFulfilment(
  store: Deps['store'],
  { id: orderId, revision }: OrderRow,
  order: Order | null,
): Promise<Content['fulfilment']> {
  const lines = order?.lines ?? [];
  const fulfilments = await listFulfilments(store, { orderId, revision }, lines.length);
  return fulfilments.map(({ allocations, waiting }, index) => {
    return { line: lines[index]?.line ?? '', allocations: [...allocations], waiting };
  });
}

/** The present revision; null while the order is not read, or when it could not be. */
async function findRevision(store: Deps['store'], { id, revision }: OrderRow): Promise<Order | null> {
  const kept = await listRevisions(store, id);
  return kept.some((one) => one.revision === revision) ? getRevision(store, { orderId: id, revision }) : null;
}
