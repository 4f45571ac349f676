import type { SubmitResult } from '../backoffice/port.ts';
import { claimChangeRevision, findChanged, readChange, toSuperseding } from '../db/changes.ts';
import { appendLog } from '../db/log.ts';
import { columnsOf, getOrder, moveOrder, type OrderRef, type OrderRow, putRevision } from '../db/orders.ts';
import { indexPeople } from '../db/people.ts';
import { putStaged } from '../db/staged.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { Order } from '../orders/order.ts';
import { authorOf, findContent, finishChange, holdRefusedChange, revive } from './apply-change.ts';
import { askBackOffice } from './back-office.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { passGate } from './gate.ts';
import { putNotice } from './notice.ts';
import { type OrderProgress, readProgress } from './progress.ts';

/** What is to be asked of production. */
type Call =
  | { readonly kind: 'cancel'; readonly changed: OrderRow }
  | { readonly kind: 'amend'; readonly changed: OrderRow; readonly revision: number; readonly content: Order };

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

async function begin(
  tx: Store,
  ref: OrderRef,
): Promise<Call | { readonly kind: 'revived'; readonly changed: OrderRow } | undefined> {
  const at = nowIso();
  const change = await getOrder(tx, ref.orderId);
  if (change.state !== 'validated' || change.revision !== ref.revision) return undefined;
  const changed = await findChanged(tx, change);
  if (changed?.state === 'cancelled' && changed.terminal_at !== null && change.type === 'replace') {
    await revive(tx, change, changed, at);
    return { kind: 'revived', changed };
  }
  if (changed?.state !== 'completed') {
    // It moved while a person thought: what is to become of the change is asked anew.
    await moveOrder(tx, ref, ['validated'], 'parsed', at);
    return undefined;
  }
  const gate = await passGate(tx, ref, 'validated', at);
  if (gate === 'shadow') await moveOrder(tx, ref, ['validated'], 'staged', at, { terminal_at: at });
  if (gate !== 'live') return undefined;
  if (change.type === 'cancel') return { kind: 'cancel', changed };
  const former = await findContent(tx, changed);
  const content = toSuperseding(changed, former, await readChange(tx, change.id));
  return { kind: 'amend', changed, content, revision: await claimChangeRevision(tx, change, changed) };
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
  const result = await askBackOffice(() => backOffice().amend(key, call.content));
  await inTransaction(store, (tx) =>
    result.accepted ? noteAmended(tx, ref, call, result) : refuse(tx, ref, `production refused it: ${result.reason}`),
  );
}

async function noteAmended(
  tx: Store,
  ref: OrderRef,
  { changed, revision, content }: Extract<Call, { kind: 'amend' }>,
  { productionOrderId }: Extract<SubmitResult, { accepted: true }>,
): Promise<void> {
  const at = nowIso();
  const change = await getOrder(tx, ref.orderId);
  const from = { orderId: changed.id, revision: changed.revision };
  const set = { ...columnsOf(content), revision, production_order_id: productionOrderId, terminal_at: at };
  if (await moveOrder(tx, from, ['completed'], 'completed', at, set)) {
    const next = { orderId: changed.id, revision };
    await putRevision(tx, next, content, { origin: 'superseded', actor: authorOf(change), at });
    await indexPeople(tx, changed.id, content);
    await putStaged(tx, next, content, at);
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
