import { v7 as uuidv7 } from 'uuid';
import { readSuperseding, reviveOrder } from '../db/changes.ts';
import { writeDecision } from '../db/decisions.ts';
import { putFindings } from '../db/findings.ts';
import { openHolds } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { getOrder, moveOrder, type OrderRef, type OrderRow } from '../db/orders.ts';
import { indexPeople } from '../db/people.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { Finding } from '../orders/finding.ts';
import {
  AFTER_HANDOFF,
  askOfRefused,
  CHANGE_WAITS,
  chooseCourse,
  CONTENT_GONE,
  type Course,
  NO_ORIGINAL,
  OUTDATED,
  REFUSED,
  type Review,
} from './choose-course.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { putNotice } from './notice.ts';
import { type OrderProgress, readProgress } from './progress.ts';

/**
 * Brings a change to the order that it changes, as far as that can be done now: a replacement becomes its next revision, a
 * cancellation cancels it. What production has already is for a person to decide.
 */
export async function linkChange(deps: Deps, ref: OrderRef): Promise<OrderProgress> {
  const { store, runs } = deps;
  const told = await inTransaction(store, async (tx) => {
    const change = await getOrder(tx, ref.orderId);
    if (change.state !== 'parsed' || change.revision !== ref.revision) return undefined;
    return follow(tx, change, await chooseCourse(tx, change), nowIso());
  });
  if (told?.decisionId !== undefined) await runs.tellDecision(told.changed.id, told.decisionId);
  else if (told) await runs.startOrder(await getOrder(store, told.changed.id));
  return readProgress(store, ref.orderId);
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
  { code, message, changed }: Review,
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
  return review(tx, change, askOfRefused(why, undefined), at, 'validated');
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
