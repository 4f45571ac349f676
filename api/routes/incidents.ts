import { z } from 'zod';
import { causeOf } from '../../db/incident-hits.ts';
import {
  acknowledgeIncident,
  countMembers,
  findIncident,
  hastenLooks,
  type IncidentMember,
  type IncidentRow,
  listIncidentMembers,
  listIncidents,
  type MemberCounts,
  readFacts,
} from '../../db/incidents.ts';
import { appendLog } from '../../db/log.ts';
import { isLimited } from '../../db/principals.ts';
import { inTransaction } from '../../db/store.ts';
import { maskCardNumbers } from '../../orders/cards.ts';
import { ADVICE, nameCause, sumWorth } from '../../orders/incident.ts';
import { EVERY_ROLE } from '../access.ts';
import { cutPage, readCursor } from '../cursor.ts';
import type { Deps } from '../deps.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { cursorParameter, pageSizeParameter, reasonMember } from '../parameters.ts';
import type { Caller } from '../principal.ts';
import { Problem } from '../problem.ts';
import { logReading } from '../reading-log.ts';
import { problemAnswer } from '../views.ts';

const READERS = { roles: EVERY_ROLE, sources: false } as const;
const ACTORS = { roles: ['operator', 'supervisor', 'admin'], sources: false } as const;

const instant = z.iso.datetime();
const kind = z.enum(['system', 'rule', 'product', 'customer', 'source', 'code', 'share']);
const state = z.enum(['open', 'closed']);

const incidentSummary = z.object({
  incidentId: z.string(),
  state,
  cause: z.object({
    kind: kind.describe(
      'What the orders have in common: a system, a rule that broke, a product, a customer, a source; a code at a source; or ' +
        'too large a share of the orders of a source',
    ),
    value: z.string().nullable().describe('SKU, customer number or source'),
    code: z.string().nullable().describe('Where it is part of the cause'),
  }),
  name: z.string().describe('In words'),
  orders: z.int().describe('Orders and refused documents that it hit; of these, those that you may see'),
  waiting: z.int().describe('How many of them wait still'),
  peak: z.int().nullable().describe('Most that waited at the same time; null where you do not see all'),
  since: instant.describe('When it hit the first'),
  lastSeenAt: instant.describe('When it hit the last'),
  openedAt: instant,
  closedAt: instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  acknowledgedAt: instant.nullable(),
  acknowledgment: z.string().nullable().describe('The reason given'),
  links: z.object({ self: z.string() }),
});

const member = z.object({
  kind: z.enum(['order', 'document']),
  id: z.string(),
  source: z.string(),
  since: instant,
  waits: z.boolean(),
  state: z.string().nullable().describe('Where the order stands; null for a document'),
  customerId: z.string().nullable(),
  poNumber: z.string().nullable(),
  currency: z.string().nullable(),
  total: z.string().nullable(),
  links: z.object({ self: z.string() }),
});

/** One page of incidents. */
export const incidentPage = z.object({ items: z.array(incidentSummary), nextCursor: z.string().nullable() });

/** An incident with one page of what it hit. */
export const incidentDetail = incidentSummary.extend({
  codes: z.array(z.string()).describe('Of the holds and findings, the most frequent first'),
  sources: z.array(z.object({ source: z.string(), orders: z.int() })),
  worth: z.array(z.object({ currency: z.string(), amount: z.string() })).describe('Exact sums of the totals'),
  advice: z.string(),
  items: z.array(member).describe('One page of the orders and documents, oldest first'),
  nextCursor: z.string().nullable(),
});

const listQuery = z.strictObject({
  state: state.optional(),
  kind: kind.optional(),
  cause: z.string().max(200).optional().describe('SKU, customer number, source or code'),
  cursor: cursorParameter,
  limit: pageSizeParameter,
});
const memberQuery = z.strictObject({ cursor: cursorParameter, limit: pageSizeParameter });
const incidentId = z.object({ id: z.string() });
const withReason = z.strictObject({ reason: reasonMember });

const OVER = problemAnswer('It is over');

/** What hits many orders at once. */
export const incidentOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/v1/incidents',
    id: 'listIncidents',
    tag: 'Incidents',
    summary: 'Causes that hit many orders, newest first',
    description:
      'Whoever is limited to sources or customers sees those of which an order is theirs, and counts these alone.',
    access: READERS,
    query: listQuery,
    answers: { 200: { description: 'One page', schema: incidentPage } },
    handle: list,
  }),
  operation({
    method: 'get',
    path: '/v1/incidents/{id}',
    id: 'getIncident',
    tag: 'Incidents',
    summary: 'One incident with its orders',
    access: READERS,
    params: incidentId,
    query: memberQuery,
    answers: { 200: { description: 'The incident and one page of what it hit', schema: incidentDetail } },
    handle: show,
  }),
  operation({
    method: 'post',
    path: '/v1/incidents/{id}/acknowledge',
    id: 'acknowledgeIncident',
    tag: 'Incidents',
    summary: 'Say that you take care of it',
    description: 'Others see who does, and why or how. It decides nothing about the orders.',
    access: ACTORS,
    params: incidentId,
    body: withReason,
    answers: { 200: { description: 'Noted', schema: incidentSummary }, 409: OVER },
    handle: acknowledge,
  }),
  operation({
    method: 'post',
    path: '/v1/incidents/{id}/recheck',
    id: 'recheckIncident',
    tag: 'Incidents',
    summary: 'Let its orders look again now',
    description:
      'The cause may be gone: orders whose hold can clear itself are let look again, paced, instead of when they would by ' +
      'themselves. Those that only a person can let go on stay in review.',
    access: ACTORS,
    params: incidentId,
    answers: {
      202: { description: 'They will look', schema: z.object({ orders: z.int().describe('How many') }) },
      409: OVER,
    },
    handle: recheck,
  }),
];

async function list({ deps, caller, query }: Call<undefined, z.output<typeof listQuery>, undefined>): Promise<Reply> {
  const { cursor, limit, ...asked } = query;
  const filter = {
    ...(asked.state !== undefined && { state: asked.state }),
    ...(asked.kind !== undefined && { kind: asked.kind }),
    ...(asked.cause !== undefined && { cause: asked.cause }),
  };
  const [beforeId] = cursor === undefined ? [] : readCursor(cursor, 1);
  const page = { size: limit + 1, ...(beforeId !== undefined && { beforeId }) };
  const rows = await listIncidents(deps.store, caller, filter, page);
  const { shown, nextCursor } = cutPage(rows, limit, (row) => [row.id]);
  const items = [];
  for (const row of shown) items.push(summarize(caller, row, await countSeen(deps, caller, row)));
  return { status: 200, body: { items, nextCursor } satisfies z.infer<typeof incidentPage> };
}

async function show(call: Call<{ id: string }, z.output<typeof memberQuery>, undefined>): Promise<Reply> {
  const { deps, caller, params, query } = call;
  const { incident, seen } = await getVisibleIncident(deps, caller, params.id);
  const [afterId = ''] = query.cursor === undefined ? [] : readCursor(query.cursor, 1);
  const rows = await listIncidentMembers(deps.store, caller, incident.id, { afterId, size: query.limit + 1 });
  const { shown, nextCursor } = cutPage(rows, query.limit, (row) => [row.subject_id]);
  const { totals, cause, codes, sources } = await readFacts(deps.store, caller, incident);
  await logReading(deps, caller, `actor:${caller.id}`, 'incident.read', {
    incidentId: incident.id,
    rows: shown.length,
  });
  const body: z.infer<typeof incidentDetail> = {
    ...summarize(caller, incident, seen),
    name: nameCause(cause, codes),
    codes: [...codes],
    sources: [...sources],
    worth: [...sumWorth(totals)],
    advice: ADVICE[cause.kind],
    items: shown.map(toMember),
    nextCursor,
  };
  return { status: 200, body };
}

function toMember(row: IncidentMember): z.infer<typeof member> {
  const { subject_kind: kind, subject_id: id, source, since, waits, order } = row;
  return {
    ...{ kind, id, source, since, waits: waits > 0, state: order?.state ?? null },
    ...{ customerId: order?.customer_id ?? null, poNumber: order?.po_number ?? null },
    ...{ currency: order?.currency ?? null, total: order?.total ?? null },
    links: { self: `/v1/${kind}s/${id}` },
  };
}

async function acknowledge(call: Call<{ id: string }, undefined, z.output<typeof withReason>>): Promise<Reply> {
  const { deps, caller, params, body } = call;
  const { id } = (await getVisibleIncident(deps, caller, params.id)).incident;
  const by = { actor: caller.id, at: deps.now().toISOString(), reason: maskCardNumbers(body.reason).text };
  await inTransaction(deps.store, async (tx) => {
    if (!(await acknowledgeIncident(tx, id, by))) throw tooLate();
    const entry = { stepKey: `acknowledged:${by.at}:${caller.id}`, at: by.at, actor: caller.id };
    await appendLog(tx, `incident:${id}`, { ...entry, action: 'incident.acknowledged' });
  });
  const { incident, seen } = await getVisibleIncident(deps, caller, id);
  return { status: 200, body: summarize(caller, incident, seen) };
}

async function recheck(call: Call<{ id: string }, undefined, undefined>): Promise<Reply> {
  const { deps, caller, params } = call;
  const { id, closed_at: closedAt } = (await getVisibleIncident(deps, caller, params.id)).incident;
  if (closedAt !== null) throw tooLate();
  const at = deps.now().toISOString();
  const orders = await inTransaction(deps.store, async (tx) => {
    const looking = await hastenLooks(tx, caller, id, at);
    const entry = { stepKey: `rechecked:${at}:${caller.id}`, at, actor: caller.id, action: 'incident.rechecked' };
    await appendLog(tx, `incident:${id}`, { ...entry, detail: { orders: looking } });
    return looking;
  });
  return { status: 202, body: { orders } };
}

function tooLate(): Problem {
  return new Problem('conflict', 'the incident is over');
}

/** An incident, and how much of it the caller may see. */
interface Visible {
  readonly incident: IncidentRow;
  readonly seen: MemberCounts;
}

/** @throws Problem the same for an incident that is not there and one of which no order is theirs */
async function getVisibleIncident(deps: Deps, caller: Caller, id: string): Promise<Visible> {
  const incident = await findIncident(deps.store, id);
  const seen = incident && (await countSeen(deps, caller, incident));
  if (incident && seen && seen.orders > 0) return { incident, seen };
  throw new Problem('not-found', 'there is no such incident');
}

async function countSeen({ store }: Deps, caller: Caller, { id, state, orders }: IncidentRow): Promise<MemberCounts> {
  // Of one that is over nothing waits.
  return state === 'closed' && !isLimited(caller) ? { orders, waiting: 0 } : countMembers(store, caller, id);
}

function summarize(
  caller: Caller,
  row: IncidentRow,
  { orders, waiting }: MemberCounts,
): z.infer<typeof incidentSummary> {
  const cause = causeOf(row);
  return {
    ...{ incidentId: row.id, state: row.state, name: nameCause(cause), orders, waiting },
    cause: { kind: cause.kind, value: cause.value || null, code: cause.code || null },
    ...{ peak: isLimited(caller) ? null : row.peak, since: row.first_seen_at, lastSeenAt: row.last_seen_at },
    ...{ openedAt: row.opened_at, closedAt: row.closed_at, acknowledgedBy: row.acknowledged_by },
    ...{ acknowledgedAt: row.acknowledged_at, acknowledgment: row.acknowledgment_reason },
    links: { self: `/v1/incidents/${row.id}` },
  };
}
