import { listFulfilments } from '../db/fulfilment.ts';
import { appendLog } from '../db/log.ts';
import { getOrder, getRevision, moveOrder, type OrderRef } from '../db/orders.ts';
import { putStaged } from '../db/staged.ts';
import { inTransaction } from '../db/store.ts';
import { withFulfilment } from '../orders/fulfilment.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { type OrderProgress, readProgress } from './progress.ts';

/** Writes the order, exactly as it will be handed off, to the staging table: with what of each line goes now and what waits. */
export async function stageOrder({ store }: Deps, ref: OrderRef): Promise<OrderProgress> {
  const order = await getRevision(store, ref);
  const fulfilments = await listFulfilments(store, ref, order.lines.length);
  await inTransaction(store, async (tx) => {
    const at = nowIso();
    // On paper only: a shadow order's story ends here, unless an earlier revision reserved something to give back.
    const { gate, reservation } = await getOrder(tx, ref.orderId);
    const shadow = gate === 'shadow' && reservation !== 'began';
    if (!(await moveOrder(tx, ref, ['reserved'], 'staged', at, shadow ? { terminal_at: at } : {}))) return;
    await putStaged(tx, ref, withFulfilment(order, fulfilments), at);
    const detail = { revision: ref.revision, lines: order.lines.length, shadow };
    await appendLog(tx, `order:${ref.orderId}`, {
      stepKey: `stage:${String(ref.revision)}`,
      at,
      actor: WORKER,
      action: 'order.staged',
      detail,
    });
  });
  return readProgress(store, ref.orderId);
}
