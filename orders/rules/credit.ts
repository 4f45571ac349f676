import { z } from 'zod';
import { decimal } from '../money.ts';
import type { Order } from '../order.ts';
import { getCustomer } from './customer.ts';
import type { Check, RuleVersion } from './rule.ts';
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
  if (isExempt(payment, exemptMethods)) return [`Payment by ${payment.method} uses no credit.`];
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

function isExempt(payment: Order['payment'], methods: readonly string[]): payment is NonNullable<Order['payment']> {
  return payment != null && methods.includes(payment.method);
}

/** Whether an order is to stay within the customer's credit: not where every rule on credit exempts how it is paid. */
export function usesCredit(rules: readonly RuleVersion[], { payment }: Order): boolean {
  const ofCredit = rules.filter(({ kind }) => kind === 'credit');
  const exempts = ({ parameters }: RuleVersion): boolean =>
    isExempt(payment, creditParameters.parse(parameters).exemptMethods);
  return ofCredit.length === 0 || !ofCredit.every(exempts);
}
