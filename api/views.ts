import { z } from 'zod';
import type { KeptDecision } from '../db/decisions.ts';
import { HOUSE } from '../db/notices.ts';
import type { OrderRow } from '../db/orders.ts';
import type { ReviewListRow } from '../db/reviews.ts';
import type { OutboxSummary } from '../db/outbox.ts';
import { orderSchema } from '../orders/order.ts';
import { sourceProfileSchema } from '../orders/source.ts';
import type { Deps } from './deps.ts';
import { webUiLink } from './engine.ts';
import type { Answer } from './operation.ts';
import type { Caller } from './principal.ts';

/*
 * What the API answers with. The schemas are the API's document; the functions beside them make the values from rows.
 * Instants are ISO 8601 in UTC, amounts are decimal strings.
 */

const instant = z.iso.datetime();
const state = z.enum([
  'received', 'parsed', 'validated', 'reserved', 'staged', 'submitted', 'completed', 'in_review', 'held', 'rejected', 'cancelled', 'applied',
]); // prettier-ignore
const channel = z.enum(['ecommerce', 'edi', 'api', 'manual']);
const role = z.enum(['operator', 'reviewer', 'supervisor', 'auditor', 'admin']);
const category = z.enum(['data_format', 'business_rule', 'system_integration', 'processing']);

const links = z.object({
  self: z.string(),
  document: z.string(),
  log: z.string(),
  temporal: z.url().optional().describe("The order's run in Temporal's Web UI"),
});

const location = z
  .object({
    offset: z.int().optional(),
    line: z.int().optional(),
    column: z.int().optional(),
    segment: z.string().optional(),
    segmentPosition: z.int().optional(),
    element: z.int().optional(),
    row: z.int().optional(),
    pointer: z.string().optional(),
  })
  .describe('Where in the document as received');

const finding = z.object({
  code: z.string().describe('Stable, upper-case with dots, e.g. TOTAL.MISMATCH'),
  ruleVersion: z.int().optional(),
  category,
  disposition: z.enum(['reject', 'hold', 'warn']),
  severity: z.enum(['low', 'medium', 'high']).optional().describe('How pressing it is, by the rule; decides nothing'),
  path: z.string().describe('JSON pointer into the canonical order'),
  message: z.string(),
  evidence: z.string().nullable(),
  excess: z.string().optional().describe('By how much it goes beyond what is allowed, where the rule can say'),
  location,
});

const judgedOrder = { order: orderSchema.nullable(), findings: z.array(finding) };

const takenOrder = z.object({
  orderId: z.string(),
  state,
  revision: z.int(),
  holds: z.array(z.string()).optional().describe('Codes of the holds that stand'),
  links,
});

const format = z.enum(['json', 'xml', 'x12', 'csv']);

/** What a document is taken for. */
const told = {
  format,
  layout: z
    .enum(['canonical', 'x12-850', 'shopify', 'woocommerce', 'cxml', 'ubl', 'mapped'])
    .describe('Whose names and structure it uses'),
  why: z.string().describe('How the format was told'),
};

const taken = z.object({
  documentId: z.string(),
  ...told,
  orders: z.array(takenOrder).describe('Empty until a document that may hold many orders is split'),
  links: z.object({ document: z.string() }),
});

const orderSummary = z.object({
  orderId: z.string(),
  documentId: z.string(),
  source: z.string(),
  channel,
  state,
  revision: z.int(),
  type: z.string(),
  customerId: z.string().nullable(),
  poNumber: z.string().nullable(),
  externalId: z.string().nullable(),
  currency: z.string().nullable(),
  total: z.string().nullable(),
  lineCount: z.int().nullable(),
  orderDate: z.string().nullable(),
  requestedDeliveryDate: z.string().nullable(),
  operatorId: z.string().nullable(),
  gate: z.enum(['live', 'shadow', 'manual', 'paused']).nullable(),
  productionOrderId: z.string().nullable(),
  changesOrderId: z
    .string()
    .nullable()
    .describe('For a change (type `replace` or `cancel`): the order that it changes'),
  receivedAt: instant,
  automaticDoneAt: instant.nullable(),
  changedAt: instant,
  terminalAt: instant.nullable(),
  erasedAt: instant.nullable().describe('Since when its content is gone, by a request or at the end of its retention'),
  links,
});

const problem = z.object({
  type: z.string().describe('/problems/<kind>, stable'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().describe('The X-Request-Id of the request'),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  findings: z.array(finding).optional(),
  documentId: z.string().optional(),
  order: orderSummary.optional().describe('What is still known of an order whose content is gone'),
});

const hold = z.object({
  code: z.string(),
  category,
  releaseRole: role.nullable().describe('Who may release it; null: it clears itself'),
  openedAt: instant,
});

const fulfilment = z.object({
  line: z.string(),
  allocations: z.array(z.object({ warehouse: z.string(), quantity: z.string() })).describe('What goes, and from where'),
  waiting: z.string().describe('What waits for stock'),
});

const lineHold = z.object({
  line: z.string(),
  position: z.int().describe('Of the line in the order, from 1'),
  code: z.string(),
  waiting: z.string().describe('How much of the line waits'),
  openedAt: instant,
});

const review = z.object({
  reviewId: z.string(),
  openedAt: instant,
  dueAt: instant,
  secondsToSla: z.int().describe('Negative once it is overdue'),
  claimedBy: z.string().nullable(),
  leaseUntil: instant.nullable(),
  escalatedAt: instant.nullable(),
});

const change = z.strictObject({
  path: z.string().max(500).describe('JSON pointer into the canonical order; "-" appends to a list'),
  value: z.unknown().optional().describe('The new value; left out: the field is removed'),
});

const decision = z.object({
  decisionId: z.string(),
  action: z.enum(['approve', 'reject', 'correct', 'cancel', 'reprocess', 'supersede']),
  revision: z.int(),
  actor: z.string(),
  reason: z.string(),
  changes: z.array(change),
  holds: z.array(z.string()).describe('Of an approval: codes of the holds that it releases'),
  state: z.enum(['pending', 'applied', 'refused']),
  refusal: z.string().nullable(),
  createdAt: instant,
  settledAt: instant.nullable(),
});

const acknowledgment = z.object({
  id: z.string(),
  kind: z.string(),
  channel: z.enum(['read', 'file', 'webhook', 'mail']).describe('How it goes out; `read`: it is read here'),
  state: z.enum(['pending', 'delivered', 'available', 'dropped', 'failed']),
  attempts: z.int(),
  lastFailure: z.string().nullable().describe('Why the last attempt failed, in a word, such as `status_500`'),
  createdAt: instant,
  deliveredAt: instant.nullable(),
  controlNumber: z.string().nullable().describe('GS06 of an X12 message that its receiver acknowledges with a 997'),
  acknowledgedAt: instant.nullable(),
  acknowledgment: z.string().nullable().describe("AK901 of the receiver's 997: A, E, P or R"),
  missedAt: instant.nullable().describe('When it was noticed that the 997 did not come in time'),
});

const orderDetail = orderSummary.extend({
  order: orderSchema.nullable().describe('The canonical order in its current revision; null before it is read'),
  revisions: z.array(
    z.object({
      revision: z.int(),
      origin: z.enum(['parsed', 'corrected', 'superseded']),
      createdBy: z.string(),
      createdAt: instant,
    }),
  ),
  judgement: z.int().describe('By which the findings and holds stand: 0 for the first, 1, 2, 3 … for later ones'),
  findings: z.array(finding),
  holds: z.array(hold),
  lineHolds: z.array(lineHold).describe('Lines of which something waits while the rest goes on; they clear themselves'),
  fulfilment: z.array(fulfilment).describe('What was set aside for each line; empty where nothing was yet'),
  review: review.nullable(),
  incidents: z
    .array(z.object({ incidentId: z.string(), name: z.string(), links: z.object({ self: z.string() }) }))
    .describe('Causes that hit many orders and that this one waits for, too; shown to people only'),
  changedBy: z
    .array(z.object({ orderId: z.string(), type: z.string(), state }))
    .describe('Documents that replaced or cancelled it, oldest first'),
  decisions: z.array(decision).describe('Shown to people only'),
  acknowledgments: z.array(acknowledgment),
});

const reviewItem = review.extend({
  orderId: z.string(),
  source: z.string(),
  channel,
  state,
  revision: z.int(),
  customerId: z.string().nullable(),
  poNumber: z.string().nullable(),
  currency: z.string().nullable(),
  total: z.string().nullable(),
  holds: z.array(hold),
  links,
});

const documentDetail = z.object({
  documentId: z.string(),
  source: z.string(),
  channel,
  format: format.nullable(),
  layout: told.layout.nullable(),
  why: told.why.nullable(),
  contentType: z.string().nullable(),
  state: z.enum(['received', 'split', 'processed', 'refused']),
  bytes: z.int(),
  orderCount: z.int(),
  receivedAt: instant,
  receivedBy: z.string(),
  changedAt: instant,
  erasedAt: instant.nullable().describe('Since when it is without content'),
  orders: z.object({ items: z.array(orderSummary), nextCursor: z.string().nullable() }),
  findings: z.array(finding),
  envelope: z
    .array(z.object({ offset: z.int(), text: z.string() }))
    .describe('What stands around the orders, by byte offset; empty until the document is split'),
  duplicates: z.array(z.object({ at: instant, by: z.string() })).describe('When the same content came again'),
  acknowledgments: z.array(acknowledgment),
  links: z.object({ self: z.string(), temporal: z.url().optional() }),
});

const decisionOutcome = z.object({
  decisionId: z.string(),
  applied: z.boolean(),
  state,
  revision: z.int(),
  holds: z.array(z.string()),
});

const recordedDecision = z.object({
  decisionId: z.string(),
  state: z.literal('recorded').describe('Kept, and told to the order as soon as it can be reached'),
});

const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** The named shapes of the API's document. */
export const shapes = {
  Order: orderSchema,
  SourceProfile: sourceProfileSchema,
  Finding: finding,
  Problem: problem,
  Taken: taken,
  OrderSummary: orderSummary,
  OrderDetail: orderDetail,
  OrderPage: page(orderSummary),
  Hold: hold,
  Review: review,
  ReviewPage: page(reviewItem),
  Change: change,
  Decision: decision,
  DecisionOutcome: decisionOutcome,
  RecordedDecision: recordedDecision,
  Acknowledgment: acknowledgment,
  DocumentDetail: documentDetail,
  DryRun: z.object({ ...told, ...judgedOrder, count: z.int().describe('How many orders it holds: one or none') }),
  DryRunPage: z.object({
    ...told,
    orders: z.array(z.object(judgedOrder)),
    count: z.int().describe('How many orders the document holds'),
    next: z.int().nullable().describe('`from` of the next page; null: these were the last'),
    findings: z.array(finding).describe('Of the document as a whole, and of pieces that became no order'),
  }),
  Places: z.object({
    items: z.array(
      z.object({
        path: z.string(),
        location,
        offsetInOrder: z.int().nullable().describe("Byte offset into the order's own part, as /document gives it"),
      }),
    ),
  }),
  Log: z.object({
    items: z.array(
      z.object({
        sequence: z.int(),
        at: instant,
        actor: z.string(),
        action: z.string(),
        detail: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
  Erasure: z.object({
    requestId: z.string(),
    at: instant,
    erased: z.array(z.string()).describe('Orders whose content can never be read again'),
    blocked: z.array(z.object({ orderId: z.string(), state, why: z.string() })).describe('Orders left as they are'),
    documents: z.array(z.string()).describe('Documents that held nothing else'),
    wiped: z.boolean().describe('Whether deleted rows were overwritten in the files of the database as well'),
  }),
  PrivacyRequestPage: page(
    z.object({
      requestId: z.string(),
      action: z.enum(['export', 'erase']),
      kind: z.enum(['customer', 'email', 'phone']),
      subject: z.string().describe("The customer's number; of a person a keyed hash"),
      actor: z.string(),
      reason: z.string(),
      orders: z.int(),
      createdAt: instant,
    }),
  ),
  Retention: z.object({
    items: z.array(
      z.object({
        state: z.enum(['completed', 'rejected', 'cancelled', 'applied', 'staged', 'refused']),
        days: z.int(),
        count: z.int(),
        oldest: instant.nullable(),
      }),
    ),
  }),
  BatchStarted: z.object({ workflowId: z.string(), links: z.object({ temporal: z.url().optional() }) }),
  Readiness: z.object({
    status: z.enum(['ready', 'degraded', 'unavailable']),
    checks: z.record(z.string(), z.enum(['up', 'down'])),
    why: z.record(z.string(), z.string()).optional().describe('Of what is down and said why'),
  }),
} as const;

/** An answer that is a problem, as the API's document describes it. */
export function problemAnswer(description: string): Answer {
  return { description, schema: shapes.Problem, contentType: 'application/problem+json' };
}

export type OrderSummary = z.infer<typeof orderSummary>;

/** Where the parts of an order are found. */
export function linksOf(deps: Deps, orderId: string): z.infer<typeof links> {
  const self = `/v1/orders/${orderId}`;
  const temporal = webUiLink(deps, `order:${orderId}`);
  return { self, document: `${self}/document`, log: `${self}/log`, ...(temporal !== undefined && { temporal }) };
}

/** An order's row as callers see it: no content that could identify a person. */
export function toOrderSummary(deps: Deps, row: OrderRow): OrderSummary {
  return {
    orderId: row.id,
    documentId: row.document_id,
    source: row.source,
    channel: row.channel,
    state: row.state,
    revision: row.revision,
    type: row.type,
    customerId: row.customer_id,
    poNumber: row.po_number,
    externalId: row.external_id,
    currency: row.currency,
    total: row.total,
    lineCount: row.line_count,
    orderDate: row.order_date,
    requestedDeliveryDate: row.requested_delivery_date,
    operatorId: row.operator_id,
    gate: row.gate,
    productionOrderId: row.production_order_id,
    changesOrderId: row.changes_order_id,
    receivedAt: row.received_at,
    automaticDoneAt: row.automatic_done_at,
    changedAt: row.changed_at,
    terminalAt: row.terminal_at,
    erasedAt: row.erased_at ?? row.expired_at,
    links: linksOf(deps, row.id),
  };
}

/** A review's clock and owner. A lease that ran out owns nothing. */
export function toReview(
  row: Pick<ReviewListRow, 'id' | 'opened_at' | 'due_at' | 'claimed_by' | 'lease_until' | 'escalated_at'>,
  now: Date,
): z.infer<typeof review> {
  const leased = row.lease_until !== null && row.lease_until >= now.toISOString();
  return {
    reviewId: row.id,
    openedAt: row.opened_at,
    dueAt: row.due_at,
    secondsToSla: Math.floor((Date.parse(row.due_at) - now.getTime()) / 1000),
    claimedBy: leased ? row.claimed_by : null,
    leaseUntil: leased ? row.lease_until : null,
    escalatedAt: row.escalated_at,
  };
}

/** A decision with what became of it. */
export function toDecision({
  id,
  action,
  revision,
  actor,
  reason,
  changes,
  holds = [],
  ...kept
}: KeptDecision): z.infer<typeof decision> {
  const { state: decisionState, refusal, created_at: createdAt, settled_at: settledAt } = kept;
  return {
    decisionId: id,
    action,
    revision,
    actor,
    reason,
    changes: [...changes],
    holds: [...holds],
    state: decisionState,
    refusal,
    createdAt,
    settledAt,
  };
}

/** A source sees what it is told, and not what our own people are told of its orders. */
export function isShownTo(caller: Caller, { destination }: Pick<OutboxSummary, 'destination'>): boolean {
  return caller.source === null || !destination?.startsWith(`${HOUSE}:`);
}

/** What went or will go out about an order or a document. */
export function toAcknowledgment(row: OutboxSummary): z.infer<typeof acknowledgment> {
  return {
    id: row.id,
    kind: row.kind,
    channel: row.channel,
    state: row.state,
    attempts: row.attempts,
    lastFailure: row.last_failure,
    createdAt: row.created_at,
    deliveredAt: row.delivered_at,
    controlNumber: row.control_number,
    acknowledgedAt: row.acknowledged_at,
    acknowledgment: row.acknowledgment,
    missedAt: row.missed_at,
  };
}
