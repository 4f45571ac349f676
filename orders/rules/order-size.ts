import { z } from 'zod';
import { decimal } from '../money.ts';
import { getCustomer } from './customer.ts';
import { nameLine } from './lines.ts';
import { amount } from './parameters.ts';
import type { Check } from './rule.ts';

/**
 * Used where the back office has no limit agreed with the customer, in the customer's currency; null for no limit.
 */
export const orderSizeParameters = z.strictObject({ otherwise: amount.nullable().default(null) });
type Parameters = z.infer<typeof orderSizeParameters>;

/**
 * Says that an order is too small to be worth delivering. Where nothing is agreed any size will do: that is an answer, by
 * which the hold of an order goes whose customer had a minimum before. An order in a foreign currency is another rule's
 * matter.
 */
export const checkOrderMinimum: Check<Parameters> = ({ total, currency }, facts, { otherwise }) => {
  const customer = getCustomer(facts);
  const minimum = customer.minimumOrder ?? otherwise;
  if (minimum === null) return ['No minimum order is agreed.'];
  if (currency !== customer.currency) return [{ skipped: `The minimum is in ${customer.currency}.` }];
  if (decimal(total).greaterThanOrEqualTo(decimal(minimum)))
    return [`The total ${total} reaches the minimum order of ${minimum}.`];
  const message = `The total ${total} is under the minimum order of ${minimum}.`;
  return [{ path: '/total', message, evidence: total, excess: decimal(minimum).minus(decimal(total)).toFixed() }];
};

/** Says that an order is larger than is agreed with the customer. */
export const checkOrderMaximum: Check<Parameters> = ({ total, currency }, facts, { otherwise }) => {
  const customer = getCustomer(facts);
  const maximum = customer.maximumOrder ?? otherwise;
  if (maximum === null) return ['No maximum order is agreed.'];
  if (currency !== customer.currency) return [{ skipped: `The maximum is in ${customer.currency}.` }];
  if (decimal(total).lessThanOrEqualTo(decimal(maximum)))
    return [`The total ${total} is within the maximum order of ${maximum}.`];
  const message = `The total ${total} is over the maximum order of ${maximum}.`;
  return [{ path: '/total', message, evidence: total, excess: decimal(total).minus(decimal(maximum)).toFixed() }];
};

/** The least and the most that one line may come to, in one currency; null for no limit. */
export const lineAmountRangeParameters = z
  .strictObject({
    currency: z.string().regex(/^[A-Z]{3}$/),
    minimum: amount.nullable().default(null),
    maximum: amount.nullable().default(null),
  })
  .refine(({ minimum, maximum }) => minimum !== null || maximum !== null, 'needs a minimum or a maximum');

/** Says which lines come to less or more than a line may. */
export const checkLineAmountRange: Check<z.infer<typeof lineAmountRangeParameters>> = (order, _facts, range) => {
  const { currency, minimum, maximum } = range;
  if (order.currency !== currency) return [{ skipped: `The rule is about orders in ${currency}.` }];
  return order.lines.map((line, index) => {
    const path = `/lines/${index}/amount`;
    const given = `The amount of ${nameLine(line)} is ${line.amount}`;
    if (minimum !== null && decimal(line.amount).lessThan(decimal(minimum)))
      return { path, message: `${given}, under the least of ${minimum}.`, evidence: line.amount };
    if (maximum !== null && decimal(line.amount).greaterThan(decimal(maximum)))
      return { path, message: `${given}, over the most of ${maximum}.`, evidence: line.amount };
    return `${given}, within ${minimum ?? 'no least'} and ${maximum ?? 'no most'}.`;
  });
};
