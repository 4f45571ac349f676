import { z } from 'zod';
import { decimal } from '../money.ts';
import { getCustomer } from './customer.ts';
import type { Check } from './rule.ts';
import { printAmount } from './totals.ts';

/** Payment methods that use no credit, such as `prepaid`; by default every order counts. */
export const creditParameters = z.strictObject({ exemptMethods: z.array(z.string()).default([]) });

/**
 * Says that the order would take the customer over the credit limit: credit used, by open orders and by the reservations
 * of orders in flight, plus this order. Up to and including the limit is allowed.
 */
export const checkCredit: Check<z.infer<typeof creditParameters>> = (
  { total, currency, payment },
  facts,
  { exemptMethods },
) => {
  const { creditLimit, creditUsed, currency: account } = getCustomer(facts);
  if (payment && exemptMethods.includes(payment.method)) return [`Payment by ${payment.method} uses no credit.`];
  if (currency !== account) {
    const message = `The order is in ${currency}, the credit limit in ${account}: a person has to judge the credit.`;
    return [{ path: '/total', message, evidence: total }];
  }
  const needed = decimal(creditUsed).plus(decimal(total));
  const print = (amount: string): string => printAmount(decimal(amount), currency);
  const calculation = `credit used ${print(creditUsed)} + this order ${print(total)} = ${printAmount(needed, currency)}`;
  if (needed.lessThanOrEqualTo(decimal(creditLimit)))
    return [`${calculation}, within the limit ${print(creditLimit)}.`];
  const message = `The credit does not cover the order: ${calculation} is over the limit ${print(creditLimit)}.`;
  const excess = needed.minus(decimal(creditLimit)).toFixed();
  return [{ path: '/total', message, evidence: total, excess }];
};
