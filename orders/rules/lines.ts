import { z } from 'zod';
import { decimal } from '../money.ts';
import type { OrderLine } from '../order.ts';
import type { Check, Statement } from './rule.ts';

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
    ? [`The order has ${lines.length} lines, at most ${maximum} are allowed.`]
    : [{ path: '/lines', message: `The order has ${lines.length} lines, at most ${maximum} are allowed: split it.` }];

/** Says where a line number stands twice: acknowledgments could not tell the two apart. */
export const checkLineIds: Check<None> = ({ lines }) => {
  const seen = new Set<string>();
  return lines.map(({ line }, index): Statement => {
    if (seen.has(line)) {
      return { path: `/lines/${index}/line`, message: `Line number ${line} stands twice: give each line its own.` };
    }
    seen.add(line);
    return `Line number ${line} did not stand before.`;
  });
};

/** Says where a quantity is zero or less. */
export const checkQuantityPositive: Check<None> = ({ lines }) =>
  lines.map((line, index) => {
    if (decimal(line.quantity).greaterThan(0)) return `The quantity of ${nameLine(line)} is ${line.quantity}.`;
    const message = `The quantity of ${nameLine(line)} is ${line.quantity}: it must be more than zero.`;
    return { path: `/lines/${index}/quantity`, message, evidence: line.quantity };
  });

/** Says where a price is negative. Free items are allowed. */
export const checkPriceNotNegative: Check<None> = ({ lines }) =>
  lines.map((line, index) => {
    if (!decimal(line.unitPrice).isNegative()) return `The unit price of ${nameLine(line)} is ${line.unitPrice}.`;
    const message = `The unit price of ${nameLine(line)} is ${line.unitPrice}: it must not be below zero.`;
    return { path: `/lines/${index}/unitPrice`, message, evidence: line.unitPrice };
  });
