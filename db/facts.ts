import type { Facts } from '../orders/facts.ts';
import type { OrderRef } from './orders.ts';
import { getSealer } from './seal.ts';
import type { Store } from './store.ts';

/**
 * Keeps what a revision is judged by, replacing an older answer.
 * @param rulesSequence the last version of a rule that counts for it; see `rules.ts`
 * @throws Erased if the order's key is gone.
 */
export async function putFacts(tx: Store, ref: OrderRef, facts: Facts, rulesSequence: number): Promise<void> {
  const sealer = await getSealer(tx, `order:${ref.orderId}`);
  const content = sealer.sealJson(placeOf(ref), facts);
  await tx.db
    .deleteFrom('facts_snapshots')
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .execute();
  await tx.db
    .insertInto('facts_snapshots')
    .values({
      order_id: ref.orderId,
      revision: ref.revision,
      content_sealed: content,
      taken_at: facts.asOf,
      rules_sequence: rulesSequence,
      verdict_sealed: null,
    })
    .execute();
}

/** What a revision is judged by. @throws Error if the facts were not taken; Erased if the order's key is gone. */
export async function getFacts(store: Store, ref: OrderRef): Promise<Facts> {
  const row = await store.db
    .selectFrom('facts_snapshots')
    .select('content_sealed')
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .executeTakeFirst();
  if (!row) throw new Error(`no facts for order ${ref.orderId} revision ${String(ref.revision)}`);
  const sealer = await getSealer(store, `order:${ref.orderId}`);
  return sealer.openJson<Facts>(placeOf(ref), row.content_sealed);
}

/** Which versions of rules a revision is judged by; null if it was before that was kept, or has no facts. */
export async function findRulesOf(store: Store, ref: OrderRef): Promise<number | null> {
  const row = await store.db
    .selectFrom('facts_snapshots')
    .select('rules_sequence')
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .executeTakeFirst();
  return row?.rules_sequence ?? null;
}

function placeOf(ref: OrderRef): string {
  return `facts ${String(ref.revision)}`;
}
