import { z } from 'zod';
import type { PriceBreak, ProductFacts } from '../facts.ts';
import { decimal, sum } from '../money.ts';
import type { OrderLine } from '../order.ts';
import { nameLine } from './lines.ts';
import { findProduct } from './product.ts';
import type { Breach, Check } from './rule.ts';

const percent = z.string().regex(/^\d{1,3}(?:\.\d{1,6})?$/, 'must be a percentage such as "2.5"');

/** How far a price may be off the customer's price list, in percent of the listed price, up or down. */
export const priceParameters = z.strictObject({ tolerancePercent: percent.default('0') });

/**
 * Says which unit prices are not those agreed with the customer for the quantity ordered. Compared before discounts,
 * which the order states apart. A line of an unknown product has nothing to be compared with.
 */
export const checkPrice: Check<z.infer<typeof priceParameters>> = ({ lines, currency }, facts, { tolerancePercent }) =>
  lines.flatMap((line, index): Breach[] => {
    const product = findProduct(facts, line.sku);
    if (!product) return [];
    const path = `/lines/${index}/unitPrice`;
    const listed = findPrice(product, line, currency);
    if (!listed)
      return [{ path, message: `No price in ${currency} is agreed for ${nameLine(line)}.`, evidence: line.unitPrice }];
    const allowed = decimal(listed.unitPrice).times(decimal(tolerancePercent)).dividedBy(100);
    if (decimal(line.unitPrice).minus(decimal(listed.unitPrice)).abs().lessThanOrEqualTo(allowed)) return [];
    const tolerance = decimal(tolerancePercent).isZero() ? '' : `, with ${tolerancePercent} % either way`;
    const agreed = `agreed from a quantity of ${listed.minQuantity} on is ${listed.unitPrice}${tolerance}`;
    return [
      { path, message: `The price of ${nameLine(line)} is ${line.unitPrice}, ${agreed}.`, evidence: line.unitPrice },
    ];
  });

/** The price break of the largest quantity that the line reaches, in the order's currency. */
function findPrice({ prices }: ProductFacts, { quantity }: OrderLine, currency: string): PriceBreak | undefined {
  return prices.findLast(
    (price) => price.currency === currency && decimal(price.minQuantity).lessThanOrEqualTo(decimal(quantity)),
  );
}

/** The largest discount on a line, in percent of quantity × unit price. */
export const discountParameters = z.strictObject({ maximumPercent: percent.default('100') });

/** Says where discounts are negative, that is charges in disguise, or larger than allowed. */
export const checkDiscount: Check<z.infer<typeof discountParameters>> = ({ lines }, _facts, { maximumPercent }) =>
  lines.flatMap((line, index): Breach[] => {
    const path = `/lines/${index}/discounts`;
    const amounts = line.discounts.map(({ amount }) => amount);
    if (amounts.some((amount) => decimal(amount).isNegative())) {
      return [{ path, message: `A discount of ${nameLine(line)} is negative: state surcharges as charges.` }];
    }
    const gross = decimal(line.quantity).times(decimal(line.unitPrice));
    const allowed = gross.times(decimal(maximumPercent)).dividedBy(100);
    if (amounts.length === 0 || sum(amounts).lessThanOrEqualTo(allowed)) return [];
    const given = sum(amounts).toFixed();
    const limit = `${maximumPercent} % of ${line.quantity} × ${line.unitPrice}, ${allowed.toFixed()}`;
    return [{ path, message: `The discounts of ${nameLine(line)} are ${given}, more than ${limit}.`, evidence: given }];
  });
