import type { RuleScope, RuleVersion } from '../orders/rules/rule.ts';
import { takeTurn } from './dialect.ts';
import { Damaged, parseKept } from './faults.ts';
import type { Keyring } from './keyring.ts';
import { appendLog } from './log.ts';
import { inTransaction, type Store } from './store.ts';
import type { OrderValidationRuleTable, RuleStatus } from './tables.ts';

/** A version of a rule with its own story. */
export interface KeptRule extends RuleVersion {
  readonly status: RuleStatus;
  /** Its place in the order in which versions began to count; null: it never did. */
  readonly sequence: number | null;
  readonly createdAt: string;
  /** The second person; null where none was needed, or none has approved it. */
  readonly approvedBy: string | null;
  readonly approvedAt: string | null;
  readonly approvalReason: string | null;
  readonly retiredBy: string | null;
  readonly retiredAt: string | null;
  /** null where a newer version took its place. */
  readonly retirementReason: string | null;
}

/** What somebody wants a rule to be; its version, author and status come from us. */
export type RuleDraft = Omit<RuleVersion, 'version' | 'author'>;

/** Who changes a rule, and when. */
export interface RuleChange {
  readonly actor: string;
  /** UTC instant. */
  readonly at: string;
}

/**
 * Which versions a judgement goes by: of each code and scope the newest one that counted by then and whose time has come.
 * Once its end has come too, none: a version takes the place of those before it for good.
 */
export interface RulesMoment {
  readonly at: Date;
  /** Versions that began to count later are left out; see `sequence`. */
  readonly sequence: number;
}

interface Read {
  readonly rows: number;
  readonly sequence: number;
  readonly rules: readonly KeptRule[];
}

/** The rules as last read. A version that counts is never edited, so that the rows and the last of them tell of a change. */
const lastRead = new WeakMap<Keyring, Read>();

/** Versions whose parameters cannot be read; whoever needs them learns it. */
const damaged = new WeakSet<KeptRule>();

/** The version that was the last to begin to count: those up to it are the rules as they are now. */
export async function findRulesSequence(store: Store): Promise<number> {
  const { sequence } = await countRules(store);
  return sequence;
}

/**
 * The versions in force at a moment, in all scopes; which of them speaks on an order is decided in `orders/rules`. Each call
 * asks the database whether anything changed, so that a change is seen at once.
 */
export async function listRulesInForce(store: Store, moment: RulesMoment): Promise<readonly KeptRule[]> {
  return chooseInForce(await listKnownRules(store), moment);
}

/**
 * All versions of all rules, read anew only if one was added or began to count. Whether one was retired since is not known;
 * what a version says never changes.
 */
export async function listKnownRules(store: Store): Promise<readonly KeptRule[]> {
  const { rows, sequence } = await countRules(store);
  const last = lastRead.get(store.keys);
  if (last?.rows === rows && last.sequence === sequence) return last.rules;
  const rules = await listRuleVersions(store);
  // What is damaged is looked at anew each time, so that orders go on when it is restored.
  if (!rules.some((rule) => damaged.has(rule))) lastRead.set(store.keys, { rows, sequence, rules });
  return rules;
}

/** Of versions, those in force at a moment. */
export function chooseInForce(rules: readonly KeptRule[], { at, sequence }: RulesMoment): readonly KeptRule[] {
  const newest = new Map<string, KeptRule>();
  for (const rule of rules) {
    // Written so that a time that cannot be read leaves the rule in force.
    const isEarly = at.getTime() < Date.parse(rule.effectiveFrom);
    if (rule.sequence === null || rule.sequence > sequence || isEarly) continue;
    const rival = newest.get(placeOf(rule));
    if (!rival || rival.version < rule.version) newest.set(placeOf(rule), rule);
  }
  const isOver = ({ effectiveTo }: KeptRule): boolean =>
    effectiveTo !== null && at.getTime() >= Date.parse(effectiveTo);
  return [...newest.values()].filter((rule) => !isOver(rule));
}

/** Of which versions only one counts at a time: a code, and whom it speaks for. A group is known by its name. */
export function placeOf({ code, scope }: Pick<RuleVersion, 'code' | 'scope'>): string {
  switch (scope.kind) {
    case 'all':
      return code;
    case 'source':
      return `${code} source ${scope.source}`;
    case 'customerGroup':
      return `${code} group ${scope.group}`;
    case 'customer':
      return `${code} customer ${scope.customer}`;
  }
}

/** All versions of all rules, of one code if one is given, by code and version. */
export async function listRuleVersions({ db }: Store, code?: string): Promise<readonly KeptRule[]> {
  const all = db.selectFrom('order_validation_rules').selectAll().orderBy('code').orderBy('version');
  const rows = await (code === undefined ? all : all.where('code', '=', code)).execute();
  return rows.map(readRule);
}

async function countRules({ db }: Store): Promise<{ readonly rows: number; readonly sequence: number }> {
  const { rows, sequence } = await db
    .selectFrom('order_validation_rules')
    .select(({ fn }) => [fn.countAll<number>().as('rows'), fn.max('sequence').as('sequence')])
    .executeTakeFirstOrThrow();
  return { rows, sequence: sequence ?? 0 };
}

/**
 * Writes the next version of a rule, for the audit trail too. It counts at once, or waits for a second person as a draft.
 * @returns the version as it is kept.
 */
export async function addRuleVersion(
  tx: Store,
  draft: RuleDraft,
  { actor, at }: RuleChange,
  needsApproval: boolean,
): Promise<KeptRule> {
  await takeTurn(tx.db, 'rules');
  const versions = await listRuleVersions(tx, draft.code);
  const version = (versions.at(-1)?.version ?? 0) + 1;
  const counting = needsApproval ? {} : { sequence: (await findRulesSequence(tx)) + 1, approvedAt: at };
  const rule: KeptRule = { ...NEW, ...draft, version, author: actor, createdAt: at, ...counting, status: needsApproval ? 'draft' : 'approved' }; // prettier-ignore
  await tx.db.insertInto('order_validation_rules').values(toRow(rule)).execute();
  await note(tx, rule, needsApproval ? 'rule.drafted' : 'rule.approved', { actor, at });
  if (!needsApproval) await retireOvertaken(tx, rule, versions, { actor, at });
  return rule;
}

const NEW = { sequence: null, approvedBy: null, approvedAt: null, approvalReason: null, retiredBy: null, retiredAt: null, retirementReason: null } as const; // prettier-ignore

/** Why a draft does not become what was asked. `overtaken`: by a newer version for the same scope. */
export type DraftRefusal =
  | { readonly why: 'unknown' | 'own' | 'not_draft'; readonly rule?: KeptRule }
  | { readonly why: 'overtaken'; readonly by: number };

/** Lets a draft count, by a second person. @returns the rule, or why it stays as it is */
export async function approveRule(
  tx: Store,
  { code, version }: Pick<RuleVersion, 'code' | 'version'>,
  { actor, at }: RuleChange,
  reason: string,
): Promise<KeptRule | DraftRefusal> {
  await takeTurn(tx.db, 'rules');
  const versions = await listRuleVersions(tx, code);
  const rule = versions.find((candidate) => candidate.version === version);
  if (rule?.status !== 'draft') return rule ? { why: 'not_draft', rule } : { why: 'unknown' };
  const newer = versions.findLast((other) => overtakes(other, rule, at));
  if (newer) return { why: 'overtaken', by: newer.version };
  if (rule.author === actor) return { why: 'own', rule };
  const approval = { status: 'approved', sequence: (await findRulesSequence(tx)) + 1, approvedBy: actor, approvedAt: at, approvalReason: reason } as const; // prettier-ignore
  const approved: KeptRule = { ...rule, ...approval };
  await updateRule(tx, approved);
  await note(tx, approved, 'rule.approved', { actor, at });
  await retireOvertaken(tx, approved, versions, { actor, at });
  return approved;
}

/** Takes a draft back, by its author or somebody else. @returns the rule, or why it stays as it is */
export async function withdrawRule(
  tx: Store,
  { code, version }: Pick<RuleVersion, 'code' | 'version'>,
  by: RuleChange,
  reason: string,
): Promise<KeptRule | DraftRefusal> {
  await takeTurn(tx.db, 'rules');
  const rule = (await listRuleVersions(tx, code)).find((candidate) => candidate.version === version);
  if (rule?.status !== 'draft') return rule ? { why: 'not_draft', rule } : { why: 'unknown' };
  return retire(tx, rule, by, reason);
}

/** Drafts that can never count any more. */
async function retireOvertaken(
  tx: Store,
  rule: KeptRule,
  versions: readonly KeptRule[],
  by: RuleChange,
): Promise<void> {
  for (const older of versions)
    if (older.status === 'draft' && overtakes(rule, older, by.at)) await retire(tx, older, by, null);
}

/** Whether a version leaves an older one of its scope no time to count in. One that begins later does. */
function overtakes(newer: KeptRule, older: KeptRule, now: string): boolean {
  const begins = Math.max(Date.parse(older.effectiveFrom), Date.parse(now));
  const isNewer = newer.version > older.version && newer.status !== 'retired' && placeOf(newer) === placeOf(older);
  return isNewer && Date.parse(newer.effectiveFrom) <= begins;
}

async function retire(tx: Store, rule: KeptRule, { actor, at }: RuleChange, reason: string | null): Promise<KeptRule> {
  const retired: KeptRule = { ...rule, status: 'retired', retiredBy: actor, retiredAt: at, retirementReason: reason };
  await updateRule(tx, retired);
  await note(tx, retired, 'rule.retired', { actor, at });
  return retired;
}

async function updateRule({ db }: Store, rule: KeptRule): Promise<void> {
  const { status, sequence, approved_by, approved_at, approval_reason, ...retirement } = toRow(rule);
  const { retired_by, retired_at, retirement_reason } = retirement;
  await db
    .updateTable('order_validation_rules')
    .set({ status, sequence, approved_by, approved_at, approval_reason, retired_by, retired_at, retirement_reason })
    .where('code', '=', rule.code)
    .where('version', '=', rule.version)
    .execute();
}

/** Reasons stay in the rule: the audit trail takes no free text. */
function note(tx: Store, rule: KeptRule, action: string, { actor, at }: RuleChange): Promise<void> {
  const { code, version, kind, scope, disposition, author } = rule;
  const detail = { version, kind, scope: scope.kind, disposition, author };
  return appendLog(tx, `rule:${code}`, { stepKey: `${action}:${String(version)}`, at, actor, action, detail });
}

/** Puts rules of an installation in place whose codes are not there yet; whatever was made of the others stays. */
export function seedRules(store: Store, rules: readonly RuleVersion[], at: string): Promise<void> {
  return inTransaction(store, async (tx) => {
    await takeTurn(tx.db, 'rules');
    const known = new Set((await listRuleVersions(tx)).map(({ code }) => code));
    const missing = rules.filter(({ code }) => !known.has(code));
    if (missing.length === 0) return;
    const sequence = (await findRulesSequence(tx)) + 1;
    for (const rule of missing) {
      const seeded: KeptRule = { ...NEW, ...rule, status: 'approved', sequence, createdAt: at, approvedAt: at };
      await tx.db.insertInto('order_validation_rules').values(toRow(seeded)).execute();
      await note(tx, seeded, 'rule.approved', { actor: rule.author, at });
    }
  });
}

function toRow(rule: KeptRule): OrderValidationRuleTable {
  const { kind: scope, ...scopeValue } = rule.scope;
  const { code, version, kind, disposition, severity, author, reason, status, sequence } = rule;
  return {
    ...{ code, version, kind, scope, disposition, severity, author, reason, status, sequence },
    scope_value: JSON.stringify(scopeValue),
    parameters_json: JSON.stringify(rule.parameters),
    release_role: rule.releaseRole,
    effective_from: rule.effectiveFrom,
    effective_to: rule.effectiveTo,
    created_at: rule.createdAt,
    approved_by: rule.approvedBy,
    approved_at: rule.approvedAt,
    approval_reason: rule.approvalReason,
    retired_by: rule.retiredBy,
    retired_at: rule.retiredAt,
    retirement_reason: rule.retirementReason,
  };
}

function nameOf({ code, version }: OrderValidationRuleTable): string {
  return `rule:${code}:${String(version)}`;
}

function readRule(row: OrderValidationRuleTable): KeptRule {
  const scope = { kind: row.scope, ...parseKept<object>(row.scope_value ?? '{}', nameOf(row), 'scope') } as RuleScope;
  const { code, version, disposition, author, reason, status, sequence } = row;
  const rule = {
    ...{ code, version, disposition, author, reason, status, sequence, scope },
    kind: row.kind as RuleVersion['kind'],
    releaseRole: row.release_role as RuleVersion['releaseRole'],
    severity: row.severity as RuleVersion['severity'],
    effectiveFrom: row.effective_from,
    effectiveTo: row.effective_to,
    createdAt: row.created_at,
    approvedBy: row.approved_by,
    approvedAt: row.approved_at,
    approvalReason: row.approval_reason,
    retiredBy: row.retired_by,
    retiredAt: row.retired_at,
    retirementReason: row.retirement_reason,
  };
  try {
    return { ...rule, parameters: parseKept<unknown>(row.parameters_json, nameOf(row), 'parameters') };
  } catch (error) {
    if (error instanceof Damaged) return makeUnreadable(rule, error);
    throw error;
  }
}

/** A version that stops whoever needs its parameters: the orders that it speaks on, and no others. */
function makeUnreadable(rule: Omit<KeptRule, 'parameters'>, damage: Damaged): KeptRule {
  const unreadable: KeptRule = {
    ...rule,
    get parameters(): never {
      throw damage;
    },
  };
  damaged.add(unreadable);
  return unreadable;
}
