import { getCustomer } from './customer.ts';
import type { Check } from './rule.ts';

/**
 * Says that the customer may not pay this way. An order without a word on payment is on the customer's agreed terms, as
 * EDI orders mostly are.
 */
export const checkPaymentAccepted: Check<object> = ({ payment }, facts) => {
  const { paymentMethods, paymentTerms } = getCustomer(facts);
  const method = payment?.method ?? 'terms';
  if (!paymentMethods.includes(method)) {
    const message = `Payment by ${method} is not agreed with the customer; agreed: ${paymentMethods.join(', ') || 'none'}.`;
    return [{ path: payment ? '/payment/method' : '/payment', message, evidence: method }];
  }
  const terms = payment?.terms;
  if (method !== 'terms' || terms == null) return [`Payment by ${method} is agreed with the customer.`];
  if (paymentTerms.includes(terms)) return [`The terms ${terms} are agreed with the customer.`];
  const message = `These payment terms are not agreed with the customer; agreed: ${paymentTerms.join(', ') || 'none'}.`;
  return [{ path: '/payment/terms', message, evidence: terms }];
};

/** Says that a payment by card lacks the token by which the provider knows the card. */
export const checkPaymentToken: Check<object> = ({ payment }) => {
  const isByCard = payment?.method === 'card_token' || payment?.method === 'purchase_card_token';
  if (!isByCard) return [{ skipped: 'The order is not paid by card.' }];
  if ((payment.token ?? '').trim() !== '') return ["The payment provider's token is there."];
  const message = `Payment by ${payment.method} needs the payment provider's token: add it, and never a card number.`;
  return [{ path: '/payment/token', message }];
};
