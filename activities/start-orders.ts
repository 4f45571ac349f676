import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { countInAutomaticPart, getDocument, listDocumentOrders, markProcessed } from '../db/documents.ts';
import { getOrder } from '../db/orders.ts';
import { type Deps, nowIso } from './deps.ts';

/** How many of a document's orders may be in their automatic part at once. */
const WINDOW = 40;
const LOOK_EVERY_MS = 100;

/**
 * Starts the next orders of a document, at most {@link WINDOW} in their automatic part at a time: a slot frees when an
 * order's automatic part ends, so held orders never stop the document. Starting one that runs changes nothing.
 * @param after position of the last order that was started; -1 at the beginning.
 * @returns position of the last order that is started now, and whether there are more.
 */
export async function startOrders(
  { store, runs }: Deps,
  documentId: string,
  after: number,
  size: number,
): Promise<{ last: number; more: boolean }> {
  const document = await getDocument(store, documentId);
  const orders = await listDocumentOrders(store, documentId, { after, size });
  for (const { order_id: id, position } of orders) {
    await waitForSlot(() => countInAutomaticPart(store, documentId, position - 1), WINDOW);
    const order = await getOrder(store, id);
    if (order.automatic_done_at === null) await runs.startOrder({ ...document, id, state: order.state });
  }
  return { last: orders.at(-1)?.position ?? after, more: orders.length === size };
}

/** Waits until the automatic part of every order of the document is over. */
export async function finishDocument({ store }: Deps, documentId: string): Promise<void> {
  await waitForSlot(() => countInAutomaticPart(store, documentId, Number.MAX_SAFE_INTEGER), 1);
  await markProcessed(store, documentId, nowIso());
}

/** Waits until `count` is below `limit`, telling Temporal that it is alive. */
async function waitForSlot(count: () => Promise<number>, limit: number): Promise<void> {
  const context = Context.current();
  while ((await count()) >= limit) {
    context.heartbeat();
    await pause(LOOK_EVERY_MS, undefined, { signal: context.cancellationSignal });
  }
}
