import { z } from 'zod';
import { decimal } from '../money.ts';
import { getCustomer } from './customer.ts';
import type { Check } from './rule.ts';

const amount = z.string().regex(/^\d{1,18}(?:\.\d{1,12})?$/, 'must be an amount such as "50.00"');

/**
 * Used where the back office has no limit agreed with the customer, in the customer's currency; null for no limit.
 */
export const orderSizeParameters = z.strictObject({ otherwise: amount.nullable().default(null) });
type Parameters = z.infer<typeof orderSizeParameters>;

/** Says that an order is too small to be worth delivering. An order in a foreign currency is another rule's matter. */
export const checkOrderMinimum: Check<Parameters> = ({ total, currency }, facts, { otherwise }) => {
  const customer = getCustomer(facts);
  const minimum = customer.minimumOrder ?? otherwise;
  if (minimum === null || currency !== customer.currency || decimal(total).greaterThanOrEqualTo(decimal(minimum)))
    return [];
  return [{ path: '/total', message: `The total ${total} is under the minimum order of ${minimum}.`, evidence: total }];
};

/** Says that an order is larger than is agreed with the customer. */
export const checkOrderMaximum: Check<Parameters> = ({ total, currency }, facts, { otherwise }) => {
  const customer = getCustomer(facts);
  const maximum = customer.maximumOrder ?? otherwise;
  if (maximum === null || currency !== customer.currency || decimal(total).lessThanOrEqualTo(decimal(maximum)))
    return [];
  return [{ path: '/total', message: `The total ${total} is over the maximum order of ${maximum}.`, evidence: total }];
};
