import { z } from 'zod';
import type { PriceBreak, ProductFacts } from '../facts.ts';
import { decimal } from '../money.ts';
import type { OrderLine } from '../order.ts';
import { nameLine } from './lines.ts';
import { percent } from './parameters.ts';
import { judgeProducts } from './product.ts';
import type { Check } from './rule.ts';

/** How far a price may be off the customer's price list, in percent of the listed price, up or down. */
export const priceParameters = z.strictObject({ tolerancePercent: percent.default('0') });

/**
 * Says which unit prices are not those agreed with the customer for the quantity ordered. Compared before discounts,
 * which the order states apart. A line of an unknown product has nothing to be compared with.
 */
export const checkPrice: Check<z.infer<typeof priceParameters>> = (order, facts, { tolerancePercent }) =>
  judgeProducts(order, facts, (product, line, index) => {
    const { currency } = order;
    const path = `/lines/${index}/unitPrice`;
    const listed = findPrice(product, line, currency);
    if (!listed)
      return { path, message: `No price in ${currency} is agreed for ${nameLine(line)}.`, evidence: line.unitPrice };
    const allowed = decimal(listed.unitPrice).times(decimal(tolerancePercent)).dividedBy(100);
    const tolerance = decimal(tolerancePercent).isZero() ? '' : `, with ${tolerancePercent} % either way`;
    const agreed = `agreed from a quantity of ${listed.minQuantity} on is ${listed.unitPrice}${tolerance}`;
    const words = `The price of ${nameLine(line)} is ${line.unitPrice}, ${agreed}.`;
    const off = decimal(line.unitPrice).minus(decimal(listed.unitPrice)).abs();
    if (off.lessThanOrEqualTo(allowed)) return words;
    return { path, message: words, evidence: line.unitPrice, excess: off.toFixed() };
  });

/** The price break of the largest quantity that the line reaches, in the order's currency. */
function findPrice({ prices }: ProductFacts, { quantity }: OrderLine, currency: string): PriceBreak | undefined {
  const ordered = decimal(quantity);
  return prices.findLast(
    (price) => price.currency === currency && decimal(price.minQuantity).lessThanOrEqualTo(ordered),
  );
}
