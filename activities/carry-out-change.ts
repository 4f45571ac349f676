import type { BackOffice } from '../backoffice/port.ts';
import { claimChangeRevision, findChanged, noteAsked, readChange, readSuperseding } from '../db/changes.ts';
import { claimPurchaseOrder } from '../db/duplicates.ts';
import { giveUpFulfilments, putFulfilments } from '../db/fulfilment.ts';
import { clearHolds, listApprovedCodes } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { columnsOf, getOrder, isGone, moveOrder, type OrderRef, type OrderRow, putRevision } from '../db/orders.ts';
import { indexPeople } from '../db/people.ts';
import { getCaseNow } from '../db/rejudgements.ts';
import { closeReview } from '../db/reviews.ts';
import { putStaged } from '../db/staged.ts';
import { inTransaction, type Store } from '../db/store.ts';
import { type Fulfilment, withFulfilment } from '../orders/fulfilment.ts';
import type { Order } from '../orders/order.ts';
import { authorOf, finishChange, holdRefusedChange, revive } from './apply-change.ts';
import { askBackOffice, trustFulfilments } from './back-office.ts';
import { AFTER_HANDOFF, OF_CANCELLED } from './choose-course.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { passGate } from './gate.ts';
import { putNotice } from './notice.ts';
import { type OrderProgress, readProgress } from './progress.ts';
import { findTerms, type Terms } from './serving-terms.ts';

/** What is to be asked of production. */
type Call =
  | { readonly kind: 'cancel'; readonly changed: OrderRow }
  | {
      readonly kind: 'amend';
      readonly changed: OrderRow;
      readonly revision: number;
      readonly content: Order;
      readonly how: Terms;
    };

/**
 * Carries out a change that a person approved: production cancels or changes what it has. Under which revision is on the
 * row before the call, so that a call whose answer was lost is the same call again.
 */
export async function carryOutChange(deps: Deps, ref: OrderRef): Promise<OrderProgress> {
  const { store, runs } = deps;
  const begun = await inTransaction(store, (tx) => begin(tx, ref));
  if (begun?.kind === 'revived') await runs.startOrder(await getOrder(store, begun.changed.id));
  else if (begun?.kind === 'cancel') await cancel(deps, ref, begun);
  else if (begun?.kind === 'amend') await amend(deps, ref, begun);
  return readProgress(store, ref.orderId);
}

function isRevivable({ type }: OrderRow, changed: OrderRow): boolean {
  return type === 'replace' && changed.state === 'cancelled' && changed.terminal_at !== null && !isGone(changed);
}

async function begin(
  tx: Store,
  ref: OrderRef,
): Promise<Call | { readonly kind: 'revived'; readonly changed: OrderRow } | undefined> {
  const at = nowIso();
  const change = await getOrder(tx, ref.orderId);
  if (change.state !== 'validated' || change.revision !== ref.revision) return undefined;
  const changed = await findChanged(tx, change);
  const approved = await listApprovedCodes(tx, ref);
  if (changed && approved.includes(OF_CANCELLED) && isRevivable(change, changed)) {
    await revive(tx, change, changed, at);
    return { kind: 'revived', changed };
  }
  if (changed?.state !== 'completed' || isGone(changed) || !approved.includes(AFTER_HANDOFF)) {
    // It moved while a person thought, who approved something else: what is to become of the change is chosen anew.
    await moveOrder(tx, ref, ['validated'], 'parsed', at);
    return undefined;
  }
  const gate = await passGate(tx, ref, 'validated', at);
  if (gate === 'shadow') await moveOrder(tx, ref, ['validated'], 'staged', at, { terminal_at: at });
  if (gate !== 'live') return undefined;
  if (change.type === 'cancel') {
    await noteAsked(tx, change, { orderId: changed.id, revision: changed.revision });
    return { kind: 'cancel', changed };
  }
  const content = await readSuperseding(tx, change, changed);
  const how = await findTerms(tx, ref, { ...(await getCaseNow(tx, ref)), order: content });
  return { kind: 'amend', changed, content, how, revision: await claimChangeRevision(tx, change, changed) };
}

async function cancel({ store, backOffice }: Deps, ref: OrderRef, { changed }: Call): Promise<void> {
  const key = { orderId: changed.id, revision: changed.revision };
  const outcome = await askBackOffice(() => backOffice().cancel(key));
  const why = 'production has begun, it is too late to cancel there';
  await inTransaction(store, (tx) => (outcome === 'cancelled' ? noteCancelled(tx, ref, key) : refuse(tx, ref, why)));
}

async function noteCancelled(tx: Store, ref: OrderRef, key: OrderRef): Promise<void> {
  const at = nowIso();
  const change = await getOrder(tx, ref.orderId);
  if (await moveOrder(tx, key, ['completed'], 'cancelled', at, { terminal_at: at })) {
    await giveUpFulfilments(tx, key.orderId, { clearedBy: 'cancelled', at });
    await putNotice(tx, key.orderId, { kind: 'order.cancelled', stepKey: `closed:${String(key.revision)}`, at });
    const detail = { change: change.id, production: 'cancelled' };
    const entry = {
      stepKey: `cancelled:${change.id}`,
      at,
      actor: WORKER,
      action: 'order.cancelled_in_production',
      detail,
    };
    await appendLog(tx, `order:${key.orderId}`, entry);
  }
  await finishChange(tx, change, await getOrder(tx, key.orderId), at);
}

async function amend(
  { store, backOffice }: Deps,
  ref: OrderRef,
  call: Extract<Call, { kind: 'amend' }>,
): Promise<void> {
  const key = { orderId: call.changed.id, revision: call.revision };
  const result = await askBackOffice(() => backOffice().amend(key, call.content, call.how));
  const lines = result.accepted ? await takeWaiting(backOffice(), key, call.content) : [];
  await inTransaction(store, (tx) =>
    result.accepted
      ? noteAmended(tx, ref, call, { ...result, lines })
      : refuse(tx, ref, `production refused it: ${result.reason}`),
  );
}

/** How the lines of an order stand that was amended, after what is there was taken for them. */
function takeWaiting(backOffice: BackOffice, key: OrderRef, { lines }: Order): Promise<readonly Fulfilment[]> {
  const quantities = lines.map(({ quantity }) => quantity);
  return askBackOffice(async () =>
    trustFulfilments('takeBackorders', quantities, await backOffice.takeBackorders(key)),
  );
}

/** What production made of an amendment. */
interface Amended {
  readonly productionOrderId: string;
  /** How the lines stand that were served anew. */
  readonly lines: readonly Fulfilment[];
}

async function noteAmended(
  tx: Store,
  ref: OrderRef,
  { changed, revision, content }: Omit<Extract<Call, { kind: 'amend' }>, 'how'>,
  { productionOrderId, lines }: Amended,
): Promise<void> {
  const at = nowIso();
  const change = await getOrder(tx, ref.orderId);
  const from = { orderId: changed.id, revision: changed.revision };
  const set = { ...columnsOf(content), revision, production_order_id: productionOrderId, terminal_at: at };
  if (await moveOrder(tx, from, ['completed'], 'completed', at, set)) {
    const next = { orderId: changed.id, revision };
    await putRevision(tx, next, content, { origin: 'superseded', actor: authorOf(change), at });
    await indexPeople(tx, changed.id, content);
    await putFulfilments(tx, next, lines, { clearedBy: 'amended', at });
    await putStaged(tx, next, withFulfilment(content, lines), at);
    await claimPurchaseOrder(tx, await getOrder(tx, changed.id), at);
    await putNotice(tx, changed.id, { kind: 'order.completed', stepKey: `amended:${String(revision)}`, at });
    const detail = { change: change.id, revision, productionOrderId };
    const entry = { stepKey: `amended:${String(revision)}`, at, actor: WORKER, action: 'order.amended', detail };
    await appendLog(tx, `order:${changed.id}`, entry);
  }
  await finishChange(tx, change, { ...changed, revision }, at);
}

async function refuse(tx: Store, ref: OrderRef, why: string): Promise<void> {
  const change = await getOrder(tx, ref.orderId);
  if (change.state === 'validated') await holdRefusedChange(tx, change, why, nowIso());
}

/**
 * Learns what became of a change that production was asked for, before the change may be given up: one that production
 * made is taken in.
 */
export async function settleChange({ store, backOffice }: Deps, ref: OrderRef): Promise<void> {
  const change = await getOrder(store, ref.orderId);
  const { changes_order_id: orderId, changes_revision: revision, type } = change;
  if (orderId === null || revision === null || change.terminal_at !== null) return;
  const key = { orderId, revision };
  const status = await askBackOffice(() => backOffice().status(key));
  if (status.state !== (type === 'cancel' ? 'cancelled' : 'accepted')) return;
  const lines = type === 'cancel' ? [] : await takeWaiting(backOffice(), key, await readChange(store, change.id));
  await inTransaction(store, async (tx) => {
    const at = nowIso();
    const changed = await takeUp(tx, ref, orderId, at);
    if (!changed) return;
    if (type === 'cancel' || status.state !== 'accepted') return noteCancelled(tx, ref, key);
    const content = await readSuperseding(tx, change, changed);
    return noteAmended(tx, ref, { kind: 'amend', changed, revision, content }, { ...status, lines });
  });
}

/** Takes a change that waits up again. @returns the order that it changes; undefined if it does not wait any more */
async function takeUp(tx: Store, ref: OrderRef, orderId: string, at: string): Promise<OrderRow | undefined> {
  if (!(await moveOrder(tx, ref, ['held', 'in_review', 'validated'], 'validated', at))) return undefined;
  await clearHolds(tx, ref.orderId, { clearedBy: WORKER, at });
  await closeReview(tx, ref.orderId, at);
  return getOrder(tx, orderId);
}
