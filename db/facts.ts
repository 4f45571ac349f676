import type { Facts } from '../orders/facts.ts';
import type { Order } from '../orders/order.ts';
import { openRevision, type OrderRef } from './orders.ts';
import { getSealer } from './seal.ts';
import type { Store } from './store.ts';

/** A revision, and what it is judged by. */
export interface Case {
  readonly order: Order;
  readonly facts: Facts;
  /** As {@link findRulesOf} tells it. */
  readonly rulesSequence: number | null;
}

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

/**
 * A revision with what it is judged by, in one read: most steps of an order begin with it.
 * @throws Error if the facts were not taken; Erased if the order's key is gone.
 */
export async function getCase(store: Store, ref: OrderRef): Promise<Case> {
  const row = await store.db
    .selectFrom('facts_snapshots as facts')
    .innerJoin('order_revisions as content', (join) =>
      join.onRef('content.order_id', '=', 'facts.order_id').onRef('content.revision', '=', 'facts.revision'),
    )
    .select(['content.content_sealed as order_sealed', 'facts.content_sealed as facts_sealed', 'facts.rules_sequence'])
    .where('facts.order_id', '=', ref.orderId)
    .where('facts.revision', '=', ref.revision)
    .executeTakeFirst();
  if (!row) throw notTaken(ref);
  const sealer = await getSealer(store, `order:${ref.orderId}`);
  return {
    order: openRevision(sealer, ref, row.order_sealed),
    facts: sealer.openJson<Facts>(placeOf(ref), row.facts_sealed),
    rulesSequence: row.rules_sequence,
  };
}

/** What a revision is judged by. @throws Error if the facts were not taken; Erased if the order's key is gone. */
export async function getFacts(store: Store, ref: OrderRef): Promise<Facts> {
  const row = await store.db
    .selectFrom('facts_snapshots')
    .select('content_sealed')
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .executeTakeFirst();
  if (!row) throw notTaken(ref);
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

function notTaken({ orderId, revision }: OrderRef): Error {
  return new Error(`no facts for order ${orderId} revision ${String(revision)}`);
}

function placeOf(ref: OrderRef): string {
  return `facts ${String(ref.revision)}`;
}
