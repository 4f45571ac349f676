import { getSlice } from '../db/documents.ts';
import { claimExternalOrder } from '../db/duplicates.ts';
import { putFindings } from '../db/findings.ts';
import { appendLog } from '../db/log.ts';
import { columnsOf, getOrder, moveOrder, type OrderRef, type OrderRow, putRevision } from '../db/orders.ts';
import { indexPeople } from '../db/people.ts';
import { getSource } from '../db/sources.ts';
import { inTransaction, type Store } from '../db/store.ts';
import { isRejected } from '../orders/finding.ts';
import type { ParseResult } from '../orders/formats/format.ts';
import { readerOf } from '../orders/formats/readers.ts';
import type { Order } from '../orders/order.ts';
import type { SourceProfile } from '../orders/source.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { type OrderProgress, readProgress } from './progress.ts';

/**
 * Reads the order's slice into the canonical form; what cannot be read goes back to its source. An order that was read
 * before is left as it is: this is how every workflow learns where its order stands.
 */
export async function parseOrder({ store }: Deps, orderId: string): Promise<OrderProgress> {
  const row = await getOrder(store, orderId);
  if (row.state === 'received') {
    const { bytes, format, locator } = await getSlice(store, orderId);
    const profile = await getSource(store, row.source);
    const parsed = readerOf(format).parse(bytes, locator, profile);
    const order = parsed.order && { ...parsed.order, operatorId: row.operator_id };
    const text = Buffer.from(bytes).toString('utf8');
    await keepParsed(store, row, profile, { ...parsed, order }, text);
  }
  return readProgress(store, orderId);
}

async function keepParsed(
  store: Store,
  row: OrderRow,
  profile: SourceProfile,
  parsed: ParseResult,
  text: string,
): Promise<void> {
  const at = nowIso();
  const { findings } = parsed;
  const ref: OrderRef = { orderId: row.id, revision: row.revision };
  const rejected = parsed.order === null || isRejected(findings);
  await inTransaction(store, async (tx) => {
    const order = parsed.order && (await recognizeChange(tx, row, profile, parsed.order, at));
    const moved = await moveOrder(
      tx,
      ref,
      ['received'],
      rejected ? 'rejected' : 'parsed',
      at,
      order ? columnsOf(order) : {},
    );
    if (!moved) return;
    if (order) await putRevision(tx, ref, order, { origin: 'parsed', actor: WORKER, at });
    await indexPeople(tx, ref.orderId, order, text);
    await putFindings(tx, { subject: `order:${ref.orderId}`, revision: ref.revision, step: 'parse', at }, findings);
    const detail = { revision: ref.revision, findings: findings.map((finding) => finding.code) };
    const action = rejected ? 'order.rejected' : 'order.parsed';
    await appendLog(tx, `order:${ref.orderId}`, {
      stepKey: `parse:${String(ref.revision)}`,
      at,
      actor: WORKER,
      action,
      detail,
    });
  });
}

/**
 * Integrations that push their orders or are polled tell the same order anew when anything about it changes: what comes
 * later under the same id of theirs replaces what came first, and never makes a second order.
 */
async function recognizeChange(
  tx: Store,
  row: OrderRow,
  { webhook, poll }: SourceProfile,
  order: Order,
  at: string,
): Promise<Order> {
  const { externalId } = order;
  if (order.type !== 'new' || (!webhook && !poll) || externalId === undefined || externalId === null) return order;
  const first = await claimExternalOrder(tx, row, externalId, at);
  return first === undefined ? order : { ...order, type: 'replace' };
}
