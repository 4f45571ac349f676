import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type Hold, listOpenHolds, mayRelease, postponeLook } from '../../db/holds.ts';
import { appendLog } from '../../db/log.ts';
import { getRevision, listRevisions, type OrderRow } from '../../db/orders.ts';
import {
  claimReview,
  findOpenReview,
  listReviews,
  releaseReview,
  type ReviewListRow,
  type ReviewRow,
} from '../../db/reviews.ts';
import { inTransaction } from '../../db/store.ts';
import { maskJson } from '../../orders/cards.ts';
import { applyChanges } from '../../orders/correction.ts';
import { EVERY_ROLE } from '../access.ts';
import { cutPage, readCursor } from '../cursor.ts';
import { keepDecision, tellAndAnswer, type Verdict } from '../decide.ts';
import type { Deps } from '../deps.ts';
import { type Call, operation, type Operation, type Reply } from '../operation.ts';
import { cursorParameter, pageSizeParameter, reasonMember } from '../parameters.ts';
import type { Caller } from '../principal.ts';
import { Problem } from '../problem.ts';
import { logReading } from '../reading-log.ts';
import { linksOf, problemAnswer, shapes, toReview } from '../views.ts';
import { getVisibleOrder } from '../visible.ts';

const REVIEWERS = { roles: ['reviewer', 'supervisor'], sources: false } as const;

const orderId = z.object({ id: z.string() });
const code = z.string().max(60).optional();

const reviewQuery = z.strictObject({
  source: code,
  customer: code,
  assignee: z.string().max(60).optional().describe('Person who claimed it'),
  hold: code.describe('Code of a hold that stands'),
  overdue: z.stringbool().optional().describe('Only those past their SLA'),
  cursor: cursorParameter,
  limit: pageSizeParameter,
});

const claiming = z.strictObject({ revision: z.int().min(1).optional(), reason: reasonMember.optional() }).optional();
const judging = z.strictObject({
  revision: z.int().min(1).describe('The revision you looked at'),
  reason: reasonMember,
});
const approving = judging.extend({
  holds: z
    .array(z.string().min(1).max(60))
    .min(1)
    .max(50)
    .optional()
    .describe('Codes of the holds to release; all that stand and that you may release if left out'),
  judgement: z
    .int()
    .min(0)
    .optional()
    .describe('The judgement that you looked at: 409 if another one was drawn since; whichever stands if left out'),
});
const correcting = judging.extend({ changes: z.array(shapes.Change).min(1).max(200) });

const CONFLICT = problemAnswer('Too late, another revision, or somebody else has it');

/** A person's work on held orders. */
export const reviewOperations: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/v1/reviews',
    id: 'listReviews',
    tag: 'Reviews',
    summary: 'Open reviews, the most urgent first',
    access: { roles: EVERY_ROLE, sources: false },
    query: reviewQuery,
    answers: { 200: { description: 'One page', schema: shapes.ReviewPage } },
    handle: list,
  }),
  operation({
    method: 'post',
    path: '/v1/orders/{id}/review/claim',
    id: 'claimReview',
    tag: 'Reviews',
    summary: 'Take the review for a while',
    access: REVIEWERS,
    params: orderId,
    body: claiming,
    answers: { 200: { description: 'It is yours until `leaseUntil`', schema: shapes.Review }, 409: CONFLICT },
    handle: async ({ deps, caller, params, body }) => {
      const row = await getVisibleOrder(deps, caller, params.id);
      const review = await claim(deps, caller, await getReview(deps, row, body?.revision));
      return { status: 200, body: toReview(review, deps.now()) };
    },
  }),
  operation({
    method: 'post',
    path: '/v1/orders/{id}/review/release',
    id: 'releaseReview',
    tag: 'Reviews',
    summary: 'Give the review back',
    access: REVIEWERS,
    params: orderId,
    body: claiming,
    answers: { 200: { description: 'It is free', schema: shapes.Review }, 409: CONFLICT },
    handle: release,
  }),
  operation({
    ...judgement('approve', 'Release holds; the order goes on when none is left'),
    description:
      'An approval covers what was found under the holds that it names, on this revision: what is found later, or goes ' +
      'beyond what was shown, is held anew. With `judgement`, what was shown is what that judgement found. Holds that need another role stay, and with them the review and its clock.',
    body: approving,
    handle: approve,
  }),
  operation({
    ...judgement('reject', 'Send the order back to its source'),
    body: judging,
    handle: (call) => decide(call, { action: 'reject', changes: [] }),
  }),
  operation({
    ...judgement('correct', 'Change fields; the new revision is judged from the start'),
    body: correcting,
    handle: correct,
  }),
];

function judgement<const Action extends 'approve' | 'reject' | 'correct'>(action: Action, summary: string) {
  return {
    method: 'post',
    path: `/v1/orders/{id}/review/${action}`,
    id: `${action}Order`,
    tag: 'Reviews',
    summary,
    access: REVIEWERS,
    params: orderId,
    answers: {
      200: { description: 'It took effect', schema: shapes.DecisionOutcome },
      202: {
        description: 'Recorded; it is told to the order as soon as that can be reached',
        schema: shapes.RecordedDecision,
      },
      409: CONFLICT,
    },
  } as const;
}

async function list({ deps, caller, query }: Call<undefined, z.output<typeof reviewQuery>, undefined>): Promise<Reply> {
  const { source, customer, assignee, hold, overdue, cursor, limit } = query;
  const [dueAt, id] = cursor === undefined ? [] : readCursor(cursor, 2);
  const now = deps.now();
  const filter = {
    ...(source !== undefined && { source }),
    ...(customer !== undefined && { customerId: customer }),
    ...(assignee !== undefined && { assignee }),
    ...(hold !== undefined && { hold }),
    ...(overdue === true && { overdueAt: now.toISOString() }),
  };
  const after = dueAt === undefined || id === undefined ? {} : { after: { dueAt, id } };
  const rows = await listReviews(deps.store, caller, filter, { ...after, size: limit + 1 });
  const { shown, nextCursor } = cutPage(rows, limit, (row) => [row.due_at, row.id]);
  await logReading(deps, caller, `actor:${caller.id}`, 'reviews.listed', { ...filter, rows: shown.length });
  return { status: 200, body: { items: await Promise.all(shown.map((row) => toItem(deps, row, now))), nextCursor } };
}

async function toItem(deps: Deps, row: ReviewListRow, now: Date) {
  return {
    ...toReview(row, now),
    orderId: row.order_id,
    source: row.source,
    channel: row.channel,
    state: row.state,
    revision: row.revision,
    customerId: row.customer_id,
    poNumber: row.po_number,
    currency: row.currency,
    total: row.total,
    holds: await listOpenHolds(deps.store, row.order_id),
    links: linksOf(deps, row.order_id),
  };
}

/** @throws Problem if there is nothing to review, or not in the revision that the person looked at. */
async function getReview({ store }: Deps, row: OrderRow, revision: number | undefined): Promise<ReviewRow> {
  const review = await findOpenReview(store, row.id);
  if (!review) throw new Problem('conflict', `no review is open on this order; it is ${row.state}`);
  if (revision === undefined || revision === row.revision) return review;
  throw new Problem('conflict', `the order is at revision ${String(row.revision)}; look at it again`);
}

/** @throws Problem if somebody else has it. */
async function claim({ store, now, settings }: Deps, caller: Caller, review: ReviewRow): Promise<ReviewRow> {
  const at = now().toISOString();
  const until = new Date(now().getTime() + settings.claimLeaseMinutes * 60_000).toISOString();
  const isMine = await inTransaction(store, async (tx) => {
    if (!(await claimReview(tx, review.id, caller.id, { now: at, until }))) return false;
    const entry = { stepKey: `claim:${uuidv7()}`, at, actor: caller.id, action: 'review.claimed', detail: { until } };
    await appendLog(tx, `order:${review.order_id}`, entry);
    return true;
  });
  if (isMine) return { ...review, claimed_by: caller.id, lease_until: until };
  throw new Problem('claimed-by-another', 'somebody else works on this order');
}

async function release({
  deps,
  caller,
  params,
  body,
}: Call<{ id: string }, undefined, z.output<typeof claiming>>): Promise<Reply> {
  const row = await getVisibleOrder(deps, caller, params.id);
  const review = await getReview(deps, row, body?.revision);
  const at = deps.now().toISOString();
  const wasMine = await inTransaction(deps.store, async (tx) => {
    if (!(await releaseReview(tx, review.id, caller.id))) return false;
    // While somebody worked on it, it was not judged again.
    await postponeLook(tx, row.id, at);
    await appendLog(tx, `order:${row.id}`, {
      stepKey: `release:${uuidv7()}`,
      at,
      actor: caller.id,
      action: 'review.released',
    });
    return true;
  });
  if (!wasMine) throw new Problem('conflict', 'the review is not yours to give back');
  return { status: 200, body: toReview({ ...review, claimed_by: null, lease_until: null }, deps.now()) };
}

type Judging = Call<{ id: string }, undefined, z.output<typeof judging>>;
type Saying = Pick<Verdict, 'action' | 'changes' | 'holds' | 'judgement'>;

async function approve(call: Call<{ id: string }, undefined, z.output<typeof approving>>): Promise<Reply> {
  const { holds, judgement } = call.body;
  const named = holds && { holds: [...new Set(holds)] };
  const seen = judgement !== undefined && { judgement };
  return decide(call, { action: 'approve', changes: [], ...named, ...seen }, requireApprover);
}

/** Who corrected an order may not approve it: whoever may must not have to wait for the lease. */
async function correct(call: Call<{ id: string }, undefined, z.output<typeof correcting>>): Promise<Reply> {
  const reply = await decide(call, { action: 'correct', changes: call.body.changes }, requireFitting);
  const review = await findOpenReview(call.deps.store, call.params.id);
  if (review) await releaseReview(call.deps.store, review.id, call.caller.id);
  return reply;
}

async function decide(
  { deps, caller, params, body }: Judging,
  saying: Saying,
  require?: (deps: Deps, caller: Caller, row: OrderRow, saying: Saying) => Promise<void>,
): Promise<Reply> {
  const row = await getVisibleOrder(deps, caller, params.id);
  const review = await getReview(deps, row, body.revision);
  await require?.(deps, caller, row, saying);
  await claim(deps, caller, review);
  const verdict = { ...saying, reviewId: review.id, reason: body.reason };
  return tellAndAnswer(deps, row.id, await keepDecision(deps, caller, row, verdict));
}

/** @throws Problem if the person made the order what it is, a named hold does not stand, or it takes a higher role. */
async function requireApprover({ store }: Deps, caller: Caller, row: OrderRow, { holds }: Saying): Promise<void> {
  const authors = (await listRevisions(store, row.id)).map(({ created_by: author }) => author);
  if ([row.operator_id, ...authors].includes(caller.id)) {
    throw new Problem('own-work', 'you typed or corrected this order; somebody else must approve it');
  }
  const standing = await listOpenHolds(store, row.id);
  const absent = holds?.find((code) => standing.every((hold) => hold.code !== code));
  if (absent !== undefined)
    throw new Problem('conflict', `hold ${absent} does not stand on this order; look at it again`);
  const isBeyond = (hold: Hold): boolean => !mayRelease(caller.roles, hold);
  const named = standing.filter(({ code, releaseRole }) => holds?.includes(code) ?? releaseRole !== null);
  // Of what is not named, what the person may not release is left to others.
  const beyond = holds || named.every(isBeyond) ? named.find(isBeyond) : undefined;
  if (beyond) throw new Problem('not-allowed', `hold ${beyond.code} ${describeRelease(beyond)}`);
}

function describeRelease({ releaseRole }: Hold): string {
  return releaseRole === null ? 'clears itself, nobody releases it' : `is released by the role ${releaseRole}`;
}

/** @throws Problem if the corrected order is no order, somebody else's customer's, or holds a card number. */
async function requireFitting({ store }: Deps, caller: Caller, row: OrderRow, { changes }: Saying): Promise<void> {
  const changed = applyChanges(await getRevision(store, { orderId: row.id, revision: row.revision }), changes);
  if ('findings' in changed)
    throw new Problem('invalid-correction', 'the corrected order does not fit', { findings: changed.findings });
  if (caller.customers && !caller.customers.includes(changed.order.customerId)) {
    throw new Problem('not-allowed', 'you may not give the order to this customer');
  }
  const { findings } = maskJson(Buffer.from(JSON.stringify(changed.order)), { cardNumbers: 'refuse' });
  if (findings.length > 0) throw new Problem('card-number', 'a correction holds no card numbers', { findings });
}
