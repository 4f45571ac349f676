import { z } from 'zod';
import { Decimal } from 'decimal.js';
import type { Facts, Purchase } from '../facts.ts';
import { decimal } from '../money.ts';
import type { Order, OrderLine } from '../order.ts';
import { nameLine } from './lines.ts';
import { amount } from './parameters.ts';
import { findProduct } from './product.ts';
import type { Check, Statement } from './rule.ts';

/** When a quantity or a price counts as unusual for the customer. */
export const unusualParameters = z.strictObject({
  /** Below so many earlier purchases of a product nothing is said of it. */
  minimumPurchases: z.number().int().min(3).max(1000).default(8),
  /** How many times the usual distance from the middle is still usual. */
  times: amount.default('6'),
  /** A distance that is always usual, in percent of the middle: whoever always orders 10 may order 12. */
  slackPercent: amount.default('50'),
});
type Parameters = z.infer<typeof unusualParameters>;

/** Says which quantities are far from what the customer ordered of the product before. */
export const checkUnusualQuantity: Check<Parameters> = (order, facts, parameters) =>
  judgeHistory(order, facts, parameters, 'quantity');

/** Says which prices are far from what the customer paid for the product before. */
export const checkUnusualPrice: Check<Parameters> = (order, facts, parameters) =>
  judgeHistory(order, facts, parameters, 'unitPrice');

const NAMES = { quantity: 'quantity', unitPrice: 'price' } as const;

function judgeHistory(order: Order, facts: Facts, parameters: Parameters, what: keyof Purchase): readonly Statement[] {
  return order.lines.map((line, index): Statement => {
    const earlier = findProduct(facts, line.sku)?.history?.map((purchase) => decimal(purchase[what])) ?? [];
    if (earlier.length < parameters.minimumPurchases) {
      const needed = `${parameters.minimumPurchases} are needed`;
      return { skipped: `${nameLine(line)} was bought ${earlier.length} times before, ${needed}.` };
    }
    return judgeLine(line, index, earlier, parameters, what);
  });
}

/**
 * Median and median absolute deviation, which a few odd orders of the past do not move; 1.4826 makes the deviation
 * comparable with a standard deviation.
 * @see https://www.itl.nist.gov/div898/handbook/eda/section3/eda35h.htm (Iglewicz and Hoaglin)
 */
function judgeLine(
  line: OrderLine,
  index: number,
  earlier: readonly Decimal[],
  { times, slackPercent }: Parameters,
  what: keyof Purchase,
): Statement {
  const middle = median(earlier);
  const usual = median(earlier.map((value) => value.minus(middle).abs())).times(NORMAL_CONSISTENCY);
  const allowed = Decimal.max(usual.times(decimal(times)), middle.times(decimal(slackPercent)).dividedBy(100));
  const distance = decimal(line[what]).minus(middle).abs();
  const given = `The ${NAMES[what]} of ${nameLine(line)} is ${line[what]}`;
  const past = `in ${earlier.length} earlier purchases the middle is ${print(middle)}, usually within ${print(usual)} of it`;
  const calculation = `${past}; up to ${print(allowed)} away is usual`;
  if (distance.lessThanOrEqualTo(allowed)) return `${given}: ${calculation}.`;
  return {
    path: `/lines/${index}/${what}`,
    message: `${given}, but ${calculation}: confirm it.`,
    evidence: line[what],
  };
}

const NORMAL_CONSISTENCY = new Decimal('1.4826');

/** @throws RangeError for no values */
function median(values: readonly Decimal[]): Decimal {
  const sorted = values.toSorted((one, other) => one.comparedTo(other));
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (!upper || !lower) throw new RangeError('nothing to take the middle of');
  return lower.plus(upper).dividedBy(2);
}

function print(value: Decimal): string {
  return value.toDecimalPlaces(4).toFixed();
}
