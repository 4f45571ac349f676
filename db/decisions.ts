import type { Covered } from '../orders/approval.ts';
import type { Role } from '../orders/state.ts';
import { first, insertOnce, lockRows } from './dialect.ts';
import { Damaged, parseKept } from './faults.ts';
import { listFindings } from './findings.ts';
import { listOpenHolds, mayRelease } from './holds.ts';
import { appendLog } from './log.ts';
import { findOrder, type OrderRef } from './orders.ts';
import { getSealer, type Sealer } from './seal.ts';
import { inTransaction, type Store } from './store.ts';
import type { DecisionAction, DecisionTable } from './tables.ts';

/** A field that a reviewer changed: a JSON pointer into the canonical order, and its new value (absent: removed). */
export interface Change {
  readonly path: string;
  readonly value?: unknown;
}

/** What a person decided, written before anyone is told. */
export interface Decision {
  readonly id: string;
  readonly orderId: string;
  /** The revision that the person looked at. */
  readonly revision: number;
  readonly reviewId: string | null;
  readonly action: DecisionAction;
  readonly actor: string;
  readonly roles: readonly Role[];
  readonly reason: string;
  readonly changes: readonly Change[];
  /** Of an approval: codes of the holds that it releases; absent: all that stand and that the person may release. */
  readonly holds?: readonly string[];
  /** The change (an order of type `replace` or `cancel`) that asks for it; absent where a person does. */
  readonly changeOrderId?: string;
}

/** A decision with what became of it. */
export type KeptDecision = Decision & Pick<DecisionTable, 'state' | 'refusal' | 'created_at' | 'settled_at'>;

/** What is sealed of a decision. */
interface Content extends Pick<Decision, 'reason' | 'changes' | 'holds'> {
  /** Of an approval: what had been found under the codes that it names, as it was shown. */
  readonly covers?: readonly Covered[];
}

/** What an approval is about. */
type Approval = Required<Pick<Content, 'holds' | 'covers'>>;

/**
 * Writes a decision.
 * @returns false if another decision on the same review and revision stands already.
 */
export function insertDecision(store: Store, decision: Decision, at: string): Promise<boolean> {
  return inTransaction(store, (tx) => writeDecision(tx, decision, at));
}

/** {@link insertDecision} inside the caller's transaction. */
export async function writeDecision(tx: Store, decision: Decision, at: string): Promise<boolean> {
  const sealer = await getSealer(tx, `order:${decision.orderId}`);
  const approval = decision.action === 'approve' ? await nameApproved(tx, decision) : undefined;
  const content: Content = { reason: decision.reason, changes: decision.changes, ...approval };
  const inserted = await insertOnce(tx.db, 'decisions', {
    id: decision.id, order_id: decision.orderId, revision: decision.revision, review_id: decision.reviewId,
    action: decision.action, actor: decision.actor, roles_json: JSON.stringify(decision.roles),
    content_sealed: sealer.sealJson(`decision ${decision.id}`, content),
    change_order_id: decision.changeOrderId ?? null, state: 'pending', refusal: null, created_at: at, settled_at: null,
    left_standing: null,
  }); // prettier-ignore
  if (inserted) {
    const detail = {
      decisionId: decision.id,
      revision: decision.revision,
      fields: decision.changes.map((change) => change.path),
      ...(decision.changeOrderId !== undefined && { change: decision.changeOrderId }),
      ...(approval && { holds: approval.holds }),
    };
    await appendLog(tx, `order:${decision.orderId}`, {
      stepKey: `decision:${decision.id}`, at, actor: decision.actor, action: `decision.${decision.action}`, detail,
    }); // prettier-ignore
  }
  return inserted;
}

/** The holds that an approval names and what was found under them, at the moment at which it is written. */
async function nameApproved(tx: Store, { orderId, revision, roles, holds }: Decision): Promise<Approval> {
  // Until the end of the transaction, the order is not judged again.
  await findOrder(tx, orderId);
  const named =
    holds ?? (await listOpenHolds(tx, orderId)).filter((hold) => mayRelease(roles, hold)).map(({ code }) => code);
  return { holds: named, covers: await listShown(tx, { orderId, revision }, named) };
}

async function listShown(tx: Store, ref: OrderRef, codes: readonly string[]): Promise<Covered[]> {
  try {
    const found = await listFindings(tx, `order:${ref.orderId}`, ref.revision);
    return found
      .filter(({ code }) => codes.includes(code))
      .map(({ code, ruleVersion, path, evidence, excess }) => {
        const exact = { ...(ruleVersion !== undefined && { ruleVersion }), ...(excess !== undefined && { excess }) };
        return { code, path, evidence, ...exact };
      });
  } catch (error) {
    // Nobody was shown what is damaged.
    if (error instanceof Damaged) return [];
    throw error;
  }
}

/** What an approval covers, and which one. */
export type CoveredBy = Covered & { readonly decisionId: string };

/** What applied approvals of a revision cover, the oldest first. @throws Erased if the order's key is gone */
export async function listCovered(store: Store, ref: OrderRef): Promise<CoveredBy[]> {
  const rows = await store.db
    .selectFrom('decisions')
    .selectAll()
    .where('order_id', '=', ref.orderId)
    .where('revision', '=', ref.revision)
    .where('action', '=', 'approve')
    .where('state', '=', 'applied')
    .orderBy('id')
    .execute();
  if (rows.length === 0) return [];
  const sealer = await getSealer(store, `order:${ref.orderId}`);
  return rows.flatMap((row) =>
    (openContent(sealer, row).covers ?? []).map((covered) => ({ ...covered, decisionId: row.id })),
  );
}

/** A decision; in a transaction it is locked until the end, so that it is acted on once. */
export async function findDecision(store: Store, decisionId: string): Promise<KeptDecision | undefined> {
  const query = store.db.selectFrom('decisions').selectAll().where('id', '=', decisionId);
  const row = await lockRows(store.db, query).executeTakeFirst();
  return row && openDecision(store, row);
}

/** All decisions on an order, oldest first. */
export async function listDecisions(store: Store, orderId: string): Promise<KeptDecision[]> {
  const rows = await store.db
    .selectFrom('decisions')
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return Promise.all(rows.map((row) => openDecision(store, row)));
}

async function openDecision(store: Store, row: DecisionTable): Promise<KeptDecision> {
  const sealer = await getSealer(store, `order:${row.order_id}`);
  const { covers: _, ...content } = openContent(sealer, row);
  const { state, refusal, created_at, settled_at } = row;
  return {
    id: row.id,
    orderId: row.order_id,
    revision: row.revision,
    reviewId: row.review_id,
    action: row.action,
    actor: row.actor,
    roles: parseKept<Role[]>(row.roles_json, `order:${row.order_id}`, `roles of decision ${row.id}`),
    ...content,
    ...(row.change_order_id !== null && { changeOrderId: row.change_order_id }),
    state,
    refusal,
    created_at,
    settled_at,
  };
}

function openContent(sealer: Sealer, { id, content_sealed: content }: DecisionTable): Content {
  return sealer.openJson<Content>(`decision ${id}`, content);
}

/**
 * Notes what became of a decision, once.
 * @param to.leftStanding how many holds an approval left to others; none if left out
 */
export async function settleDecision(
  tx: Store,
  decisionId: string,
  to: { readonly refusal: string | null; readonly at: string; readonly leftStanding?: number },
): Promise<void> {
  await tx.db
    .updateTable('decisions')
    .set({
      state: to.refusal === null ? 'applied' : 'refused',
      refusal: to.refusal,
      settled_at: to.at,
      left_standing: to.leftStanding ?? null,
    })
    .where('id', '=', decisionId)
    .where('state', '=', 'pending')
    .execute();
}

/** Decisions on an order that nobody has acted on yet, oldest first. */
export async function listPendingDecisionIds(store: Store, orderId: string): Promise<string[]> {
  const rows = await store.db
    .selectFrom('decisions')
    .select('id')
    .where('order_id', '=', orderId)
    .where('state', '=', 'pending')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

/** Decisions that nobody has acted on though they are older than `createdBefore`, in pages by id; for the reconciler. */
export function listUntoldDecisions(
  store: Store,
  page: { readonly createdBefore: string; readonly afterId: string; readonly size: number },
): Promise<{ id: string; order_id: string }[]> {
  const query = store.db
    .selectFrom('decisions')
    .select(['id', 'order_id'])
    .where('state', '=', 'pending')
    .where('created_at', '<', page.createdBefore)
    .where('id', '>', page.afterId)
    .orderBy('id');
  return first(query, page.size).execute();
}
