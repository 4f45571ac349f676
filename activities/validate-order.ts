import { claimPurchaseOrder } from '../db/duplicates.ts';
import { findRulesOf, getCase, putFacts } from '../db/facts.ts';
import { type FindingStep, hasFindings, listFindings, putFindings } from '../db/findings.ts';
import { type Hold, type Looked, openHolds } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import {
  findOrder,
  getOrder,
  getRevision,
  isGone,
  listRevisions,
  moveOrder,
  type OrderRef,
  type OrderRow,
} from '../db/orders.ts';
import { closeReview } from '../db/reviews.ts';
import { findJudgedAt } from '../db/rejudgements.ts';
import { findRulesSequence, listKnownRules, listRulesInForce } from '../db/rules.ts';
import { inTransaction, type Store } from '../db/store.ts';
import { putVerdict } from '../db/verdicts.ts';
import { type Finding, isRejected } from '../orders/finding.ts';
import type { Facts } from '../orders/facts.ts';
import type { Order } from '../orders/order.ts';
import { describeDifferences, findDifferences } from '../orders/rules/duplicate-po.ts';
import { evaluateRules, findRuleOf, restsOnFacts, type Verdict } from '../orders/rules/evaluate.ts';
import type { RuleKind, RuleVersion } from '../orders/rules/rule.ts';
import { describeAfterHandoff } from './apply-change.ts';
import { askBackOffice } from './back-office.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { type OrderProgress, readProgress } from './progress.ts';

/**
 * Asks the back office for what the order is to be judged by, and keeps the answer with the revision. A verdict that was
 * drawn keeps the facts and findings it rests on: a step that runs again after it changes nothing.
 */
export async function takeFacts(deps: Deps, ref: OrderRef): Promise<void> {
  const { store } = deps;
  const facts = await askForFacts(deps, ref);
  await inTransaction(store, async (tx) => {
    if (await findUnjudged(tx, ref)) await putFacts(tx, ref, facts, await findRulesSequence(tx));
  });
}

/** What the back office knows now of what an order is about. */
export async function askForFacts({ store, backOffice }: Deps, ref: OrderRef): Promise<Facts> {
  const order = await getRevision(store, ref);
  const { changes_order_id: changed } = await getOrder(store, ref.orderId);
  // A replacement takes the place of what the order that it changes has in production.
  return askBackOffice(() => backOffice().getFacts(changed ?? ref.orderId, order));
}

/** Judges the order by every rule but credit and inventory, which are steps of their own. */
export async function validateOrder({ store }: Deps, ref: OrderRef): Promise<void> {
  const findings = await judge(store, ref, (kind) => kind !== 'credit' && kind !== 'inventory');
  await keepFindings(store, ref, 'validate', findings);
}

/** Judges whether the customer's credit covers the order. */
export async function checkCredit({ store }: Deps, ref: OrderRef): Promise<void> {
  await keepFindings(store, ref, 'credit', await judge(store, ref, (kind) => kind === 'credit'));
}

/** Judges whether the stock covers the order. */
export async function checkInventory({ store }: Deps, ref: OrderRef): Promise<void> {
  await keepFindings(store, ref, 'inventory', await judge(store, ref, (kind) => kind === 'inventory'));
}

async function judge(store: Store, ref: OrderRef, which: (kind: RuleKind) => boolean): Promise<readonly Finding[]> {
  return (await evaluate(store, ref, which)).findings;
}

/** The verdict, with the moment of its facts. */
type Judgement = Verdict & { readonly judgedAt: string };

async function evaluate(store: Store, ref: OrderRef, which: (kind: RuleKind) => boolean): Promise<Judgement> {
  const { order, facts, rulesSequence } = await getCase(store, ref);
  // The facts' moment is the verdict's moment: judged again from the snapshot, the verdict is the same.
  const at = new Date(facts.asOf);
  const rules = (await listRulesUpTo(store, rulesSequence, at)).filter((rule) => which(rule.kind));
  return { ...evaluateRules(rules, order, facts, at), judgedAt: facts.asOf };
}

/** The rules that were there when the facts were taken: all steps of a revision go by the same, whatever is changed meanwhile. */
export async function listRulesFor(store: Store, ref: OrderRef, at: Date): Promise<readonly RuleVersion[]> {
  return listRulesUpTo(store, await findRulesOf(store, ref), at);
}

/** As {@link listRulesFor}, where it is read already which version is the last that counts; null: that was not kept. */
export async function listRulesUpTo(store: Store, kept: number | null, at: Date): Promise<readonly RuleVersion[]> {
  return listRulesInForce(store, { at, sequence: kept ?? (await findRulesSequence(store)) });
}

async function keepFindings(
  store: Store,
  ref: OrderRef,
  step: FindingStep,
  findings: readonly Finding[],
): Promise<void> {
  const of = { subject: `order:${ref.orderId}`, revision: ref.revision, step, at: nowIso() } as const;
  // Most steps find nothing, and nothing need not be written.
  if (findings.length === 0 && !(await hasFindings(store, of))) return;
  await inTransaction(store, async (tx) => {
    if (await findUnjudged(tx, ref)) await putFindings(tx, of, findings);
  });
}

/** The order's row, if this revision has no verdict yet. */
async function findUnjudged(tx: Store, ref: OrderRef): Promise<OrderRow | undefined> {
  const row = await getOrder(tx, ref.orderId);
  return row.state === 'parsed' && row.revision === ref.revision ? row : undefined;
}

/** By facts that are older than this no order goes on. */
export const FACTS_ARE_FRESH_MS = 5 * 60_000;

/** Draws the sum of all findings: rejected, held for a person, or validated. */
export async function settleVerdict({ store }: Deps, ref: OrderRef): Promise<OrderProgress> {
  if (!(await findUnjudged(store, ref))) return readJudged(store, ref, await findJudgedAt(store, ref));
  // The steps side by side found the same, on the same snapshot; here it is explained as a whole.
  const { explanations, judgedAt } = await evaluate(store, ref, () => true);
  const isDrawn = await inTransaction(store, async (tx) => {
    const row = await findUnjudged(tx, ref);
    if (!row) return false;
    await putVerdict(tx, ref, explanations);
    await findClash(tx, row);
    await applyVerdict(tx, ref, await listFindings(tx, `order:${ref.orderId}`, ref.revision));
    return true;
  });
  return readJudged(store, ref, isDrawn ? judgedAt : await findJudgedAt(store, ref));
}

/** Where a judged order stands, and until when it may go on by that. */
async function readJudged(store: Store, ref: OrderRef, judgedAt: string | undefined): Promise<OrderProgress> {
  const freshness = judgedAt === undefined ? {} : { freshUntil: Date.parse(judgedAt) + FACTS_ARE_FRESH_MS };
  return { ...(await readProgress(store, ref.orderId)), ...freshness };
}

/** What the order means for others: the same PO number came before, or it replaces what production has. */
async function findClash(tx: Store, order: OrderRow): Promise<void> {
  const at = nowIso();
  const of = { subject: `order:${order.id}`, revision: order.revision, step: 'clash', at } as const;
  if (order.type !== 'new') {
    await putFindings(tx, of, [describeAfterHandoff(order.changes_order_id)]);
    return;
  }
  const other = await claimPurchaseOrder(tx, order, at);
  if (other === undefined) return;
  await putFindings(tx, of, [await compareWith(tx, order, other)]);
}

/** The same order once more goes back, with the number of the first; one with another content is a person's to compare. */
async function compareWith(tx: Store, { id, revision }: OrderRow, other: string): Promise<Finding> {
  const common = { category: 'business_rule', path: '/poNumber', location: {} } as const;
  const here = await getRevision(tx, { orderId: id, revision });
  const there = await listContents(tx, other);
  const compared = there.map((order) => findDifferences(here, order));
  if (compared.some((differences) => differences.length === 0)) {
    const message = `this is order ${other} once more: it was taken then, and is not made a second time`;
    return { ...common, code: 'PO.SAME_ORDER', disposition: 'reject', message, evidence: other };
  }
  const message = `this customer's PO number came before, as order ${other}; compare the two, then reject or approve this one`;
  const evidence = describeDifferences(compared.at(-1) ?? []) || other;
  return { ...common, code: 'PO.DUPLICATE', disposition: 'hold', message, evidence };
}

/** An order as it was sent and as it is now; nothing if that was removed or erased since. */
async function listContents(tx: Store, orderId: string): Promise<readonly Order[]> {
  const row = await findOrder(tx, orderId);
  if (!row || isGone(row)) return [];
  const revisions = (await listRevisions(tx, orderId)).map(({ revision }) => revision);
  const wanted = [...new Set([...revisions.slice(0, 1), ...revisions.slice(-1)])];
  return Promise.all(wanted.map((revision) => getRevision(tx, { orderId, revision })));
}

async function applyVerdict(tx: Store, ref: OrderRef, findings: readonly Finding[]): Promise<void> {
  const at = nowIso();
  const held = findings.filter(({ disposition }) => disposition === 'hold');
  const detail = { revision: ref.revision, findings: [...new Set(findings.map((finding) => finding.code))] };
  const log = (action: string): Promise<void> =>
    appendLog(tx, `order:${ref.orderId}`, {
      stepKey: `verdict:${String(ref.revision)}`,
      at,
      actor: WORKER,
      action,
      detail,
    });
  if (isRejected(findings)) {
    if (await moveOrder(tx, ref, ['parsed'], 'rejected', at))
      await closeReview(tx, ref.orderId, at).then(() => log('order.rejected'));
  } else if (held.length > 0) {
    if (!(await moveOrder(tx, ref, ['parsed'], 'in_review', at, { resume_state: 'validated' }))) return;
    const rules = await listKnownRules(tx);
    const holds = held.map((finding) => toHold(finding, rules));
    await openHolds(tx, ref, holds, at);
    await log('order.held_for_review');
  } else if (await moveOrder(tx, ref, ['parsed'], 'validated', at)) {
    await closeReview(tx, ref.orderId, at);
    await log('order.validated');
  }
}

/** The hold that a finding asks for; the rule's version says who may release it. */
export function toHold(finding: Finding, rules: readonly RuleVersion[]): Hold & Looked {
  return holdBy(findRuleOf(finding, rules), finding);
}

/** The hold on what a finding tells, as a rule says; undefined: no rule speaks of it, and a reviewer may release it. */
export function holdBy(rule: RuleVersion | undefined, { code, category }: Finding): Hold & Looked {
  const looksAgain = rule !== undefined && restsOnFacts(rule);
  return { code, category, releaseRole: rule?.releaseRole ?? 'reviewer', looksAgain };
}
