import { giveUpFulfilments } from '../db/fulfilment.ts';
import { clearHolds } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { getOrder, moveOrder, type OrderRef } from '../db/orders.ts';
import { closeReview } from '../db/reviews.ts';
import { inTransaction } from '../db/store.ts';
import { askBackOffice } from './back-office.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { putNotice } from './notice.ts';
import { type OrderProgress, readProgress } from './progress.ts';

/** Ends a rejected or cancelled order: gives back what it may have reserved, tells its source. */
export async function closeOrder({ store, backOffice }: Deps, ref: OrderRef): Promise<OrderProgress> {
  const { state, reservation, terminal_at: terminalAt } = await getOrder(store, ref.orderId);
  if (terminalAt !== null || (state !== 'rejected' && state !== 'cancelled')) return readProgress(store, ref.orderId);
  if (reservation === 'began') await askBackOffice(() => backOffice().release(ref.orderId, ref.revision));
  await inTransaction(store, async (tx) => {
    const at = nowIso();
    const released = reservation === 'began' ? ({ reservation: 'released' } as const) : {};
    if (!(await moveOrder(tx, ref, [state], state, at, { terminal_at: at, ...released }))) return;
    await clearHolds(tx, ref.orderId, { clearedBy: state, at });
    await giveUpFulfilments(tx, ref.orderId, { clearedBy: state, at });
    await closeReview(tx, ref.orderId, at);
    const kind = `order.${state}` as const;
    const stepKey = `closed:${String(ref.revision)}`;
    await putNotice(tx, ref.orderId, { kind, stepKey, at });
    const detail = { revision: ref.revision, state, released: reservation === 'began' };
    await appendLog(tx, `order:${ref.orderId}`, { stepKey, at, actor: WORKER, action: 'order.closed', detail });
  });
  return readProgress(store, ref.orderId);
}
