import { v7 as uuidv7 } from 'uuid';
import { type Change, findDecision, writeDecision } from '../db/decisions.ts';
import { listOpenHolds } from '../db/holds.ts';
import { getOrder, type OrderRow } from '../db/orders.ts';
import { getJudgementNumber } from '../db/rejudgements.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { DecisionAction } from '../db/tables.ts';
import { maskCardNumbers } from '../orders/cards.ts';
import type { DecisionOutcome } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import { tellDecision } from './engine.ts';
import type { Reply } from './operation.ts';
import type { Caller } from './principal.ts';
import { Problem } from './problem.ts';

/** What somebody decided about an order in its present revision. */
export interface Verdict {
  readonly action: DecisionAction;
  /** null for a cancellation. */
  readonly reviewId: string | null;
  readonly reason: string;
  readonly changes: readonly Change[];
  /** Of an approval: codes of the holds that it releases; left out: all that stand and that the person may release. */
  readonly holds?: readonly string[];
  /** Number of the judgement that the person looked at; left out: whichever stands. */
  readonly judgement?: number;
}

/**
 * Writes a decision down before anyone is told.
 * @returns its id
 * @throws Problem if another one on the same review and revision stands already, or the order was judged again since.
 */
export async function keepDecision(
  { store, now }: Deps,
  caller: Caller,
  row: OrderRow,
  { judgement, ...verdict }: Verdict,
): Promise<string> {
  const id = uuidv7();
  const decision = {
    ...verdict,
    id,
    orderId: row.id,
    revision: row.revision,
    actor: caller.id,
    roles: caller.roles,
    reason: maskCardNumbers(verdict.reason).text,
  };
  const isFirst = await inTransaction(store, async (tx) => {
    if (judgement !== undefined) await requireLast(tx, row.id, judgement);
    return writeDecision(tx, decision, now().toISOString());
  });
  if (isFirst) return id;
  throw new Problem('conflict', 'somebody else decided this revision first');
}

/** @throws Problem if the order was judged again: what was found may be something else than the person saw. */
async function requireLast(tx: Store, orderId: string, judgement: number): Promise<void> {
  // Until the end of the transaction, it is not judged again.
  const { revision } = await getOrder(tx, orderId);
  const last = await getJudgementNumber(tx, { orderId, revision });
  if (last === judgement) return;
  throw new Problem('conflict', `the order was judged again, its judgement is ${String(last)}; look at it again`);
}

/**
 * Tells the order and answers with what became of the decision. An order that cannot be reached is told later: the row is
 * what counts.
 * @throws Problem with the refusal's words.
 */
export async function tellAndAnswer(deps: Deps, orderId: string, decisionId: string): Promise<Reply> {
  const outcome = (await tellDecision(deps, orderId, decisionId)) ?? (await readOutcome(deps, orderId, decisionId));
  if (!outcome) return { status: 202, body: { decisionId, state: 'recorded' } };
  if (!outcome.applied) throw new Problem('conflict', outcome.refusal ?? 'the decision had no effect');
  const { state, revision, holds } = outcome;
  return { status: 200, body: { decisionId, applied: true, state, revision, holds } };
}

/** The row knows what became of the decision even if the answer was lost on its way. */
async function readOutcome({ store }: Deps, orderId: string, decisionId: string): Promise<DecisionOutcome | undefined> {
  const decision = await findDecision(store, decisionId);
  if (!decision || decision.state === 'pending') return undefined;
  const { state, revision } = await getOrder(store, orderId);
  const holds = (await listOpenHolds(store, orderId)).map(({ code }) => code);
  return { applied: decision.state === 'applied', refusal: decision.refusal, state, revision, holds };
}
