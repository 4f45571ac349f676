import { Decimal } from 'decimal.js';
import { z } from 'zod';
import { decimal, minorUnits, sum } from '../money.ts';
import type { Order, OrderLine } from '../order.ts';
import { nameLine } from './lines.ts';
import type { Check, Statement } from './rule.ts';

/** How far an amount may be off, in the currency's minor units (cents of USD, yen of JPY). */
const toleranceMinorUnits = z.number().int().min(0).max(10_000).default(0);

/** How far a line amount may be off. */
export const toleranceParameters = z.strictObject({ toleranceMinorUnits });

/**
 * Says which line amounts are not quantity × unit price − discounts. Senders round in different ways, so the amount may
 * be the exact one rounded up or down to the minor unit; the tolerance comes on top, and none is the default.
 */
export const checkLineAmount: Check<z.infer<typeof toleranceParameters>> = ({ lines, currency }, _facts, given) => {
  const tolerance = toAmount(given.toleranceMinorUnits, currency);
  return lines.map((line, index) => {
    const exact = decimal(line.quantity)
      .times(decimal(line.unitPrice))
      .minus(sum(line.discounts.map(({ amount }) => amount)));
    const lowest = exact.toDecimalPlaces(minorUnits(currency), Decimal.ROUND_FLOOR).minus(tolerance);
    const highest = exact.toDecimalPlaces(minorUnits(currency), Decimal.ROUND_CEIL).plus(tolerance);
    const amount = decimal(line.amount);
    const calculation = explainAmount(line, exact, currency);
    if (amount.greaterThanOrEqualTo(lowest) && amount.lessThanOrEqualTo(highest))
      return `The amount of ${nameLine(line)} is ${line.amount}: ${calculation}.`;
    const message = `The amount of ${nameLine(line)} is ${line.amount}, but ${calculation}.`;
    return { path: `/lines/${index}/amount`, message, evidence: line.amount };
  });
};

function explainAmount({ quantity, unitPrice, discounts }: OrderLine, exact: Decimal, currency: string): string {
  const minus = discounts.map(({ amount }) => ` − ${amount}`).join('');
  return `${quantity} × ${unitPrice}${minus} = ${printAmount(exact, currency)}`;
}

/** What the total may be the sum of. */
const sums = z.enum(['lines+charges+tax', 'lines+charges', 'lines+tax', 'lines']);

/**
 * How far the total may be off, and what it may be the sum of: whether tax and freight are in a total is not fixed for
 * every format (in cXML it is not), so a source's rule may take more than one sum.
 */
export const totalParameters = z.strictObject({
  toleranceMinorUnits,
  sums: z.array(sums).min(1).default(['lines+charges+tax']),
});

/**
 * Says that the total is not the sum of line amounts, charges and tax as the order states them. These are sums of
 * rounded amounts, so there is nothing left to round and by default no tolerance.
 */
export const checkTotal: Check<z.infer<typeof totalParameters>> = (order, _facts, parameters) => {
  const { total, currency } = order;
  const tolerance = toAmount(parameters.toleranceMinorUnits, currency);
  const parts = addUp(order);
  const tried = parameters.sums.map((names) => {
    const chosen = parts.filter(({ name }) => names.includes(name));
    const expected = sum(chosen.map(({ amount }) => amount));
    const words = chosen.map(({ name, amount }) => `${name} ${amount}`).join(' + ');
    return { expected, words: `${words} = ${printAmount(expected, currency)}` };
  });
  const fitting = tried.find(({ expected }) => decimal(total).minus(expected).abs().lessThanOrEqualTo(tolerance));
  if (fitting) return [`The total is ${total}: ${fitting.words}.`];
  const message = `The total is ${total}, but ${tried.map(({ words }) => words).join(', and ')}.`;
  return [{ path: '/total', message, evidence: total }];
};

interface Part {
  readonly name: 'lines' | 'charges' | 'tax';
  readonly amount: string;
}

function addUp({ lines, charges, tax, currency }: Order): readonly Part[] {
  const print = (amounts: readonly string[]): string => printAmount(sum(amounts), currency);
  return [
    { name: 'lines', amount: print(lines.map(({ amount }) => amount)) },
    { name: 'charges', amount: print(charges.map(({ amount }) => amount)) },
    { name: 'tax', amount: tax },
  ];
}

/** Says that an order pays the customer instead of the other way round. */
export const checkTotalPositive: Check<object> = ({ total }) =>
  decimal(total).isNegative()
    ? [{ path: '/total', message: `The total is ${total}: an order cannot pay its customer.`, evidence: total }]
    : [`The total is ${total}, not below zero.`];

/** Says which amounts have more decimals than their currency: nobody can pay half a cent. */
export const checkAmountDecimals: Check<object> = ({ lines, charges, tax, total, currency }) => {
  const decimals = minorUnits(currency);
  const amounts = [
    ...lines.map(({ amount }, index) => ({ path: `/lines/${index}/amount`, amount })),
    ...charges.map(({ amount }, index) => ({ path: `/charges/${index}/amount`, amount })),
    { path: '/tax', amount: tax },
    { path: '/total', amount: total },
  ];
  return amounts.map(({ path, amount }): Statement => {
    if (decimal(amount).decimalPlaces() <= decimals) return `${amount} has no more than ${decimals} decimals.`;
    const message = `${amount} has more decimals than ${currency} has (${decimals}): round it.`;
    return { path, message, evidence: amount };
  });
};

/** An amount with the currency's decimals, or with more where it has more: what a person reads must not be rounded. */
export function printAmount(amount: Decimal, currency: string): string {
  return amount.toFixed(Math.max(minorUnits(currency), amount.decimalPlaces()));
}

function toAmount(minor: number, currency: string): Decimal {
  return new Decimal(minor).dividedBy(new Decimal(10).pow(minorUnits(currency)));
}
