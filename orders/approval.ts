import type { Finding } from './finding.ts';
import { decimal } from './money.ts';

/** A finding as it was shown to the person who let it pass: what an approval covers. */
export type Covered = Pick<Finding, 'code' | 'ruleVersion' | 'path' | 'evidence' | 'excess'>;

/**
 * What somebody let pass that is found: the same at the same place, and where it is said by how much it goes beyond what is
 * allowed, not by more than was shown. What a step found, such as a shortage while reserving, is the same as what the rule
 * of that code finds.
 * @returns the last that covers it; undefined: nobody let it pass
 */
export function findCover<Shown extends Covered>(found: Finding, approved: readonly Shown[]): Shown | undefined {
  return approved.findLast((shown) => covers(shown, found));
}

/** Whether somebody let pass what is found. @see findCover */
export function isCovered(found: Finding, approved: readonly Covered[]): boolean {
  return findCover(found, approved) !== undefined;
}

function covers(shown: Covered, found: Finding): boolean {
  if (shown.code !== found.code || shown.path !== found.path) return false;
  if (shown.excess !== undefined && found.excess !== undefined)
    return decimal(found.excess).lessThanOrEqualTo(decimal(shown.excess));
  // That there is no price to compare with is not that the price is off, though both quote the same price.
  if (shown.excess !== found.excess) return false;
  return shown.ruleVersion === undefined || shown.evidence === found.evidence;
}
