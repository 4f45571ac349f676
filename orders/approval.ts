import type { Finding } from './finding.ts';
import { decimal } from './money.ts';

/** A finding as it was shown to the person who let it pass: what an approval covers. */
export type Covered = Pick<Finding, 'code' | 'ruleVersion' | 'path' | 'evidence' | 'excess'>;

/**
 * Whether somebody let pass what is found: the same at the same place, and where a rule says by how much it goes beyond
 * what is allowed, not by more than was shown. What a step found, such as a shortage while reserving, is of the order as a
 * whole, wherever the rule of the same code sees it.
 */
export function isCovered(found: Finding, approved: readonly Covered[]): boolean {
  return approved.some((shown) => {
    const isOfStep = shown.ruleVersion === undefined;
    if (shown.code !== found.code || !(isOfStep || shown.path === found.path)) return false;
    if (shown.excess !== undefined && found.excess !== undefined)
      return decimal(found.excess).lessThanOrEqualTo(decimal(shown.excess));
    return isOfStep || shown.evidence === found.evidence;
  });
}
