import { isDeepStrictEqual } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import { BackOfficeUnavailable, type SubmitResult } from '../backoffice/port.ts';
import {
  findChangeOf,
  findLastRequest,
  isWithdrawn,
  listAuthorsOfChange,
  readChange,
  toSuperseding,
} from '../db/changes.ts';
import { findDecision, type KeptDecision, settleDecision } from '../db/decisions.ts';
import { Damaged } from '../db/faults.ts';
import { putFindings } from '../db/findings.ts';
import { findHandoff, settleHandoff } from '../db/handoffs.ts';
import { clearHolds, type Hold, listOpenHolds, mayRelease } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import {
  columnsOf,
  getOrder,
  getRevision,
  listRevisions,
  moveOrder,
  type OrderRef,
  type OrderRow,
  putRevision,
} from '../db/orders.ts';
import { indexPeople } from '../db/people.ts';
import { closeReview, findOpenReview, releaseReview } from '../db/reviews.ts';
import { inTransaction, type Store } from '../db/store.ts';
import { applyChanges } from '../orders/correction.ts';
import type { Order } from '../orders/order.ts';
import type { OrderState } from '../orders/state.ts';
import { askBackOffice, REFUSED } from './back-office.ts';
import { settleChange } from './carry-out-change.ts';
import { CONTENT_GONE, NO_ORIGINAL } from './choose-course.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { type OrderProgress, readProgress } from './progress.ts';
import { keepSubmitResult } from './submit-order.ts';

export interface AppliedDecision {
  readonly applied: boolean;
  /** Why it had no effect; null when it had. */
  readonly refusal: string | null;
  readonly progress: OrderProgress;
}

/** What was decided already; only giving back and telling are left to do. */
const ENDING: readonly OrderState[] = ['rejected', 'cancelled'];

/**
 * Lets a decision take effect, or refuses it with the reason: too late, another revision, not this person's to take. A
 * decision without a row is nobody's decision.
 */
export async function applyDecision(deps: Deps, orderId: string, decisionId: string): Promise<AppliedDecision> {
  const { store } = deps;
  const decision = await findReadable(store, decisionId);
  const answer = async (refusal: string | null): Promise<AppliedDecision> => ({
    applied: refusal === null,
    refusal,
    progress: await readProgress(store, orderId),
  });
  if (decision === 'damaged') return answer(await refuseDamaged(store, orderId, decisionId));
  if (decision?.orderId !== orderId) return answer('there is no such decision on this order');
  if (decision.state !== 'pending') return answer(decision.refusal);
  const order = await getOrder(store, orderId);
  const mayBeTaken = (await objection(store, decision, order)) === undefined;
  const obstacle = mayBeTaken && decision.action !== 'approve' ? await settleSubmission(deps, order) : null;
  const refusal = await inTransaction(store, (tx) => take(tx, decision.id, obstacle));
  if (decision.changeOrderId !== undefined) await deps.runs.recheckOrder(decision.changeOrderId);
  return answer(refusal);
}

async function findReadable(store: Store, decisionId: string): Promise<KeptDecision | undefined | 'damaged'> {
  try {
    return await findDecision(store, decisionId);
  } catch (error) {
    if (error instanceof Damaged) return 'damaged';
    throw error;
  }
}

/** Nobody knows any more what was decided, and those that wait behind it must not wait for ever. */
async function refuseDamaged(store: Store, orderId: string, decisionId: string): Promise<string> {
  const refusal = 'what was decided is damaged in the database and cannot be read; decide again';
  await inTransaction(store, async (tx) => {
    const at = nowIso();
    await settleDecision(tx, decisionId, { refusal, at });
    const entry = { stepKey: `settled:${decisionId}`, at, actor: WORKER, action: 'decision.refused' };
    await appendLog(tx, `order:${orderId}`, { ...entry, detail: { decisionId, refusal } });
  });
  return refusal;
}

/** Where an order may stand that began to be submitted and is not over: production may have it in each of them. */
const BEGUN: readonly OrderState[] = ['staged', 'held', 'in_review'];

/**
 * A submission that began must have its outcome before the order can be cancelled, rejected or corrected. A refusal is
 * none for good: an earlier try, whose answer was lost, may arrive after it.
 * @returns why it has none, if the back office refuses to tell.
 */
async function settleSubmission(deps: Deps, order: OrderRow): Promise<string | null> {
  const { store } = deps;
  const ref = { orderId: order.id, revision: order.revision };
  const handoff = await findHandoff(store, ref);
  const isSettled = !handoff || handoff.outcome === 'accepted' || handoff.outcome === 'cancelled';
  try {
    if (order.type !== 'new') await settleChange(deps, ref);
    else if (!isSettled) await keepOutcome(store, ref, await askBackOffice(() => endSubmission(deps, ref)));
    return null;
  } catch (error) {
    // Final: the order would wait in vain for a better answer, and the person would not learn of it.
    if (error instanceof ApplicationFailure && error.type === REFUSED)
      return 'the back office refuses to say whether production has the order';
    throw error;
  }
}

async function endSubmission({ backOffice }: Deps, ref: OrderRef): Promise<SubmitResult | 'cancelled'> {
  const status = await backOffice().status(ref);
  if (status.state === 'accepted') return { accepted: true, productionOrderId: status.productionOrderId };
  // Never arrived: the tombstone keeps a late arrival out.
  if ((await backOffice().cancel(ref)) === 'cancelled') return 'cancelled';
  const late = await backOffice().status(ref);
  if (late.state === 'accepted') return { accepted: true, productionOrderId: late.productionOrderId };
  throw new BackOfficeUnavailable('cancel', 'too late to cancel what it does not have');
}

async function keepOutcome(store: Store, ref: OrderRef, result: SubmitResult | 'cancelled'): Promise<void> {
  const at = nowIso();
  await inTransaction(store, async (tx) => {
    if (result === 'cancelled') return settleHandoff(tx, ref, 'cancelled', null, at);
    if (await moveOrder(tx, ref, BEGUN, 'submitted', at)) {
      await clearHolds(tx, ref.orderId, { clearedBy: WORKER, at });
      await closeReview(tx, ref.orderId, at);
    }
    return keepSubmitResult(tx, ref, result);
  });
}

async function take(tx: Store, decisionId: string, obstacle: string | null): Promise<string | null> {
  const at = nowIso();
  const decision = await findDecision(tx, decisionId);
  if (!decision) throw new Error(`decision ${decisionId} is gone`);
  // The same step may run twice at once: what the first one made of it stands.
  if (decision.state !== 'pending') return decision.refusal;
  const order = await getOrder(tx, decision.orderId);
  const refusal = (await objection(tx, decision, order)) ?? obstacle ?? (await perform(tx, decision, order, at));
  // What an approval left to others; one that the order goes on by clears all.
  const left = refusal === null && decision.action === 'approve' ? await listOpenHolds(tx, order.id) : [];
  await settleDecision(tx, decision.id, { refusal, at, ...(left.length > 0 && { leftStanding: left.length }) });
  const action = refusal === null ? 'decision.applied' : 'decision.refused';
  const about = { decisionId: decision.id, action: decision.action, revision: order.revision, refusal };
  const detail = { ...about, ...(left.length > 0 && { left: left.map(({ code }) => code) }) };
  await appendLog(tx, `order:${order.id}`, { stepKey: `settled:${decision.id}`, at, actor: WORKER, action, detail });
  return refusal;
}

/** Why a decision cannot be taken now, or undefined. */
async function objection(tx: Store, decision: KeptDecision, order: OrderRow): Promise<string | undefined> {
  if (order.state === 'completed')
    return `the order was handed off as ${order.production_order_id ?? 'a production order'}; change it there`;
  if (order.terminal_at !== null || ENDING.includes(order.state)) return `the order is ${order.state} already`;
  if (decision.revision !== order.revision) {
    return `the decision is about revision ${String(decision.revision)}, the order is at revision ${String(order.revision)}`;
  }
  if (order.type !== 'new' && (await findLastRequest(tx, order.id))?.state === 'applied')
    return 'the order that this changes has taken it in';
  if (decision.changeOrderId !== undefined && (await isWithdrawn(tx, decision.changeOrderId)))
    return 'the change that asks for it was given up';
  if (decision.action === 'cancel' || decision.action === 'supersede') return undefined;
  if (order.state !== 'in_review') return `the order is ${order.state}, not in review`;
  const review = await findOpenReview(tx, order.id);
  if (review?.id !== decision.reviewId) return 'the review that this decides is closed';
  return decision.action === 'approve' ? objectionToApproval(tx, decision, order) : undefined;
}

async function objectionToApproval(tx: Store, decision: KeptDecision, order: OrderRow): Promise<string | undefined> {
  if ((await listAuthors(tx, order)).includes(decision.actor))
    return 'nobody approves an order that they typed or corrected';
  const standing = await listOpenHolds(tx, order.id);
  const holds = standing.filter((hold) => isNamed(decision, hold));
  const beyond = (holds.length > 0 ? holds : standing).find((hold) => !isReleasable(decision, hold));
  if (beyond) return `hold ${beyond.code} is released by a ${String(beyond.releaseRole)}`;
  if (holds.length === 0) return 'the holds that this approval names do not stand any more';
  if (order.type === 'cancel' && holds.some(({ code }) => code === NO_ORIGINAL))
    return 'there is no order that this cancels; correct its PO number, or reject it';
  if (holds.some(({ code }) => code === CONTENT_GONE))
    return 'the content of the order that this changes was removed; see to it in production, then reject this';
  // The rules that need the customer were skipped, those of a supervisor among them.
  if (holds.some(({ code }) => code === 'CUSTOMER.UNKNOWN'))
    return 'the order could not be judged without its customer; have the customer set up, and it is judged anew';
  return undefined;
}

function isNamed({ holds }: KeptDecision, { code }: Pick<Hold, 'code'>): boolean {
  return holds?.includes(code) ?? false;
}

/** One that clears itself is in nobody's way. */
function isReleasable({ roles }: KeptDecision, hold: Hold): boolean {
  return hold.releaseRole === null || mayRelease(roles, hold);
}

/** Who typed or corrected what the order is: in person, or by a change that it took in. */
async function listAuthors(tx: Store, order: OrderRow): Promise<readonly (string | null)[]> {
  const written = (await listRevisions(tx, order.id)).filter(({ origin }) => origin !== 'parsed');
  const changes = await Promise.all(written.map(({ revision }) => findChangeOf(tx, order.id, revision)));
  const taken = changes.filter((id) => id !== undefined);
  const ofChanges = await Promise.all(taken.map((id) => listAuthorsOfChange(tx, id)));
  return [order.operator_id, ...written.map((revision) => revision.created_by), ...ofChanges.flat()];
}

async function perform(tx: Store, decision: KeptDecision, order: OrderRow, at: string): Promise<string | null> {
  const ref = { orderId: order.id, revision: order.revision };
  const from = [order.state];
  if (decision.action === 'correct') return correct(tx, decision, order, at);
  if (decision.action === 'supersede') return supersede(tx, decision, order, at);
  const isAboutOriginal = decision.action === 'approve' && isNamed(decision, { code: NO_ORIGINAL });
  if (isAboutOriginal && order.type === 'replace' && (await lacksOriginal(tx, order)))
    return enterAsNew(tx, decision, order, at);
  if (decision.action === 'approve') return approve(tx, decision, order, at);
  await clearHolds(tx, order.id, { clearedBy: decision.id, at });
  await closeReview(tx, order.id, at);
  await moveOrder(tx, ref, from, decision.action === 'reject' ? 'rejected' : 'cancelled', at);
  return null;
}

/** Releases the holds that are named. The order goes on if none is left to others, else its review does. */
async function approve(tx: Store, decision: KeptDecision, order: OrderRow, at: string): Promise<null> {
  const { id: orderId, revision } = order;
  await clearHolds(tx, orderId, { clearedBy: decision.id, at, only: decision.holds ?? [] });
  if ((await listOpenHolds(tx, orderId)).some(({ releaseRole }) => releaseRole !== null)) {
    // Whoever may release the others must not have to wait for the lease.
    if (decision.reviewId !== null) await releaseReview(tx, decision.reviewId, decision.actor);
    return null;
  }
  await clearHolds(tx, orderId, { clearedBy: decision.id, at });
  await closeReview(tx, orderId, at);
  // Why a step failed is said of the try before; the verdict on the order does not rest on it.
  await putFindings(tx, { subject: `order:${orderId}`, revision, step: 'process', at }, []);
  await moveOrder(tx, { orderId, revision }, [order.state], order.resume_state ?? 'validated', at);
  return null;
}

async function lacksOriginal(tx: Store, { id }: OrderRow): Promise<boolean> {
  return (await listOpenHolds(tx, id)).some(({ code }) => code === NO_ORIGINAL);
}

/** What replaces an order that never came is that order: some senders call every order a replacement. */
async function enterAsNew(tx: Store, decision: KeptDecision, order: OrderRow, at: string): Promise<null> {
  const content = await getRevision(tx, { orderId: order.id, revision: order.revision });
  await keepRevision(tx, order, { ...content, type: 'new' }, decision, at);
  return null;
}

/** A correction is a new revision, judged again from the start; the review and its clock go on. */
async function correct(tx: Store, decision: KeptDecision, order: OrderRow, at: string): Promise<string | null> {
  const ref = { orderId: order.id, revision: order.revision };
  const changed = applyChanges(await getRevision(tx, ref), decision.changes);
  if ('findings' in changed)
    return `the corrected order does not fit: ${changed.findings.map((finding) => finding.path).join(', ')}`;
  await keepRevision(tx, order, changed.order, decision, at);
  return null;
}

/** The content of a change is a new revision, judged from the start, wherever the order stood. */
async function supersede(tx: Store, decision: KeptDecision, order: OrderRow, at: string): Promise<string | null> {
  if (decision.changeOrderId === undefined) return 'only a change supersedes an order';
  const former = await getRevision(tx, { orderId: order.id, revision: order.revision });
  const next = toSuperseding(order, former, await readChange(tx, decision.changeOrderId));
  // What it asks for is so already.
  if (isDeepStrictEqual(next, former)) return null;
  await keepRevision(tx, order, next, decision, at);
  return null;
}

async function keepRevision(
  tx: Store,
  { id: orderId, revision, state }: OrderRow,
  content: Order,
  decision: KeptDecision,
  at: string,
): Promise<void> {
  const next = { orderId, revision: revision + 1 };
  const origin = decision.action === 'supersede' ? 'superseded' : 'corrected';
  await clearHolds(tx, orderId, { clearedBy: decision.id, at });
  await putRevision(tx, next, content, { origin, actor: decision.actor, at });
  await indexPeople(tx, orderId, content);
  await moveOrder(tx, { orderId, revision }, [state], 'parsed', at, {
    ...columnsOf(content),
    revision: next.revision,
    // Of a change: it may be about another order now.
    changes_order_id: null,
    changes_revision: null,
  });
}
