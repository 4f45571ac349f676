import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Explanation } from '../orders/rules/rule.ts';
import type { OrderRef } from './orders.ts';
import { getSealer } from './seal.ts';
import type { Store } from './store.ts';

/**
 * Keeps how the rules came to their verdict on a revision, beside the facts. The words repeat themselves from line to
 * line, so they are packed before they are sealed: to a tenth, as a rule.
 * @throws Erased if the order's key is gone
 */
export async function putVerdict(tx: Store, ref: OrderRef, explanations: readonly Explanation[]): Promise<void> {
  const sealer = await getSealer(tx, `order:${ref.orderId}`);
  const content = sealer.seal(placeOf(ref), deflateRawSync(JSON.stringify(explanations)));
  await tx.db
    .updateTable('facts_snapshots')
    .set({ verdict_sealed: content })
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .execute();
}

/**
 * How the rules came to their verdict on a revision; undefined if it has none.
 * @throws Erased if the order's key is gone
 */
export async function findVerdict(store: Store, ref: OrderRef): Promise<readonly Explanation[] | undefined> {
  const row = await store.db
    .selectFrom('facts_snapshots')
    .select('verdict_sealed')
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .executeTakeFirst();
  if (!row?.verdict_sealed) return undefined;
  const sealer = await getSealer(store, `order:${ref.orderId}`);
  const packed = sealer.open(placeOf(ref), row.verdict_sealed);
  return JSON.parse(inflateRawSync(packed).toString('utf8')) as readonly Explanation[];
}

function placeOf(ref: OrderRef): string {
  return `verdict ${String(ref.revision)}`;
}
