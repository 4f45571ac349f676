import type { Facts } from '../facts.ts';
import type { Order } from '../order.ts';
import { evaluateRules } from './evaluate.ts';
import type { Explanation, RuleVersion } from './rule.ts';

/** A rule of which a verdict that is drawn again says something else than the one that was kept. */
export interface VerdictDifference {
  readonly code: string;
  /** What the rule came to then and now; null: it did not run. */
  readonly kept: Explanation['result'] | null;
  readonly again: Explanation['result'] | null;
  /** What of its explanation differs, such as `working`; none where it ran only once. */
  readonly members: readonly string[];
}

/**
 * Draws a verdict again from what it rested on, and compares rule by rule. None differs, as long as nobody changed what was
 * kept, and the program judges as the one before.
 * @param kept the verdict as it was kept
 * @param rules the versions that counted when the facts were taken
 */
export function redrawVerdict(
  kept: readonly Explanation[],
  rules: readonly RuleVersion[],
  order: Order,
  facts: Facts,
): readonly VerdictDifference[] {
  const { explanations } = evaluateRules(rules, order, facts, new Date(facts.asOf));
  const again = new Map(explanations.map((explanation) => [explanation.code, explanation]));
  const ofKept = kept.flatMap((then) => compare(then, again.get(then.code)));
  const known = new Set(kept.map(({ code }) => code));
  const added = explanations.filter(({ code }) => !known.has(code));
  return [...ofKept, ...added.map(({ code, result }) => ({ code, kept: null, again: result, members: [] }))];
}

function compare(then: Explanation, now: Explanation | undefined): readonly VerdictDifference[] {
  if (!now) return [{ code: then.code, kept: then.result, again: null, members: [] }];
  const members = (Object.keys(now) as (keyof Explanation)[]).filter(
    (member) => JSON.stringify(then[member]) !== JSON.stringify(now[member]),
  );
  return members.length === 0 ? [] : [{ code: then.code, kept: then.result, again: now.result, members }];
}
