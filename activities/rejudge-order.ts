import { listCovered, listPendingDecisionIds } from '../db/decisions.ts';
import { type FindingStep, listFindings, putFindings } from '../db/findings.ts';
import { clearHolds, type Hold, listOpenHolds, openHolds, postponeLook, RECHECK } from '../db/holds.ts';
import { appendLog } from '../db/log.ts';
import { getOrder, getRevision, moveOrder, type OrderRef, type OrderRow } from '../db/orders.ts';
import { dropRejudgement, findIdleRejudgement, findJudgedAt, putRejudgement } from '../db/rejudgements.ts';
import { closeReview, findOpenReview } from '../db/reviews.ts';
import { listKnownRules } from '../db/rules.ts';
import { inTransaction, type Store } from '../db/store.ts';
import type { RejudgementOccasion } from '../db/tables.ts';
import { findCover, isCovered } from '../orders/approval.ts';
import type { Facts } from '../orders/facts.ts';
import type { Finding } from '../orders/finding.ts';
import { evaluateRules, findRuleOf, type Verdict } from '../orders/rules/evaluate.ts';
import type { RuleVersion } from '../orders/rules/rule.ts';
import { type Deps, nowIso, WORKER } from './deps.ts';
import { type OrderProgress, readProgress } from './progress.ts';
import { askForFacts, FACTS_ARE_FRESH_MS, listRulesFor, toHold } from './validate-order.ts';

/** A judgement by fresh facts, with every version of a rule that there is. */
interface Fresh extends Verdict {
  readonly facts: Facts;
  /** When the facts were taken by which the order was judged while it was asked for these. */
  readonly judgedAt: string | undefined;
  readonly rules: readonly RuleVersion[];
}

/**
 * Judges an order that waits for a person once more, by fresh facts and the same rules: holds whose cause is gone are
 * cleared, what is wrong by now is held, and an order that nothing holds any more goes on. While somebody works on it, or
 * has decided, it is left alone.
 */
export function rejudgeOrder(deps: Deps, ref: OrderRef): Promise<OrderProgress> {
  return judgeAgain(deps, ref, 'recheck', findLeftToWait);
}

/** Judges an order that waited by fresh facts before it reserves, if those it was judged by are old. */
export function refreshVerdict(deps: Deps, ref: OrderRef): Promise<OrderProgress> {
  return judgeAgain(deps, ref, 'before_reserve', findOutdated);
}

/** @param find the order if it is to be judged; asked once more when it was, because facts take their time */
async function judgeAgain(
  deps: Deps,
  ref: OrderRef,
  occasion: RejudgementOccasion,
  find: (store: Store, ref: OrderRef) => Promise<OrderRow | undefined>,
): Promise<OrderProgress> {
  const { store } = deps;
  if (await find(store, ref)) {
    const fresh = await judgeAfresh(deps, ref);
    await inTransaction(store, async (tx) => {
      const order = await find(tx, ref);
      if (order) await keepJudgement(tx, order, occasion, fresh);
    });
  }
  return readProgress(store, ref.orderId);
}

/** The order, if it waits for somebody to decide before it reserves, and nobody is about to. */
async function findLeftToWait(store: Store, ref: OrderRef): Promise<OrderRow | undefined> {
  const order = await getOrder(store, ref.orderId);
  if (order.state !== 'in_review' || order.resume_state !== 'validated' || order.revision !== ref.revision)
    return undefined;
  if ((await findJudgedAt(store, ref)) === undefined) return undefined;
  const claimedUntil = (await findOpenReview(store, ref.orderId))?.lease_until ?? '';
  if (claimedUntil > nowIso()) {
    await postponeLook(store, ref.orderId, claimedUntil);
    return undefined;
  }
  return (await listPendingDecisionIds(store, ref.orderId)).length > 0 ? undefined : order;
}

async function findOutdated(store: Store, ref: OrderRef): Promise<OrderRow | undefined> {
  const order = await getOrder(store, ref.orderId);
  if (order.state !== 'validated' || order.revision !== ref.revision) return undefined;
  const judgedAt = await findJudgedAt(store, ref);
  const isOld = judgedAt !== undefined && Date.now() - Date.parse(judgedAt) > FACTS_ARE_FRESH_MS;
  return isOld ? order : undefined;
}

async function judgeAfresh(deps: Deps, ref: OrderRef): Promise<Fresh> {
  const { store } = deps;
  const judgedAt = await findJudgedAt(store, ref);
  const facts = await askForFacts(deps, ref);
  const at = new Date(facts.asOf);
  const verdict = evaluateRules(await listRulesFor(store, ref, at), await getRevision(store, ref), facts, at);
  return { facts, judgedAt, rules: await listKnownRules(store), ...verdict };
}

/** Steps whose findings are judged again: those that judged, and the reservation, which runs against the same limits. */
const JUDGING_STEPS: readonly FindingStep[] = ['validate', 'credit', 'inventory', 'reserve'];

interface Findings {
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
}

async function keepJudgement(tx: Store, order: OrderRow, occasion: RejudgementOccasion, fresh: Fresh): Promise<void> {
  const at = nowIso();
  const ref = { orderId: order.id, revision: order.revision };
  // A step that ran late: somebody judged it meanwhile, by facts that may be newer.
  if ((await findJudgedAt(tx, ref)) !== fresh.judgedAt) return;
  const found = await replaceFindings(tx, ref, fresh, at);
  const change = await findChange(tx, ref, found, fresh.rules);
  const gone = without(found.before, found.after);
  const isSame = gone.length === 0 && found.before.length === found.after.length;
  if (isSame && change.cleared.length === 0 && change.opened.length === 0) return;
  const { facts, explanations } = fresh;
  const codes = { cleared: codesOf(change.cleared), opened: codesOf(change.opened) };
  const isIdle = occasion === 'recheck' && change.cleared.length === 0 && change.opened.length === 0;
  // Numbers move all the time, such as credit used: of judgements that change no hold the last one in a row is kept.
  const former = isIdle ? await findIdleRejudgement(tx, ref) : undefined;
  const allGone = former ? joinGone(former.gone, gone, found.after) : gone;
  const sequence = await putRejudgement(tx, ref, { occasion, facts, explanations, gone: allGone, ...codes });
  if (former) await dropRejudgement(tx, ref, former.sequence);
  for (const { code, decisionId } of change.cleared)
    await clearHolds(tx, ref.orderId, { clearedBy: decisionId ?? RECHECK, at, only: [code] });
  await openHolds(tx, ref, change.opened, at);
  await logChange(tx, ref, change, found.before, `${String(ref.revision)}:${String(sequence)}`, at);
  await letGoOn(tx, order, occasion, at);
}

/**
 * What each step found is replaced by what is found now; what could not be judged this time stays. So does everything where
 * only warnings differ, but those about stock: that what came since makes an order unusual is no news of it.
 */
async function replaceFindings(tx: Store, ref: OrderRef, fresh: Fresh, at: string): Promise<Findings> {
  const subject = `order:${ref.orderId}` as const;
  const results = new Map(fresh.explanations.map(({ code, result }) => [code, result]));
  const stays = (step: FindingStep, finding: Finding): boolean => {
    const rule = findRuleOf(finding, fresh.rules)?.code ?? finding.code;
    const result = results.get(rule);
    // That a rule broke is said anew if it breaks again.
    const isUnknown = result === 'skipped' || (result === 'failed' && finding.code === rule);
    return isUnknown || (step === 'reserve' && result === undefined);
  };
  const all: { before: Finding[]; after: Finding[] } = { before: [], after: [] };
  for (const step of JUDGING_STEPS) {
    const before = await listFindings(tx, subject, ref.revision, step);
    const now = fresh.findings.filter((finding) => stepOf(finding, fresh.rules) === step);
    const after = [...now, ...before.filter((finding) => stays(step, finding))];
    const isNews = ({ disposition }: Finding): boolean => disposition !== 'warn' || step === 'inventory';
    const isReplaced = [...without(before, after), ...without(after, before)].some(isNews);
    if (isReplaced) await putFindings(tx, { subject, revision: ref.revision, step, at }, after);
    all.before.push(...before);
    all.after.push(...(isReplaced ? after : before));
  }
  return all;
}

function stepOf(finding: Finding, rules: readonly RuleVersion[]): FindingStep {
  const kind = findRuleOf(finding, rules)?.kind;
  return kind === 'credit' || kind === 'inventory' ? kind : 'validate';
}

/** Findings of the first list that do not stand in the second as they are. */
function without(findings: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  const print = ({ code, path, disposition, message, evidence }: Finding): string =>
    JSON.stringify([code, path, disposition, message, evidence]);
  const known = new Set(others.map(print));
  return findings.filter((finding) => !known.has(print(finding)));
}

/** What is gone by two judgements: of what moved twice, as it was at first. */
function joinGone(
  former: readonly Finding[],
  latter: readonly Finding[],
  after: readonly Finding[],
): readonly Finding[] {
  const places = new Set(former.map(({ code, path }) => `${code} ${path}`));
  return without([...former, ...latter.filter(({ code, path }) => !places.has(`${code} ${path}`))], after);
}

interface HoldChange {
  readonly cleared: readonly ClearedHold[];
  readonly opened: readonly Hold[];
}

interface ClearedHold extends Hold {
  readonly openedAt: string;
  /** The approval that covers what is found still; absent where nothing is. */
  readonly decisionId: string | undefined;
}

/**
 * What fresh findings mean for the holds. What a rule would send back is held as well: an order that waits here does not
 * go back behind the back of those who work on it, nor because it waited too long.
 */
async function findChange(
  tx: Store,
  ref: OrderRef,
  { before, after }: Findings,
  rules: readonly RuleVersion[],
): Promise<HoldChange> {
  const standing = await listOpenHolds(tx, ref.orderId);
  const approved = await listCovered(tx, ref);
  const open = after.filter((finding) => finding.disposition !== 'warn' && !isCovered(finding, approved));
  const [found, judged] = [new Set(codesOf(open)), new Set(codesOf(before))];
  const stands = new Set(codesOf(standing));
  const findApproval = (code: string): string | undefined =>
    after
      .filter((finding) => finding.code === code && finding.disposition !== 'warn')
      .map((finding) => findCover(finding, approved)?.decisionId)
      .at(-1);
  return {
    cleared: standing
      .filter(({ code }) => judged.has(code) && !found.has(code))
      .map((hold) => ({ ...hold, decisionId: findApproval(hold.code) })),
    opened: open.filter(({ code }) => !stands.has(code)).map((finding) => toHold(finding, rules)),
  };
}

function codesOf(list: readonly { readonly code: string }[]): string[] {
  return [...new Set(list.map(({ code }) => code))];
}

async function logChange(
  tx: Store,
  { orderId, revision }: OrderRef,
  { cleared, opened }: HoldChange,
  before: readonly Finding[],
  key: string,
  at: string,
): Promise<void> {
  const log = (action: string, code: string, detail: object): Promise<void> =>
    appendLog(tx, `order:${orderId}`, {
      stepKey: `${action}:${key}:${code}`,
      at,
      actor: WORKER,
      action,
      detail: { code, revision, ...detail },
    });
  for (const { code, openedAt, decisionId } of cleared) {
    const rule = before.find((finding) => finding.code === code)?.ruleVersion;
    await log('hold.cleared', code, {
      since: openedAt,
      ...(rule !== undefined && { rule: `${code} ${String(rule)}` }),
      ...(decisionId !== undefined && { decisionId }),
    });
  }
  for (const code of codesOf(opened)) await log('hold.opened', code, {});
}

/** An order that nothing holds goes on where it was stopped; one that was to go on is stopped by what holds it now. */
async function letGoOn(tx: Store, order: OrderRow, occasion: RejudgementOccasion, at: string): Promise<void> {
  const ref = { orderId: order.id, revision: order.revision };
  const isHeld = (await listOpenHolds(tx, order.id)).length > 0;
  if (isHeld === (occasion === 'recheck')) return;
  const [to, action] = isHeld
    ? (['in_review', 'order.held_for_review'] as const)
    : (['validated', 'order.resumed'] as const);
  if (!(await moveOrder(tx, ref, [order.state], to, at, isHeld ? { resume_state: 'validated' } : {}))) return;
  if (!isHeld) await closeReview(tx, order.id, at, order.revision);
  const entry = { stepKey: `judged-again:${at}`, at, actor: WORKER, action, detail: { revision: order.revision, to } };
  await appendLog(tx, `order:${order.id}`, entry);
}
