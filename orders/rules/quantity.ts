import { z } from 'zod';
import { decimal } from '../money.ts';
import { nameLine } from './lines.ts';
import { amount } from './parameters.ts';
import { findProduct } from './product.ts';
import type { Check } from './rule.ts';

/** The largest quantity of one line that is believed, a decimal string. */
export const quantityMaximumParameters = z.strictObject({ maximum: amount });

/** Says where a quantity is so large that it may be a slip of the keyboard. */
export const checkQuantityMaximum: Check<z.infer<typeof quantityMaximumParameters>> = (
  { lines },
  _facts,
  { maximum },
) =>
  lines.map((line, index) => {
    const given = `The quantity of ${nameLine(line)} is ${line.quantity}`;
    if (decimal(line.quantity).lessThanOrEqualTo(decimal(maximum))) return `${given}, at most ${maximum} is believed.`;
    const message = `${given}, more than ${maximum}: confirm it.`;
    return { path: `/lines/${index}/quantity`, message, evidence: line.quantity };
  });

/** The least and the most of one line that may be ordered, and of which products; null for no limit, no SKUs for all. */
export const quantityRangeParameters = z
  .strictObject({
    minimum: amount.nullable().default(null),
    maximum: amount.nullable().default(null),
    skus: z.array(z.string()).default([]),
  })
  .refine(({ minimum, maximum }) => minimum !== null || maximum !== null, 'needs a minimum or a maximum');

/** Says where a line orders less or more than is sold at once. */
export const checkQuantityRange: Check<z.infer<typeof quantityRangeParameters>> = ({ lines }, _facts, range) =>
  lines.map((line, index) => {
    const { minimum, maximum, skus } = range;
    if (skus.length > 0 && !skus.includes(line.sku)) return { skipped: `the rule is not about ${nameLine(line)}.` };
    const quantity = decimal(line.quantity);
    const given = `The quantity of ${nameLine(line)} is ${line.quantity}`;
    const path = `/lines/${index}/quantity`;
    if (minimum !== null && quantity.lessThan(decimal(minimum)))
      return { path, message: `${given}, the least that is sold at once is ${minimum}.`, evidence: line.quantity };
    if (maximum !== null && quantity.greaterThan(decimal(maximum)))
      return { path, message: `${given}, the most that is sold at once is ${maximum}.`, evidence: line.quantity };
    return `${given}, within ${minimum ?? 'no least'} and ${maximum ?? 'no most'}.`;
  });

/** How many make a pack where the back office does not say; null: any quantity is sold. */
export const packSizeParameters = z.strictObject({ otherwise: amount.nullable().default(null) });

/** Says where a quantity is no multiple of the product's pack. */
export const checkPackSize: Check<z.infer<typeof packSizeParameters>> = ({ lines }, facts, { otherwise }) =>
  lines.map((line, index) => {
    const product = findProduct(facts, line.sku);
    const size = product?.packSize ?? otherwise;
    if (size === null && !product) return { skipped: `the product of ${nameLine(line)} is not known.` };
    if (size === null) return `The quantity of ${nameLine(line)} is ${line.quantity}, and no pack is agreed.`;
    const packs = decimal(line.quantity).dividedBy(decimal(size));
    if (!packs.isFinite()) throw new RangeError(`the pack of ${nameLine(line)} has a size of ${size}`);
    const given = `The quantity of ${nameLine(line)} is ${line.quantity}`;
    if (decimal(line.quantity).modulo(decimal(size)).isZero()) return `${given} = ${packs.toFixed()} packs of ${size}.`;
    // The nearest whole packs, of which none is no order.
    const nearest = [packs.floor(), packs.ceil()].filter((count) => count.greaterThan(0));
    const offer = nearest.map((count) => count.times(decimal(size)).toFixed()).join(' or ');
    const message = `${given}, but it is sold in packs of ${size}: order ${offer}.`;
    return { path: `/lines/${index}/quantity`, message, evidence: line.quantity };
  });
