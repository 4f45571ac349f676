import type { Finding } from './finding.ts';
import { decimal } from './money.ts';

/** A finding as it was shown to the person who let it pass: what an approval covers. */
export type Covered = Pick<Finding, 'code' | 'ruleVersion' | 'path' | 'evidence' | 'excess'>;

/**
 * What somebody let pass that is found: the same at the same place, and where a rule says by how much it goes beyond what is
 * allowed, not by more than was shown. What a step found, such as a shortage while reserving, is of the order as a whole,
 * wherever the rule of the same code sees it.
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
  const isOfStep = shown.ruleVersion === undefined;
  if (shown.code !== found.code || !(isOfStep || shown.path === found.path)) return false;
  if (shown.excess !== undefined && found.excess !== undefined)
    return decimal(found.excess).lessThanOrEqualTo(decimal(shown.excess));
  if (isOfStep) return true;
  // That there is no price to compare with is not that the price is off, though both quote the same price.
  return shown.excess === found.excess && shown.evidence === found.evidence;
}
