import type { Facts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import type { Order } from '../order.ts';
import { RULE_KINDS } from './registry.ts';
import {
  type Breach,
  isBreach,
  type Explanation,
  type NotJudged,
  type Overridden,
  type RuleKind,
  type RuleScope,
  type RuleVersion,
  type Statement,
  WORKING_KEPT,
} from './rule.ts';

/** What the rules say of an order, and how each came to it. */
export interface Verdict {
  readonly findings: readonly Finding[];
  /** One per rule code that holds for the order, in the order in which the codes first stand among the rules. */
  readonly explanations: readonly Explanation[];
}

/**
 * Judges an order by the rules. Of each code the version counts that holds at `now` and whose scope fits the order most
 * narrowly; at the same width the highest version. A rule that breaks holds the order: it never lets it pass.
 * @param now the moment of judgement: the same rules, order, facts and moment always give the same verdict
 * @param kinds only rules of these kinds, for steps of their own such as the credit check; all by default
 */
export function evaluateRules(
  rules: readonly RuleVersion[],
  order: Order,
  facts: Facts,
  now: Date,
  kinds?: readonly RuleKind[],
): Verdict {
  const judged = [...groupRules(rules, order, now).values()].flatMap((rivals) => {
    const [rule, ...losers] = rivals.toSorted(byPrecedence);
    if (!rule || (kinds !== undefined && !kinds.includes(rule.kind))) return [];
    return [runRule(rule, losers, order, facts, now)];
  });
  return {
    findings: judged.flatMap(({ findings }) => findings),
    explanations: judged.map(({ explanation }) => explanation),
  };
}

/** The version of each code that holds for an order at a moment. */
export function chooseRules(rules: readonly RuleVersion[], order: Order, now: Date): readonly RuleVersion[] {
  return [...groupRules(rules, order, now).values()].flatMap((rivals) => rivals.toSorted(byPrecedence).slice(0, 1));
}

/** The versions that hold for an order at a moment, by code. */
function groupRules(
  rules: readonly RuleVersion[],
  order: Order,
  now: Date,
): ReadonlyMap<string, readonly RuleVersion[]> {
  return Map.groupBy(
    rules.filter((rule) => isEffective(rule, now) && fits(rule.scope, order)),
    ({ code }) => code,
  );
}

function isEffective({ effectiveFrom, effectiveTo }: RuleVersion, now: Date): boolean {
  const at = now.getTime();
  // Written so that a time that cannot be read leaves the rule in force.
  const isEarly = at < Date.parse(effectiveFrom);
  const isOver = effectiveTo !== null && at >= Date.parse(effectiveTo);
  return !isEarly && !isOver;
}

function fits(scope: RuleScope, { source, customerId }: Order): boolean {
  switch (scope.kind) {
    case 'all':
      return true;
    case 'source':
      return scope.source === source;
    case 'customerGroup':
      return scope.customers.includes(customerId);
    case 'customer':
      return scope.customer === customerId;
  }
}

/** The higher, the narrower. */
const WIDTHS: Readonly<Record<RuleScope['kind'], number>> = { all: 0, source: 1, customerGroup: 2, customer: 3 };

/** The one that counts first. */
function byPrecedence(one: RuleVersion, other: RuleVersion): number {
  return WIDTHS[other.scope.kind] - WIDTHS[one.scope.kind] || other.version - one.version;
}

interface Judged {
  readonly findings: readonly Finding[];
  readonly explanation: Explanation;
}

function runRule(rule: RuleVersion, losers: readonly RuleVersion[], order: Order, facts: Facts, now: Date): Judged {
  try {
    const kind = RULE_KINDS[rule.kind];
    const reads = kind.reads(rule.parameters);
    if (kind.needsCustomer && facts.customer === null) {
      const because = 'The back office does not know the customer.';
      return { findings: [], explanation: explain(rule, losers, { reads, because, result: 'skipped' }) };
    }
    return judge(rule, losers, reads, kind.check(order, facts, rule.parameters, now));
  } catch (error) {
    const failure = failureFinding(rule, error);
    const because = `${failure.message} ${failure.evidence ?? ''}`;
    const explanation = explain(rule, losers, { because, result: 'failed', findings: 1 });
    return { findings: [failure], explanation };
  }
}

function judge(
  rule: RuleVersion,
  losers: readonly RuleVersion[],
  reads: readonly string[],
  statements: readonly Statement[],
): Judged {
  const findings = statements.filter(isBreach).map((breach) => findingOf(rule, breach));
  const skipped = statements.filter(isNotJudged);
  const result = findings.length > 0 ? 'breached' : isWhollySkipped(statements, skipped) ? 'skipped' : 'passed';
  const because = result === 'skipped' ? (skipped[0]?.skipped ?? null) : null;
  const working = describeWorking(statements);
  return {
    findings,
    explanation: explain(rule, losers, { reads, working, result, because, findings: findings.length }),
  };
}

function isWhollySkipped(statements: readonly Statement[], skipped: readonly NotJudged[]): boolean {
  return skipped.length > 0 && skipped.length === statements.length;
}

function isNotJudged(statement: Statement): statement is NotJudged {
  return typeof statement === 'object' && 'skipped' in statement;
}

/** What is wrong comes first, so that it is never among what is left out. */
function describeWorking(statements: readonly Statement[]): readonly string[] {
  const breaches = statements.filter(isBreach).map(({ message }) => message);
  const others = statements.flatMap((statement) => {
    if (typeof statement === 'string') return [statement];
    return isNotJudged(statement) ? [`Not judged: ${statement.skipped}`] : [];
  });
  const all = [...breaches, ...others];
  if (all.length <= WORKING_KEPT) return all;
  const left = all.length - WORKING_KEPT;
  return [...all.slice(0, WORKING_KEPT), `… and ${left} more, worked out in the same way.`];
}

type Course = Pick<Explanation, 'result'> & Partial<Pick<Explanation, 'reads' | 'working' | 'because' | 'findings'>>;

function explain(rule: RuleVersion, losers: readonly RuleVersion[], course: Course): Explanation {
  const { code, version, kind, scope, author, reason, parameters } = rule;
  const overrode = losers.map((loser): Overridden => {
    const because = WIDTHS[loser.scope.kind] < WIDTHS[scope.kind] ? 'narrower' : 'newer';
    return { version: loser.version, scope: loser.scope, because };
  });
  const nothing = { reads: [], working: [], because: null, findings: 0 };
  return { code, version, kind, scope, author, reason, overrode, parameters, ...nothing, ...course };
}

function findingOf({ code, version, disposition, kind, severity }: RuleVersion, breach: Breach): Finding {
  const { path, message, evidence, excess } = breach;
  return {
    code,
    ruleVersion: version,
    category: RULE_KINDS[kind].category,
    disposition: breach.disposition ?? disposition,
    severity,
    path,
    message,
    evidence: evidence ?? null,
    ...(excess !== undefined && { excess }),
    location: {},
  };
}

/** What the code of the finding on a rule that broke begins with; the rule's own code follows. */
const RULE_FAILED = 'RULE.FAILED';

/**
 * The rule that a finding speaks for, whether the rule found something or broke; undefined for the findings of steps.
 * Whoever may release what a rule finds may release that it broke.
 */
export function findRuleOf(
  { code, ruleVersion }: { readonly code: string; readonly ruleVersion?: number | undefined },
  rules: readonly RuleVersion[],
): RuleVersion | undefined {
  const ruleCode = code.startsWith(`${RULE_FAILED}.`) ? code.slice(RULE_FAILED.length + 1) : code;
  return rules.find((rule) => rule.code === ruleCode && rule.version === ruleVersion);
}

/**
 * Whether what a rule found may go away although the order stays as it is, because the back office knows something else
 * by then. One that broke may have done so because of what it was given.
 */
export function restsOnFacts({ kind, parameters }: RuleVersion): boolean {
  try {
    return RULE_KINDS[kind].restsOnFacts(parameters);
  } catch {
    return true;
  }
}

/** The error's own words may quote the order, so they are evidence, which is stored sealed, and not part of the message. */
function failureFinding({ code, version, severity }: RuleVersion, error: unknown): Finding {
  return {
    code: `${RULE_FAILED}.${code}`,
    ruleVersion: version,
    category: 'processing',
    disposition: 'hold',
    severity,
    path: '',
    message: `Rule ${code} version ${version} broke and could not judge the order: correct the rule or what it was given.`,
    evidence: String(error).slice(0, 500),
    location: {},
  };
}
