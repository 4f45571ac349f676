import type { Facts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import type { Order } from '../order.ts';
import { RULE_KINDS } from './registry.ts';
import type { RuleKind, RuleOutcome, RuleScope, RuleVersion } from './rule.ts';

/** What the rules say of an order, and what became of each. */
export interface Verdict {
  readonly findings: readonly Finding[];
  /** One per rule code that holds for the order, in the order in which the codes first stand among the rules. */
  readonly ran: readonly RuleOutcome[];
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
  const judged = chooseRules(rules, order, now)
    .filter(({ kind }) => kinds === undefined || kinds.includes(kind))
    .map((rule) => runRule(rule, order, facts, now));
  return { findings: judged.flatMap(({ findings }) => findings), ran: judged.map(({ outcome }) => outcome) };
}

/** The version of each code that holds for an order at a moment. */
export function chooseRules(rules: readonly RuleVersion[], order: Order, now: Date): readonly RuleVersion[] {
  const chosen = new Map<string, RuleVersion>();
  for (const rule of rules) {
    if (!isEffective(rule, now) || !fits(rule.scope, order)) continue;
    const rival = chosen.get(rule.code);
    if (!rival || takesPrecedence(rule, rival)) chosen.set(rule.code, rule);
  }
  return [...chosen.values()];
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

function takesPrecedence(rule: RuleVersion, rival: RuleVersion): boolean {
  const narrower = WIDTHS[rule.scope.kind] - WIDTHS[rival.scope.kind];
  return narrower === 0 ? rule.version > rival.version : narrower > 0;
}

interface Judged {
  readonly findings: readonly Finding[];
  readonly outcome: RuleOutcome;
}

function runRule(rule: RuleVersion, order: Order, facts: Facts, now: Date): Judged {
  try {
    const { category, needsCustomer, check } = RULE_KINDS[rule.kind];
    if (needsCustomer && facts.customer === null) return judge(rule, 'skipped', []);
    const breaches = check(order, facts, rule.parameters, now);
    const findings = breaches.map(({ path, message, evidence }): Finding => {
      const { code, version: ruleVersion, disposition } = rule;
      return { code, ruleVersion, category, disposition, path, message, evidence: evidence ?? null, location: {} };
    });
    return judge(rule, findings.length === 0 ? 'passed' : 'breached', findings);
  } catch (error) {
    return judge(rule, 'failed', [failureFinding(rule, error)]);
  }
}

function judge(
  { code, version, kind }: RuleVersion,
  result: RuleOutcome['result'],
  findings: readonly Finding[],
): Judged {
  return { findings, outcome: { code, version, kind, result, findings: findings.length } };
}

/** The error's own words may quote the order, so they are evidence, which is stored sealed, and not part of the message. */
function failureFinding({ code, version }: RuleVersion, error: unknown): Finding {
  return {
    code: 'RULE.FAILED',
    ruleVersion: version,
    category: 'processing',
    disposition: 'hold',
    path: '',
    message: `Rule ${code} version ${version} broke and could not judge the order: correct the rule or what it was given.`,
    evidence: String(error).slice(0, 500),
    location: {},
  };
}
