import { addRuleVersion, type KeptRule, listRuleVersions, placeOf, type RuleChange } from '../db/rules.ts';
import type { Store } from '../db/store.ts';
import { compareRules, contentOf, type RuleDifference } from '../orders/rules/compare.ts';
import { completeRule, findRuleFaults, type RuleFault, type WrittenRule } from '../orders/rules/draft.ts';
import { guardsMoney } from '../orders/rules/four-eyes.ts';
import type { RuleScope } from '../orders/rules/rule.ts';

/** A rule in a file, as export writes it and import reads it: no versions and no names, so that two installations compare. */
export type FiledRule = ReturnType<typeof contentOf> & { readonly reason: string };

/** What becomes of one rule of a file. */
export interface ImportStep {
  readonly code: string;
  readonly scope: RuleScope;
  /** `waiting`: a draft of it waits for approval already. */
  readonly action: 'add' | 'change' | 'waiting' | 'unchanged';
  /** Against the newest version of the same code and scope. */
  readonly differences: readonly RuleDifference[];
  /** The version that stands for it; null: it would be a new one, and this is a dry run. */
  readonly version: number | null;
  /** Whether a second person has to approve it. */
  readonly needsApproval: boolean;
}

/** Each rule as it is, as it will be, and as it was when it ended: what an installation would need to judge as this one. */
export function exportRules(rules: readonly KeptRule[], now: Date): readonly FiledRule[] {
  return rules
    .filter((rule) => rule.status === 'approved' && !isSuperseded(rule, rules, now))
    .map((rule) => ({ ...contentOf(rule), reason: rule.reason }))
    .sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : Number(placeOf(one) > placeOf(other))));
}

/** Whether another version of the same code and scope has taken its place. */
function isSuperseded(rule: KeptRule, rules: readonly KeptRule[], now: Date): boolean {
  return rules.some(
    (other) =>
      other.status === 'approved' &&
      other.version > rule.version &&
      placeOf(other) === placeOf(rule) &&
      Date.parse(other.effectiveFrom) <= now.getTime(),
  );
}

/**
 * Brings the rules of a file in, in the order of the file; those that are there already stay. Nothing is ever taken away: a
 * rule ends by a version that says so.
 * @param tx a transaction: all of them are brought in, or none
 * @param keep false for a dry run
 * @returns what is wrong instead, if anything is, with its place in the list
 */
export async function importRules(
  tx: Store,
  written: readonly WrittenRule[],
  by: RuleChange,
  keep: boolean,
): Promise<readonly ImportStep[] | { readonly faults: readonly RuleFault[] }> {
  const now = new Date(by.at);
  const before = Map.groupBy(await listRuleVersions(tx), ({ code }) => code);
  const faults = written.flatMap((rule, index) =>
    findRuleFaults(rule, before.get(rule.code) ?? []).map(({ pointer, detail }) => ({ pointer: `/rules/${String(index)}${pointer}`, detail })),
  ); // prettier-ignore
  if (faults.length > 0) return { faults };
  const steps: ImportStep[] = [];
  const versions = new Map(before);
  for (const rule of written) {
    const there = versions.get(rule.code) ?? [];
    const { step, added } = await importRule(tx, rule, there, by, keep, now);
    steps.push(step);
    // The file may name a rule twice.
    if (added) versions.set(rule.code, [...there, added]);
  }
  return steps;
}

async function importRule(
  tx: Store,
  written: WrittenRule,
  versions: readonly KeptRule[],
  by: RuleChange,
  keep: boolean,
  now: Date,
): Promise<{ readonly step: ImportStep; readonly added?: KeptRule }> {
  const rule = completeRule(written, now);
  const { code, scope } = rule;
  const there = versions.filter((kept) => kept.status !== 'retired' && placeOf(kept) === placeOf(rule));
  const alive = there.filter((kept) => !isSuperseded(kept, there, now));
  // A time that was left out is that of the version that is there.
  const same = alive.findLast(
    (kept) => compareRules(kept, written.effectiveFrom === undefined ? { ...rule, effectiveFrom: kept.effectiveFrom } : rule).length === 0,
  ); // prettier-ignore
  const common = { code, scope, needsApproval: guardsMoney(rule.kind) };
  if (same) {
    const isDraft = same.status === 'draft';
    const action = isDraft ? 'waiting' : 'unchanged';
    return { step: { ...common, action, differences: [], version: same.version, needsApproval: isDraft } };
  }
  const newest = there.at(-1);
  const added = keep ? await addRuleVersion(tx, rule, by, common.needsApproval) : undefined;
  const differences = newest ? compareRules(newest, rule) : [];
  const step = { ...common, action: newest ? 'change' : 'add', differences, version: added?.version ?? null } as const;
  return { step, ...(added && { added }) };
}
