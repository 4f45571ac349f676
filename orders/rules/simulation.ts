import { Decimal } from 'decimal.js';
import type { Facts } from '../facts.ts';
import type { Disposition, Finding } from '../finding.ts';
import { minorUnits } from '../money.ts';
import type { Order } from '../order.ts';
import { evaluateRules } from './evaluate.ts';
import type { RuleVersion } from './rule.ts';

/** What the rules alone would do with an order. */
export type Outcome = 'pass' | 'hold' | 'reject';

/** The rules by which past orders are judged twice: as they are, and with a draft in its place. */
export interface Experiment {
  /** Rules of other codes, which count in both. */
  readonly others: readonly RuleVersion[];
  /** Rules of the draft's code, in all scopes. */
  readonly before: readonly RuleVersion[];
  readonly after: readonly RuleVersion[];
}

/**
 * Sets an experiment up. Versions count whatever their time says, because it is asked what would be if they held then.
 * @param rules the rules in force, in all scopes
 * @param replaced of these the one that the draft would take the place of; undefined: it is new
 * @param ends the draft ends the rule: nothing would speak in its place
 */
export function setUpExperiment(
  rules: readonly RuleVersion[],
  draft: RuleVersion,
  replaced: RuleVersion | undefined,
  ends: boolean,
): Experiment {
  const ofCode = rules.filter(({ code }) => code === draft.code);
  const after = [...ofCode.filter((rule) => rule !== replaced), ...(ends ? [] : [draft])];
  return {
    others: rules.filter(({ code }) => code !== draft.code).map(withoutTimes),
    before: ofCode.map(withoutTimes),
    after: after.map(withoutTimes),
  };
}

function withoutTimes(rule: RuleVersion): RuleVersion {
  return { ...rule, effectiveFrom: '0001-01-01T00:00:00.000Z', effectiveTo: null };
}

/** What the experiment comes to on one order. */
export interface Trial {
  readonly before: Outcome;
  readonly after: Outcome;
  /** How many findings the rule's code makes afterwards. */
  readonly findings: number;
  /** Whether the code finds something else than before, also where the outcome is the same. */
  readonly isOther: boolean;
}

/**
 * Judges a past order twice by its snapshot; everything but the rules is as it was at the moment of the facts.
 * @param standing dispositions of what other steps found on the order, such as its parser
 */
export function tryOrder(experiment: Experiment, order: Order, facts: Facts, standing: readonly Disposition[]): Trial {
  const judge = (rules: readonly RuleVersion[]): readonly Finding[] =>
    evaluateRules(rules, order, facts, new Date(facts.asOf)).findings;
  const [others, before, after] = [judge(experiment.others), judge(experiment.before), judge(experiment.after)];
  const sumUp = (findings: readonly Finding[]): Outcome =>
    outcomeOf([...standing, ...[...others, ...findings].map(({ disposition }) => disposition)]);
  return { before: sumUp(before), after: sumUp(after), findings: after.length, isOther: tell(before) !== tell(after) };
}

function outcomeOf(dispositions: readonly Disposition[]): Outcome {
  if (dispositions.includes('reject')) return 'reject';
  return dispositions.includes('hold') ? 'hold' : 'pass';
}

/** What was found, whichever version of the rule did. */
function tell(findings: readonly Finding[]): string {
  return JSON.stringify(findings.map(({ code, disposition, path }) => [code, disposition, path]));
}

/** Why an order could not be judged: its content was erased or removed, it never came so far, or it is damaged. */
export type NotTried = 'gone' | 'neverJudged' | 'damaged';

/** Orders that would flip in one direction, and what they are worth. */
export interface Flips {
  readonly before: Outcome;
  readonly after: Outcome;
  readonly orders: number;
  /** Exact sums of the orders' totals by currency. */
  readonly worth: Readonly<Record<string, string>>;
}

/** What an experiment comes to on all orders that were looked at. */
export interface Tally {
  readonly judged: number;
  readonly notJudged: Readonly<Record<NotTried, number>>;
  /** One for each direction that there is. */
  readonly flips: readonly Flips[];
  /** Orders whose outcome is the same for other findings. */
  readonly otherFindings: number;
}

/** Before the first order. */
export const NO_TALLY: Tally = {
  judged: 0,
  notJudged: { gone: 0, neverJudged: 0, damaged: 0 },
  flips: [],
  otherFindings: 0,
};

/** Counts one order in. */
export function addTrial(tally: Tally, trial: Trial, order: Pick<Order, 'currency' | 'total'>): Tally {
  const { before, after } = trial;
  const judged = tally.judged + 1;
  if (before === after) return { ...tally, judged, otherFindings: tally.otherFindings + Number(trial.isOther) };
  const isSame = (flips: Flips): boolean => flips.before === before && flips.after === after;
  const flips = tally.flips.find(isSame) ?? { before, after, orders: 0, worth: {} };
  return { ...tally, judged, flips: [...tally.flips.filter((one) => !isSame(one)), addFlip(flips, order)] };
}

function addFlip(flips: Flips, { currency, total }: Pick<Order, 'currency' | 'total'>): Flips {
  const sum = addAmounts(flips.worth[currency] ?? '0', total, currency);
  return { ...flips, orders: flips.orders + 1, worth: { ...flips.worth, [currency]: sum } };
}

/** Counts one order in that could not be judged. */
export function addUntried(tally: Tally, why: NotTried): Tally {
  return { ...tally, notJudged: { ...tally.notJudged, [why]: tally.notJudged[why] + 1 } };
}

/** Sums grow longer than any amount of an order may be. */
const Exact = Decimal.clone({ precision: 100 });

function addAmounts(one: string, other: string, currency: string): string {
  const sum = new Exact(one).plus(other);
  return sum.toFixed(Math.max(minorUnits(currency), sum.decimalPlaces()));
}
