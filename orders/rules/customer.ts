import type { CustomerFacts, Facts } from '../facts.ts';
import type { Breach, Check } from './rule.ts';

/**
 * The customer, for rules that run only when there is one.
 * @throws TypeError if the back office does not know the customer
 */
export function getCustomer({ customer }: Facts): CustomerFacts {
  if (!customer) throw new TypeError('the back office does not know the customer');
  return customer;
}

/** Says that the back office has no customer of this number. */
export const checkCustomerKnown: Check<object> = ({ customerId }, { customer }) =>
  customer
    ? [`The back office knows customer ${customerId}.`]
    : [breach('The back office has no customer of this number: correct it or have the customer set up.', customerId)];

/** Says that the customer is no longer served. */
export const checkCustomerActive: Check<object> = ({ customerId }, facts) => {
  const { status } = getCustomer(facts);
  if (status !== 'inactive') return [`The customer's status is ${status}.`];
  return [
    breach('The customer is inactive in the back office: reactivate the customer or reject the order.', customerId),
  ];
};

/** Says that nothing may be delivered to the customer until invoices are paid. */
export const checkCreditStop: Check<object> = ({ customerId }, facts) => {
  const { status } = getCustomer(facts);
  if (status !== 'credit_stop') return [`The customer's status is ${status}.`];
  const message = 'The customer is on credit stop: settle it with accounts receivable before the order goes on.';
  return [breach(message, customerId)];
};

/** Says that the order is in another currency than the customer's account. */
export const checkCurrency: Check<object> = ({ currency }, facts) => {
  const account = getCustomer(facts).currency;
  if (currency === account) return [`Order and account are in ${currency}.`];
  const message = `The order is in ${currency}, the customer's account in ${account}.`;
  return [{ path: '/currency', message, evidence: currency }];
};

function breach(message: string, customerId: string): Breach {
  return { path: '/customerId', message, evidence: customerId };
}
