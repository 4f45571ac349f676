import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Facts } from '../orders/facts.ts';
import type { Finding } from '../orders/finding.ts';
import type { Explanation } from '../orders/rules/rule.ts';
import { first } from './dialect.ts';
import { type Case, getCase } from './facts.ts';
import { parseKept } from './faults.ts';
import type { OrderRef } from './orders.ts';
import { getSealer } from './seal.ts';
import type { Store } from './store.ts';
import type { RejudgementOccasion } from './tables.ts';

/** A later judgement of a revision by fresh facts, and what it changed. */
export interface Rejudgement {
  readonly occasion: RejudgementOccasion;
  readonly facts: Facts;
  readonly explanations: readonly Explanation[];
  /** What was found before and is not found any more, or otherwise. */
  readonly gone: readonly Finding[];
  /** Codes of the holds that it cleared and opened. */
  readonly cleared: string[];
  readonly opened: string[];
}

/** A later judgement as it is kept: 1, 2, 3 … after the one by which the revision was judged first; some may be dropped. */
export type KeptRejudgement = Rejudgement & { readonly sequence: number };

type Packed = Pick<Rejudgement, 'explanations' | 'gone'>;

/**
 * Keeps a later judgement of a revision beside the ones before.
 * @returns its number
 * @throws Erased if the order's key is gone
 */
export async function putRejudgement(tx: Store, ref: OrderRef, judged: Rejudgement): Promise<number> {
  const sequence = (await getJudgementNumber(tx, ref)) + 1;
  const sealer = await getSealer(tx, `order:${ref.orderId}`);
  const { occasion, facts, explanations, gone, cleared, opened } = judged;
  const packed = deflateRawSync(JSON.stringify({ explanations, gone } satisfies Packed));
  await tx.db
    .insertInto('rejudgements')
    .values({
      order_id: ref.orderId,
      revision: ref.revision,
      sequence,
      occasion,
      taken_at: facts.asOf,
      cleared_json: JSON.stringify(cleared),
      opened_json: JSON.stringify(opened),
      facts_sealed: sealer.sealJson(placeOf('facts', ref, sequence), facts),
      verdict_sealed: sealer.seal(placeOf('verdict', ref, sequence), packed),
    })
    .execute();
  return sequence;
}

/**
 * The last judgement of a revision, if it left an order waiting by the same holds, and what was gone by it.
 * @throws Erased if the order's key is gone
 */
export async function findIdleRejudgement(
  tx: Store,
  ref: OrderRef,
): Promise<Pick<KeptRejudgement, 'sequence' | 'gone'> | undefined> {
  const query = tx.db
    .selectFrom('rejudgements')
    .select(['sequence', 'occasion', 'cleared_json', 'opened_json', 'verdict_sealed'])
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .orderBy('sequence', 'desc');
  const last = await first(query, 1).executeTakeFirst();
  if (last?.occasion !== 'recheck' || last.cleared_json !== '[]' || last.opened_json !== '[]') return undefined;
  const sealer = await getSealer(tx, `order:${ref.orderId}`);
  const packed = sealer.open(placeOf('verdict', ref, last.sequence), last.verdict_sealed);
  const { gone } = JSON.parse(inflateRawSync(packed).toString('utf8')) as Packed;
  return { sequence: last.sequence, gone };
}

/** Lets go of a judgement in whose place a later one stands; its number is not given again. */
export async function dropRejudgement({ db }: Store, { orderId, revision }: OrderRef, sequence: number): Promise<void> {
  await db
    .deleteFrom('rejudgements')
    .where('order_id', '=', orderId)
    .where('revision', '=', revision)
    .where('sequence', '=', sequence)
    .execute();
}

/** The number of the judgement by which a revision stands now: 0 is the first, and stands while there is none. */
export async function getJudgementNumber({ db }: Store, { orderId, revision }: OrderRef): Promise<number> {
  const { last } = await db
    .selectFrom('rejudgements')
    .select(({ fn }) => fn.max<number | null>('sequence').as('last'))
    .where('order_id', '=', orderId)
    .where('revision', '=', revision)
    .executeTakeFirstOrThrow();
  return last ?? 0;
}

/** When the facts were taken by which a revision is judged now; undefined before it is judged. */
export async function findJudgedAt({ db }: Store, { orderId, revision }: OrderRef): Promise<string | undefined> {
  const again = await db
    .selectFrom('rejudgements')
    .select(({ fn }) => fn.max('taken_at').as('taken_at'))
    .where('order_id', '=', orderId)
    .where('revision', '=', revision)
    .executeTakeFirst();
  if (again?.taken_at) return again.taken_at;
  const judged = await db
    .selectFrom('facts_snapshots')
    .select('taken_at')
    .where('order_id', '=', orderId)
    .where('revision', '=', revision)
    .executeTakeFirst();
  return judged?.taken_at;
}

/** A revision with what it is judged by now: by its last judgement. @throws Error if it was never judged; Erased if the order's key is gone */
export async function getCaseNow(store: Store, ref: OrderRef): Promise<Case> {
  const again = store.db
    .selectFrom('rejudgements')
    .select(['sequence', 'facts_sealed'])
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .orderBy('sequence', 'desc');
  const last = await first(again, 1).executeTakeFirst();
  const judged = await getCase(store, ref);
  if (!last) return judged;
  const sealer = await getSealer(store, `order:${ref.orderId}`);
  return { ...judged, facts: sealer.openJson<Facts>(placeOf('facts', ref, last.sequence), last.facts_sealed) };
}

/** The later judgements of a revision, oldest first. @throws Erased if the order's key is gone */
export async function listRejudgements(store: Store, ref: OrderRef): Promise<KeptRejudgement[]> {
  const rows = await store.db
    .selectFrom('rejudgements')
    .selectAll()
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .orderBy('sequence')
    .execute();
  if (rows.length === 0) return [];
  const sealer = await getSealer(store, `order:${ref.orderId}`);
  return rows.map(({ sequence, occasion, cleared_json: cleared, opened_json: opened, ...row }) => {
    const packed = sealer.open(placeOf('verdict', ref, sequence), row.verdict_sealed);
    const codes = (json: string): string[] => parseKept(json, `order:${ref.orderId}`, `judgement ${String(sequence)}`);
    return {
      sequence,
      occasion,
      facts: sealer.openJson<Facts>(placeOf('facts', ref, sequence), row.facts_sealed),
      ...(JSON.parse(inflateRawSync(packed).toString('utf8')) as Packed),
      cleared: codes(cleared),
      opened: codes(opened),
    };
  });
}

function placeOf(what: 'facts' | 'verdict', { revision }: OrderRef, sequence: number): string {
  return `${what} ${String(revision)} again ${String(sequence)}`;
}
