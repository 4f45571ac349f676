import { z } from 'zod';
import { decimal } from '../money.ts';
import type { OrderLine } from '../order.ts';
import type { Breach, Check } from './rule.ts';

/** Rules without parameters. */
export const noParameters = z.strictObject({});
type None = z.infer<typeof noParameters>;

/** One line of an order in words, by the sender's own line number. */
export function nameLine({ line, sku }: OrderLine): string {
  return `line ${line} (${sku})`;
}

/** The most lines that one order may have. */
export const lineCountParameters = z.strictObject({ maximum: z.number().int().min(1) });

/** Says that an order has too many lines to be looked through by a person. */
export const checkLineCount: Check<z.infer<typeof lineCountParameters>> = ({ lines }, _facts, { maximum }) =>
  lines.length <= maximum
    ? []
    : [{ path: '/lines', message: `The order has ${lines.length} lines, at most ${maximum} are allowed: split it.` }];

/** Says where a line number stands twice: acknowledgments could not tell the two apart. */
export const checkLineIds: Check<None> = ({ lines }) => {
  const seen = new Set<string>();
  return lines.flatMap(({ line }, index): Breach[] => {
    if (!seen.has(line)) {
      seen.add(line);
      return [];
    }
    return [{ path: `/lines/${index}/line`, message: `Line number ${line} stands twice: give each line its own.` }];
  });
};

/** Says where a quantity is zero or less. */
export const checkQuantityPositive: Check<None> = ({ lines }) =>
  lines.flatMap((line, index): Breach[] => {
    if (decimal(line.quantity).greaterThan(0)) return [];
    const message = `The quantity of ${nameLine(line)} is ${line.quantity}: it must be more than zero.`;
    return [{ path: `/lines/${index}/quantity`, message, evidence: line.quantity }];
  });

/** The largest quantity of one line that is believed, a decimal string. */
export const quantityMaximumParameters = z.strictObject({ maximum: z.string().regex(/^\d{1,18}(?:\.\d{1,12})?$/) });

/** Says where a quantity is so large that it may be a slip of the keyboard. */
export const checkQuantityMaximum: Check<z.infer<typeof quantityMaximumParameters>> = (
  { lines },
  _facts,
  { maximum },
) =>
  lines.flatMap((line, index): Breach[] => {
    if (decimal(line.quantity).lessThanOrEqualTo(decimal(maximum))) return [];
    const message = `The quantity of ${nameLine(line)} is ${line.quantity}, more than ${maximum}: confirm it.`;
    return [{ path: `/lines/${index}/quantity`, message, evidence: line.quantity }];
  });

/** Says where a price is negative. Free items are allowed. */
export const checkPriceNotNegative: Check<None> = ({ lines }) =>
  lines.flatMap((line, index): Breach[] => {
    if (!decimal(line.unitPrice).isNegative()) return [];
    const message = `The unit price of ${nameLine(line)} is ${line.unitPrice}: it must not be below zero.`;
    return [{ path: `/lines/${index}/unitPrice`, message, evidence: line.unitPrice }];
  });
