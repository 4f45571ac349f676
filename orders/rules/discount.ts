import { Decimal } from 'decimal.js';
import { z } from 'zod';
import type { AgreedDiscount } from '../facts.ts';
import { decimal, minorUnits, sum } from '../money.ts';
import type { Order, OrderLine } from '../order.ts';
import { getCustomer } from './customer.ts';
import { nameLine } from './lines.ts';
import { percent } from './parameters.ts';
import type { Check, Statement } from './rule.ts';
import { printAmount } from './totals.ts';

/** The largest discount on a line, in percent of quantity × unit price. */
export const discountParameters = z.strictObject({ maximumPercent: percent.default('100') });

/** Says where discounts are negative, that is charges in disguise, or larger than allowed. */
export const checkDiscount: Check<z.infer<typeof discountParameters>> = ({ lines }, _facts, { maximumPercent }) =>
  lines.map((line, index) => {
    const path = `/lines/${index}/discounts`;
    const amounts = line.discounts.map(({ amount }) => amount);
    if (amounts.length === 0) return `${nameLine(line)} has no discount.`;
    if (amounts.some((amount) => decimal(amount).isNegative())) {
      return { path, message: `A discount of ${nameLine(line)} is negative: state surcharges as charges.` };
    }
    const allowed = grossOf(line).times(decimal(maximumPercent)).dividedBy(100);
    const given = sum(amounts).toFixed();
    const limit = `${maximumPercent} % of ${line.quantity} × ${line.unitPrice}, ${allowed.toFixed()}`;
    if (sum(amounts).lessThanOrEqualTo(allowed))
      return `The discounts of ${nameLine(line)} are ${given}, within ${limit}.`;
    return { path, message: `The discounts of ${nameLine(line)} are ${given}, more than ${limit}.`, evidence: given };
  });

function grossOf({ quantity, unitPrice }: OrderLine): Decimal {
  return decimal(quantity).times(decimal(unitPrice));
}

/** How far a line's discounts may be over the agreed ones, in percent of these. */
export const agreedDiscountParameters = z.strictObject({ tolerancePercent: percent.default('0') });

/**
 * Says where a line is discounted by more than is agreed with the customer for that product on the order's date:
 * discounts and promotions add up, each in percent of quantity × unit price. Rounding to the next minor unit is allowed.
 */
export const checkAgreedDiscount: Check<z.infer<typeof agreedDiscountParameters>> = (order, facts, parameters) => {
  const { discounts: agreed } = getCustomer(facts);
  if (!agreed) return [{ skipped: 'The back office keeps no account of discounts.' }];
  return order.lines.map((line, index): Statement => {
    if (line.discounts.length === 0) return `${nameLine(line)} has no discount.`;
    const applying = agreed.filter((discount) => applies(discount, line, order.orderDate));
    const gross = grossOf(line);
    const expected = gross.times(sum(applying.map(({ percent: share }) => share))).dividedBy(100);
    const most = expected
      .times(decimal(parameters.tolerancePercent).plus(100))
      .dividedBy(100)
      .toDecimalPlaces(minorUnits(order.currency), Decimal.ROUND_UP);
    const given = sum(line.discounts.map(({ amount }) => amount));
    const words = `${nameLine(line)} is discounted by ${given.toFixed()}, agreed is ${describeAgreed(applying, order)}`;
    const calculation = `${words} of ${line.quantity} × ${line.unitPrice} = ${expected.toFixed()}.`;
    if (given.lessThanOrEqualTo(most)) return calculation;
    const excess = given.minus(most).toFixed();
    return { path: `/lines/${index}/discounts`, message: calculation, evidence: given.toFixed(), excess };
  });
};

function applies({ from, to, skus }: AgreedDiscount, { sku }: OrderLine, date: string): boolean {
  return (from === null || from <= date) && (to === null || date <= to) && (skus === null || skus.includes(sku));
}

function describeAgreed(applying: readonly AgreedDiscount[], { orderDate }: Order): string {
  if (applying.length === 0) return `nothing on ${orderDate}: 0 %`;
  return applying.map(({ code, percent: share }) => `${code} ${share} %`).join(' + ');
}

/** The most that is taken off an order as a whole, in percent of its line amounts. */
export const allowanceParameters = z.strictObject({ maximumPercent: percent });

/** Says that negative charges take more off the order than allowed: a discount that no line shows. */
export const checkAllowance: Check<z.infer<typeof allowanceParameters>> = (order, _facts, { maximumPercent }) => {
  const { charges, lines, currency } = order;
  const allowances = charges.filter(({ amount }) => decimal(amount).isNegative());
  if (allowances.length === 0) return ['No charge is negative.'];
  const given = sum(allowances.map(({ amount }) => amount)).negated();
  const lineSum = sum(lines.map(({ amount }) => amount));
  const allowed = lineSum.times(decimal(maximumPercent)).dividedBy(100);
  const print = (amount: Decimal): string => printAmount(amount, currency);
  const limit = `${maximumPercent} % of the lines' ${print(lineSum)}, ${print(allowed)}`;
  if (given.lessThanOrEqualTo(allowed)) return [`Negative charges take ${print(given)} off, within ${limit}.`];
  const message = `Negative charges take ${print(given)} off the order, more than ${limit}.`;
  return [{ path: '/charges', message, evidence: given.toFixed() }];
};
