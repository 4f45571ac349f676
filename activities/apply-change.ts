import { v7 as uuidv7 } from 'uuid';
import {
  findChanged,
  findLastRequest,
  findToldBefore,
  hasEarlierChange,
  hasLaterChange,
  isApprovedSince,
  readChange,
  readSuperseding,
  reviveOrder,
} from '../db/changes.ts';
import { writeDecision } from '../db/decisions.ts';
import { Damaged } from '../db/faults.ts';
import { putFindings } from '../db/findings.ts';
import { listApprovedCodes, openHolds } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { findContent, getOrder, isGone, moveOrder, type OrderRef, type OrderRow } from '../db/orders.ts';
import { indexPeople } from '../db/people.ts';
import { getSource } from '../db/sources.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { Finding } from '../orders/finding.ts';
import { isEarlierState } from '../orders/formats/shop-state.ts';
import { isSameContent } from '../orders/same-content.ts';
import type { OrderState } from '../orders/state.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { putNotice } from './notice.ts';
import { type OrderProgress, readProgress } from './progress.ts';

/** The order that is changed has not come, has an earlier change to take in first, or has not taken this one in yet. */
export const CHANGE_WAITS = 'CHANGE.WAITS';
/** It did not come for so long that a person looks. */
export const NO_ORIGINAL = 'CHANGE.NO_ORIGINAL';
/** It was handed off: a person decides whether production is to change it. */
export const AFTER_HANDOFF = 'CHANGE.AFTER_HANDOFF';
/** It was cancelled: a person decides whether it comes to life again. */
export const OF_CANCELLED = 'CHANGE.OF_CANCELLED';
/** It, or production, would not take the change. */
const REFUSED = 'CHANGE.REFUSED';
/** It took in a change that came later: a person decides whether the earlier one is still to take effect. */
const OUTDATED = 'CHANGE.OUTDATED';
/** Its content was removed, at the end of its retention or because a person asked for it. */
export const CONTENT_GONE = 'CHANGE.CONTENT_GONE';

const GIVEN_UP: readonly OrderState[] = ['rejected', 'cancelled'];
const HOUR_MS = 3_600_000;

/** What is to become of a change now. */
type Course =
  | { readonly kind: 'wait' }
  /** Asks the order's own workflow, which takes it in between two of its steps. */
  | { readonly kind: 'ask'; readonly changed: OrderRow }
  | { readonly kind: 'revive'; readonly changed: OrderRow }
  /** Cancels what ended on paper: no workflow of its own is there to ask. */
  | { readonly kind: 'end'; readonly changed: OrderRow }
  /** Nothing is left to do: the order took it in, or is as the change wants it. */
  | { readonly kind: 'done'; readonly changed: OrderRow }
  /** Its content is judged first, as that of an order is; a person decides then. */
  | { readonly kind: 'judge'; readonly changed: OrderRow }
  | {
      readonly kind: 'review';
      readonly code: string;
      readonly message: string;
      readonly changed: OrderRow | undefined;
    };

/**
 * Brings a change to the order that it changes, as far as that can be done now: a replacement becomes its next revision, a
 * cancellation cancels it. What production has already is for a person to decide.
 */
export async function linkChange(deps: Deps, ref: OrderRef): Promise<OrderProgress> {
  const { store, runs } = deps;
  const told = await inTransaction(store, async (tx) => {
    const change = await getOrder(tx, ref.orderId);
    if (change.state !== 'parsed' || change.revision !== ref.revision) return undefined;
    return follow(tx, change, await choose(tx, change), nowIso());
  });
  if (told?.decisionId !== undefined) await runs.tellDecision(told.changed.id, told.decisionId);
  else if (told) await runs.startOrder(await getOrder(store, told.changed.id));
  return readProgress(store, ref.orderId);
}

/**
 * Whether a change that waits may go on: what it waits for came, or it has waited long enough. One of which something is
 * damaged may: others are not to wait for it, and it finds out by itself.
 */
export async function mayGoOn(store: Store, changeId: string): Promise<boolean> {
  const change = await getOrder(store, changeId);
  try {
    return (await choose(store, change)).kind !== 'wait';
  } catch (error) {
    if (error instanceof Damaged) return true;
    throw error;
  }
}

async function choose(tx: Store, change: OrderRow): Promise<Course> {
  const changed = await findChanged(tx, change);
  if (!changed) return (await isOverdue(tx, change)) ? lookFor(change) : { kind: 'wait' };
  if (changed.state === 'received' || (await hasEarlierChange(tx, change, changed))) return { kind: 'wait' };
  const request = await findLastRequest(tx, change.id);
  if (request?.order_id === changed.id) {
    if (request.state === 'applied') return { kind: 'done', changed: asTakenIn(changed, request) };
    if (request.state === 'pending') return { kind: 'wait' };
    // Refused because it came between two revisions, or too late: asked anew, or decided by where the order is now.
    const isAsBefore = request.revision === changed.revision && !isOver(changed);
    if (isAsBefore && !(await isApprovedSince(tx, change, REFUSED, request.settled_at ?? '')))
      return refused(request.refusal, changed);
  }
  if (isGone(changed)) return chooseOfGone(change, changed);
  if (await changesNothing(tx, change, changed)) return { kind: 'done', changed };
  return (await isOutdated(tx, change, changed)) ? askOfOutdated(changed) : chooseByState(change, changed);
}

/** The order in the revision that the change became; it may have had others since. */
function asTakenIn(changed: OrderRow, request: { readonly action: string; readonly revision: number }): OrderRow {
  const next = request.action === 'supersede' ? request.revision + 1 : request.revision;
  return { ...changed, revision: Math.min(next, changed.revision) };
}

/** Whether nothing but giving back and telling is left to do. */
function isOver({ state, terminal_at: terminalAt }: OrderRow): boolean {
  return terminalAt !== null || GIVEN_UP.includes(state);
}

/** Nothing can be written about it any more, so nothing is done to it either. */
function chooseOfGone({ type }: OrderRow, changed: OrderRow): Course {
  if (type === 'cancel' && GIVEN_UP.includes(changed.state)) return { kind: 'done', changed };
  const message = 'the content of the order that this changes was removed; see to it in production, then reject this';
  return { kind: 'review', code: CONTENT_GONE, message, changed };
}

async function isOutdated(tx: Store, change: OrderRow, changed: OrderRow): Promise<boolean> {
  if (!(await hasLaterChange(tx, change, changed))) return false;
  const ref = { orderId: change.id, revision: change.revision };
  return !(await listApprovedCodes(tx, ref)).includes(OUTDATED);
}

function askOfOutdated(changed: OrderRow): Course {
  const message = 'the order took in a change that came after this one; approve to bring this one to it all the same';
  return { kind: 'review', code: OUTDATED, message, changed };
}

/**
 * Whether the order is as the change wants it, or was told later than the change. One that was given up is begun anew all
 * the same, unless it is only told anew: what people corrected or decided of what was said before stands.
 */
async function changesNothing(tx: Store, change: OrderRow, changed: OrderRow): Promise<boolean> {
  if (change.type !== 'replace') return false;
  const wanted = await readChange(tx, change.id);
  const told = await findToldBefore(tx, change, changed);
  if (told && (isSameContent(told, wanted) || isEarlierState(wanted, told))) return true;
  if (GIVEN_UP.includes(changed.state)) return false;
  const content = await findContent(tx, changed);
  return content !== undefined && isSameContent(content, wanted);
}

function chooseByState({ type }: OrderRow, changed: OrderRow): Course {
  const { state, terminal_at: terminalAt, production_order_id: productionOrder } = changed;
  if (state === 'completed') {
    if (type === 'replace') return { kind: 'judge', changed };
    const message = `this cancels an order that production has, as ${String(productionOrder)}; approve to cancel it there`;
    return { kind: 'review', code: AFTER_HANDOFF, message, changed };
  }
  const isGivenUp = GIVEN_UP.includes(state);
  if (isGivenUp && terminalAt === null) return { kind: 'wait' };
  if (isGivenUp && type === 'cancel') return { kind: 'done', changed };
  if (state === 'cancelled') {
    const message = 'this replaces an order that was cancelled; approve to begin that order anew with this content';
    return { kind: 'review', code: OF_CANCELLED, message, changed };
  }
  if (terminalAt === null) return { kind: 'ask', changed };
  return type === 'cancel' ? { kind: 'end', changed } : { kind: 'revive', changed };
}

async function isOverdue(tx: Store, change: OrderRow): Promise<boolean> {
  const { changeWaitHours } = await getSource(tx, change.source);
  return Date.now() - Date.parse(change.received_at) > changeWaitHours * HOUR_MS;
}

function lookFor({ po_number: poNumber, customer_id: customerId }: OrderRow): Course {
  const message = `no order with PO number ${String(poNumber)} of customer ${String(customerId)} came; correct the number, or reject this`;
  return { kind: 'review', code: NO_ORIGINAL, message, changed: undefined };
}

function refused(refusal: string | null, changed: OrderRow | undefined): Extract<Course, { kind: 'review' }> {
  const message = `the order did not take the change: ${refusal ?? 'it does not say why'}`;
  return { kind: 'review', code: REFUSED, message, changed };
}

/** Whom to tell after the transaction; a decision for an order's inbox, or an order that begins anew. */
interface Told {
  readonly changed: OrderRow;
  readonly decisionId?: string;
}

async function follow(tx: Store, change: OrderRow, course: Course, at: string): Promise<Told | undefined> {
  const ref = { orderId: change.id, revision: change.revision };
  switch (course.kind) {
    case 'wait':
      await hold(tx, ref, { code: CHANGE_WAITS, state: 'held', resume: 'parsed', changed: null }, at);
      return undefined;
    case 'judge':
      await noteChanged(tx, ref, course.changed);
      return undefined;
    case 'review':
      await review(tx, change, course, at);
      return undefined;
    case 'done':
      await finishChange(tx, change, course.changed, at);
      return undefined;
    case 'end': {
      const { id: orderId, revision } = course.changed;
      await moveOrder(tx, { orderId, revision }, ['staged'], 'cancelled', at, { terminal_at: at });
      const entry = { stepKey: `cancelled:${change.id}`, at, actor: WORKER, action: 'order.cancelled_on_paper' };
      await appendLog(tx, `order:${orderId}`, { ...entry, detail: { change: change.id } });
      await finishChange(tx, change, course.changed, at);
      return undefined;
    }
    case 'revive':
      await revive(tx, change, course.changed, at);
      return { changed: course.changed };
    case 'ask':
      await hold(tx, ref, { code: CHANGE_WAITS, state: 'held', resume: 'parsed', changed: course.changed.id }, at);
      return { changed: course.changed, decisionId: await ask(tx, change, course.changed, at) };
  }
}

interface Stop {
  readonly code: string;
  readonly state: 'held' | 'in_review';
  readonly resume: 'parsed' | 'validated';
  readonly changed: string | null;
}

async function hold(tx: Store, ref: OrderRef, { code, state, resume, changed }: Stop, at: string): Promise<void> {
  const link = changed === null ? {} : { changes_order_id: changed };
  await moveOrder(tx, ref, ['parsed', 'validated'], state, at, { resume_state: resume, ...link });
  const releaseRole = state === 'held' ? null : 'reviewer';
  await openHolds(tx, ref, [{ code, category: 'business_rule', releaseRole }], at);
  const detail = { code, ...(changed !== null && { changes: changed }) };
  const entry = { stepKey: `change:${code}:${at}`, at, actor: WORKER, action: 'order.held', detail };
  await appendLog(tx, `order:${ref.orderId}`, entry);
}

/** Where an approval has it chosen anew what is to become of the change; after others it is carried out. */
const ASKED_ANEW: readonly string[] = [NO_ORIGINAL, REFUSED, OUTDATED, CONTENT_GONE];

async function review(
  tx: Store,
  change: OrderRow,
  { code, message, changed }: Extract<Course, { kind: 'review' }>,
  at: string,
  resume: Stop['resume'] = ASKED_ANEW.includes(code) ? 'parsed' : 'validated',
): Promise<void> {
  const ref = { orderId: change.id, revision: change.revision };
  const finding: Finding = {
    code,
    category: 'business_rule',
    disposition: 'hold',
    path: '/type',
    message,
    evidence: changed?.id ?? null,
    location: {},
  };
  await putFindings(tx, { subject: `order:${change.id}`, revision: change.revision, step: 'clash', at }, [finding]);
  await hold(tx, ref, { code, state: 'in_review', resume, changed: changed?.id ?? null }, at);
}

/** Leaves a change that production would not take to a person, who may have production asked again. */
export function holdRefusedChange(tx: Store, change: OrderRow, why: string, at: string): Promise<void> {
  return review(tx, change, refused(why, undefined), at, 'validated');
}

async function noteChanged(tx: Store, ref: OrderRef, changed: OrderRow): Promise<void> {
  await tx.db.updateTable('orders').set({ changes_order_id: changed.id }).where('id', '=', ref.orderId).execute();
}

/** What a person is told of a replacement for an order that production has. */
export function describeAfterHandoff(changed: string | null): Finding {
  const message = 'this replaces an order that production has; approve to change it there';
  const common = { category: 'business_rule', disposition: 'hold', path: '/type', location: {} } as const;
  return { ...common, code: AFTER_HANDOFF, message, evidence: changed };
}

/** Writes what the change asks for as a decision on the order, in the name of the source that sent it. */
async function ask(tx: Store, change: OrderRow, changed: OrderRow, at: string): Promise<string> {
  const id = uuidv7();
  const action = change.type === 'cancel' ? 'cancel' : 'supersede';
  const reason = `asked for by the ${change.type} that came as order ${change.id}`;
  const of = { orderId: changed.id, revision: changed.revision, reviewId: null };
  const by = { actor: authorOf(change), roles: [], reason, changes: [], changeOrderId: change.id };
  await writeDecision(tx, { id, action, ...of, ...by }, at);
  return id;
}

/** Who typed the change, or else who sent it: nobody approves an order that their own change made what it is. */
export function authorOf(change: OrderRow): string {
  return change.operator_id ?? `source:${change.source}`;
}

/** Begins an order that is over anew, with the content of the change. */
export async function revive(tx: Store, change: OrderRow, changed: OrderRow, at: string): Promise<void> {
  const next = await readSuperseding(tx, change, changed);
  const revision = await reviveOrder(tx, changed, next, { actor: authorOf(change), at });
  await indexPeople(tx, changed.id, next);
  const detail = { change: change.id, revision };
  const entry = { stepKey: `revived:${String(revision)}`, at, actor: WORKER, action: 'order.revived', detail };
  await appendLog(tx, `order:${changed.id}`, entry);
  await finishChange(tx, change, { ...changed, revision }, at);
}

/** Ends a change that its order took in. */
export async function finishChange(tx: Store, change: OrderRow, changed: OrderRow, at: string): Promise<void> {
  const ref = { orderId: change.id, revision: change.revision };
  const link = { changes_order_id: changed.id, changes_revision: changed.revision };
  if (!(await moveOrder(tx, ref, ['parsed', 'validated'], 'applied', at, { terminal_at: at, ...link }))) return;
  await putNotice(tx, change.id, { kind: 'order.applied', stepKey: 'applied', at });
  const detail = { changes: changed.id, revision: changed.revision };
  const entry = { stepKey: 'applied', at, actor: WORKER, action: 'order.applied', detail };
  await appendLog(tx, `order:${change.id}`, entry);
}
