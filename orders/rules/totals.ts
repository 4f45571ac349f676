import { Decimal } from 'decimal.js';
import { z } from 'zod';
import { decimal, minorUnits, sum } from '../money.ts';
import type { Order, OrderLine } from '../order.ts';
import { nameLine } from './lines.ts';
import type { Breach, Check } from './rule.ts';

/** How far an amount may be off, in the currency's minor units (cents of USD, yen of JPY). */
export const toleranceParameters = z.strictObject({
  toleranceMinorUnits: z.number().int().min(0).max(10_000).default(0),
});
type Tolerance = z.infer<typeof toleranceParameters>;

/**
 * Says which line amounts are not quantity × unit price − discounts. Senders round in different ways, so the amount may
 * be the exact one rounded up or down to the minor unit; the tolerance comes on top, and none is the default.
 */
export const checkLineAmount: Check<Tolerance> = ({ lines, currency }, _facts, { toleranceMinorUnits }) =>
  lines.flatMap((line, index): Breach[] => {
    const exact = decimal(line.quantity)
      .times(decimal(line.unitPrice))
      .minus(sum(line.discounts.map(({ amount }) => amount)));
    const tolerance = toAmount(toleranceMinorUnits, currency);
    const lowest = exact.toDecimalPlaces(minorUnits(currency), Decimal.ROUND_FLOOR).minus(tolerance);
    const highest = exact.toDecimalPlaces(minorUnits(currency), Decimal.ROUND_CEIL).plus(tolerance);
    const amount = decimal(line.amount);
    if (amount.greaterThanOrEqualTo(lowest) && amount.lessThanOrEqualTo(highest)) return [];
    const message = `The amount of ${nameLine(line)} is ${line.amount}, but ${explainAmount(line, exact)}.`;
    return [{ path: `/lines/${index}/amount`, message, evidence: line.amount }];
  });

function explainAmount({ quantity, unitPrice, discounts }: OrderLine, exact: Decimal): string {
  const minus = discounts.map(({ amount }) => ` − ${amount}`).join('');
  return `${quantity} × ${unitPrice}${minus} = ${exact.toFixed()}`;
}

/**
 * Says that the total is not the sum of line amounts, charges and tax as the order states them. These are sums of
 * rounded amounts, so there is nothing left to round and by default no tolerance.
 */
export const checkTotal: Check<Tolerance> = (order, _facts, { toleranceMinorUnits }) => {
  const { lines, charges, tax, total, currency } = order;
  const expected = sum([...lines.map(({ amount }) => amount), ...charges.map(({ amount }) => amount), tax]);
  const difference = decimal(total).minus(expected).abs();
  if (difference.lessThanOrEqualTo(toAmount(toleranceMinorUnits, currency))) return [];
  const message = `The total is ${total}, but ${explainTotal(order)} = ${printAmount(expected, currency)}.`;
  return [{ path: '/total', message, evidence: total }];
};

function explainTotal({ lines, charges, tax, currency }: Order): string {
  const lineSum = printAmount(sum(lines.map(({ amount }) => amount)), currency);
  const chargeSum = printAmount(sum(charges.map(({ amount }) => amount)), currency);
  return `lines ${lineSum} + charges ${chargeSum} + tax ${tax}`;
}

/** An amount with the currency's decimals, or with more where it has more: what a person reads must not be rounded. */
export function printAmount(amount: Decimal, currency: string): string {
  return amount.toFixed(Math.max(minorUnits(currency), amount.decimalPlaces()));
}

function toAmount(minor: number, currency: string): Decimal {
  return new Decimal(minor).dividedBy(new Decimal(10).pow(minorUnits(currency)));
}
