import type { SubmitResult } from '../backoffice/port.ts';
import { putFindings } from '../db/findings.ts';
import { giveUpFulfilments } from '../db/fulfilment.ts';
import { beginHandoff, settleHandoff } from '../db/handoffs.ts';
import { openHolds } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { getOrder, moveOrder, type OrderRef } from '../db/orders.ts';
import { getStaged } from '../db/staged.ts';
import { inTransaction, type Store } from '../db/store.ts';
import { askBackOffice } from './back-office.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { passGate } from './gate.ts';
import { putNotice } from './notice.ts';
import { type OrderProgress, readProgress } from './progress.ts';

/**
 * Hands the staged order to production. That a submission began is on the row before the call; from then on its outcome
 * is unknown until the back office has answered, and a submission whose answer was lost is first asked after.
 */
export async function submitOrder(deps: Deps, ref: OrderRef): Promise<OrderProgress> {
  const { store } = deps;
  const begin = await inTransaction(store, (tx) => beginSubmission(tx, ref));
  if (begin === 'shadow') await endOnPaper(deps, ref);
  else if (begin !== 'waits') {
    const result = await askBackOffice(() => obtainResult(deps, ref, begin));
    await inTransaction(store, (tx) => keepSubmitResult(tx, ref, result));
  }
  return readProgress(store, ref.orderId);
}

async function beginSubmission(tx: Store, ref: OrderRef): Promise<'first' | 'again' | 'shadow' | 'waits'> {
  const at = nowIso();
  const { state, revision } = await getOrder(tx, ref.orderId);
  // The step of a worker that was given up: what it would submit was corrected since.
  if (revision !== ref.revision) return 'waits';
  if (state === 'submitted') return 'again';
  if (state !== 'staged') return 'waits';
  const gate = await passGate(tx, ref, 'staged', at);
  if (gate !== 'live') return gate;
  await beginHandoff(tx, ref, at);
  await moveOrder(tx, ref, ['staged'], 'submitted', at);
  const stepKey = `submit:${String(ref.revision)}`;
  await appendLog(tx, `order:${ref.orderId}`, {
    stepKey,
    at,
    actor: WORKER,
    action: 'order.submitted',
    detail: { ...ref },
  });
  return 'first';
}

/** Ends an order whose source became a shadow after it was reserved. */
async function endOnPaper({ store, backOffice }: Deps, ref: OrderRef): Promise<void> {
  const { reservation } = await getOrder(store, ref.orderId);
  if (reservation === 'began') await askBackOffice(() => backOffice().release(ref.orderId, ref.revision));
  const at = nowIso();
  const released = reservation === 'began' ? ({ reservation: 'released' } as const) : {};
  await inTransaction(store, async (tx) => {
    if (await moveOrder(tx, ref, ['staged'], 'staged', at, { terminal_at: at, ...released }))
      await giveUpFulfilments(tx, ref.orderId, { clearedBy: WORKER, at });
  });
}

async function obtainResult(
  { store, backOffice }: Deps,
  ref: OrderRef,
  begin: 'first' | 'again',
): Promise<SubmitResult> {
  if (begin === 'again') {
    const status = await backOffice().status(ref);
    if (status.state === 'accepted') return { accepted: true, productionOrderId: status.productionOrderId };
    if (status.state === 'cancelled')
      return { accepted: false, reason: 'this submission was cancelled in the back office' };
  }
  return backOffice().submit(ref, await getStaged(store, ref));
}

/** Notes what the back office answered to a submission. */
export async function keepSubmitResult(tx: Store, ref: OrderRef, result: SubmitResult): Promise<void> {
  const at = nowIso();
  if (result.accepted) await complete(tx, ref, result.productionOrderId, at);
  else await holdRefused(tx, ref, result.reason, at);
}

async function complete(tx: Store, ref: OrderRef, productionOrderId: string, at: string): Promise<void> {
  const set = { production_order_id: productionOrderId, terminal_at: at, reservation: 'consumed' } as const;
  if (!(await moveOrder(tx, ref, ['submitted'], 'completed', at, set))) return;
  await settleHandoff(tx, ref, 'accepted', productionOrderId, at);
  await putNotice(tx, ref.orderId, { kind: 'order.completed', stepKey: 'completed', at });
  const detail = { revision: ref.revision, productionOrderId };
  await appendLog(tx, `order:${ref.orderId}`, {
    stepKey: 'completed',
    at,
    actor: WORKER,
    action: 'order.completed',
    detail,
  });
}

async function holdRefused(tx: Store, ref: OrderRef, reason: string, at: string): Promise<void> {
  if (!(await moveOrder(tx, ref, ['submitted'], 'in_review', at, { resume_state: 'staged' }))) return;
  const code = 'HANDOFF.REFUSED';
  const category = 'system_integration';
  const message = 'production refused the order; correct it, or approve to submit it once more';
  const finding = { code, category, disposition: 'hold', path: '', message, evidence: reason, location: {} } as const;
  await settleHandoff(tx, ref, 'refused', null, at);
  await putFindings(tx, { subject: `order:${ref.orderId}`, revision: ref.revision, step: 'submit', at }, [finding]);
  await openHolds(tx, ref, [{ code, category, releaseRole: 'reviewer' }], at);
  const stepKey = `refused:${String(ref.revision)}:${at}`;
  await appendLog(tx, `order:${ref.orderId}`, {
    stepKey,
    at,
    actor: WORKER,
    action: 'order.refused_by_production',
    detail: { ...ref },
  });
}
