import { getCustomer } from './customer.ts';
import type { Breach, Check } from './rule.ts';

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
  if (method !== 'terms' || terms == null || paymentTerms.includes(terms)) return [];
  const message = `These payment terms are not agreed with the customer; agreed: ${paymentTerms.join(', ') || 'none'}.`;
  return [{ path: '/payment/terms', message, evidence: terms }];
};

/** Says that a payment by card lacks the token by which the provider knows the card. */
export const checkPaymentToken: Check<object> = ({ payment }): readonly Breach[] => {
  const isByCard = payment?.method === 'card_token' || payment?.method === 'purchase_card_token';
  if (!isByCard || (payment.token ?? '').trim() !== '') return [];
  const message = `Payment by ${payment.method} needs the payment provider's token: add it, and never a card number.`;
  return [{ path: '/payment/token', message }];
};
